package refresh

import (
	"context"
	"errors"
	"time"
)

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
