package refresh

import (
	"context"
	"errors"
	"time"

	"github.com/cfgmerge/cfgmerge/fileio"
)

// turn is what one call does while it holds the lock.
type turn struct {
	*Coordinator
	request
	*tenure

	// earlier is the marker of an exchange whose answer was lost, if that is
	// about the stored token; own is that of the present one, record its file.
	earlier, own *marker
	record       *fileio.Record
	// kept: the new token that is being stored is in the state folder already.
	kept bool
	// before is what is remembered of earlier failures.
	before *failure
	// again: the token has turned out to be spent by others once already.
	again bool
}

// tenure is the time for which the lock is held.
type tenure struct {
	folder *fileio.Folder
	guard  *fileio.Guard
	// gone: somebody else gives it back.
	gone bool
}

// leave gives the lock back.
func (t *tenure) leave() {
	if !t.gone {
		_ = t.guard.Unlock()
		_ = t.folder.Close()
	}
}

// hand passes the lock on.
func (t *tenure) hand() *tenure {
	t.gone = true
	return &tenure{folder: t.folder, guard: t.guard}
}

// run looks what is stored, and only spends a token if nothing else helps.
func (t *turn) run(ctx context.Context) (Token, error) {
	s, err := t.load(ctx)
	if err == nil {
		s, err = t.recall(ctx, s)
	}
	if err == nil && t.judge != nil {
		err = t.judge(s)
	}
	if err != nil {
		return Token{}, err
	}
	now := t.opts.Now()
	if !t.takesRisk() && (s.Access != t.rejected && s.fresh(now) || t.byExpiry && s.held(now)) {
		return s.Token, nil
	}
	token, err := t.replace(ctx, s)
	if err != nil && t.mayKeep(s, err) {
		return s.Token, nil
	}
	return token, err
}

// takesRisk reports whether the caller resumes, and something was interrupted:
// the access token may look good, and be the one that the server rejects.
func (t *turn) takesRisk() bool { return t.resume && t.earlier != nil }

// mayKeep reports whether what is stored does for now, though it is about to
// expire.
func (t *turn) mayKeep(s Stored, err error) bool {
	if !s.valid(t.opts.Now()) || s.Access == t.rejected {
		return false
	}
	var interrupted *InterruptedError
	var transient *TransientError
	var permanent *PermanentError
	switch {
	case errors.As(err, &interrupted):
		return !t.resume
	case errors.As(err, &permanent):
		return t.byExpiry && !permanent.Cleared
	case errors.As(err, &transient):
		return t.byExpiry
	}
	return false
}

// recall looks what became of earlier exchanges: their new tokens may have been
// kept where they could not be stored.
func (t *turn) recall(ctx context.Context, s Stored) (Stored, error) {
	m, kept, err := readMarker(t.folder, t.names.marker)
	if err != nil {
		return s, err
	}
	digest := t.names.digest(s.Refresh)
	if u := t.takeUnkept(s, digest); u != nil {
		return t.persist(ctx, s, *u)
	}
	if !m.lives(s, digest) {
		return s, t.forget()
	}
	if kept != nil {
		t.kept = true
		return t.persist(ctx, s, *kept)
	}
	if m.Phase == phaseSent && !readFailure(t.folder, t.names, s).isReusable() {
		t.earlier = m
	}
	return s, nil
}

// replace gets a new token for the stored one.
func (t *turn) replace(ctx context.Context, s Stored) (Token, error) {
	if s.Refresh == "" {
		return Token{}, absent(s)
	}
	if t.opts.Exchange == nil {
		return Token{}, ErrNoExchange
	}
	t.before = readFailure(t.folder, t.names, s)
	if err := t.hindrance(t.opts.Now()); err != nil {
		return Token{}, err
	}
	return t.spend(ctx, s)
}

// hindrance is what earlier exchanges have left that speaks against another one.
func (t *turn) hindrance(now time.Time) error {
	if t.earlier == nil || t.resume {
		return t.before.err(now)
	}
	if !t.earlier.inGrace(now, t.opts.Grace) || t.before.delays(now) {
		return t.interrupted(t.earlier, t.before, nil)
	}
	return t.before.err(now)
}

// interrupted says that there is a marker, and when it is no obstacle.
func (t *turn) interrupted(m *marker, f *failure, err error) error {
	e := &InterruptedError{Since: m.Time, PID: m.PID, Err: err}
	at := t.opts.Now()
	if f.delays(at) {
		at = f.Until
	}
	if m.inGrace(at, t.opts.Grace) {
		e.RetryAt = at
	}
	return e
}

// spend exchanges the refresh token.
func (t *turn) spend(ctx context.Context, s Stored) (Token, error) {
	deadline := time.Now().Add(t.opts.ExchangeTimeout)
	if err := t.store.Ready(ctx, s); err != nil {
		return Token{}, err
	}
	if err := t.mark(s); err != nil {
		_ = t.record.Close()
		_ = t.release() // nothing was sent, whatever the marker says
		return Token{}, err
	}
	f := t.exchange(ctx, deadline, s.Token)
	a, ok := f.await(deadline)
	if !ok {
		return Token{}, t.giveAway(ctx, s, f)
	}
	return t.settle(ctx, s, a)
}

// giveAway leaves an exchange that ignores its deadline to a goroutine, and the
// lock with it: for as long as the token may be on its way nobody else must send
// it. An answer is stored whenever it comes.
func (t *turn) giveAway(ctx context.Context, s Stored, f *flight) error {
	_ = t.record.Overwrite(overPhase(phaseSent), phaseOffset)
	late := *t
	late.tenure = t.hand()
	end := t.begin()
	go func() {
		defer end()
		defer late.leave()
		_, _ = late.settle(context.WithoutCancel(ctx), s, <-f.landed)
	}()
	return t.interrupted(t.own, nil, errTooSlow)
}

// settle deals with what an exchange has brought.
func (t *turn) settle(ctx context.Context, s Stored, a answer) (Token, error) {
	defer t.record.Close()
	if err := t.opts.fault("answered"); err != nil {
		a.sent, a.err = sent, err
	}
	if a.err != nil {
		return t.concede(ctx, s, a.sent, a.err)
	}
	now, err := t.persist(ctx, s, a.next)
	if err != nil {
		return Token{}, err
	}
	if ctx.Err() != nil {
		return Token{}, context.Cause(ctx)
	}
	return now.Token, nil
}

// concede deals with an exchange that has brought no token.
func (t *turn) concede(ctx context.Context, s Stored, sent evidence, err error) (Token, error) {
	if sent == unsent && ctx.Err() != nil {
		_ = t.release() // a marker of the phase intent says nothing
		return Token{}, context.Cause(ctx)
	}
	class := classify(err, t.opts.Classify, sent == unsent)
	if class == Ambiguous && t.before.isReusable() {
		class = Transient
	}
	switch class {
	case Transient:
		f := t.failed(s, t.before, err, class)
		_ = f.write(t.folder, t.names) // what is forgotten is only asked again
		_ = t.release()
		return Token{}, &TransientError{RetryAt: f.Until, Tries: f.Tries, Code: f.Code, Status: f.Status, Err: err}
	case InvalidGrant:
		return t.refused(ctx, s, err)
	case Permanent:
		return Token{}, t.giveUp(s, err)
	}
	_ = t.record.Overwrite(overPhase(phaseSent), phaseOffset)
	f := t.failed(s, t.before, err, Ambiguous)
	_ = f.write(t.folder, t.names)
	return Token{}, t.interrupted(t.own, f, err)
}

// refused deals with a server that does not know the refresh token any more. If
// another one is stored by now, somebody else has exchanged this one, or logged
// in: that one counts, and is spent at most once.
func (t *turn) refused(ctx context.Context, s Stored, err error) (Token, error) {
	now, loadErr := t.load(context.WithoutCancel(ctx))
	if loadErr != nil {
		return Token{}, errors.Join(t.giveUp(s, err), loadErr)
	}
	if now.Refresh == s.Refresh && now.Era == s.Era {
		return Token{}, t.clear(ctx, now, t.giveUp(s, err))
	}
	if forgetErr := t.forget(); forgetErr != nil || t.again {
		return Token{}, errors.Join(t.giveUp(s, err), forgetErr)
	}
	next := &turn{Coordinator: t.Coordinator, request: t.request, tenure: t.tenure, again: true}
	next.resume = false
	return next.run(ctx)
}

// giveUp remembers that the token is of no use any more.
func (t *turn) giveUp(s Stored, err error) error {
	f := t.failed(s, nil, err, Permanent)
	_ = f.write(t.folder, t.names)
	_ = t.forget()
	return &PermanentError{Code: f.Code, Status: f.Status, Since: f.Time, Err: err}
}

// clear logs out, if that is wanted, unless something else is stored by now.
func (t *turn) clear(ctx context.Context, s Stored, err error) error {
	var permanent *PermanentError
	if t.opts.ClearOnInvalidGrant && errors.As(err, &permanent) {
		_, swapErr := t.store.Swap(context.WithoutCancel(ctx), s, Token{}, Logout)
		permanent.Cleared = swapErr == nil
	}
	return err
}
