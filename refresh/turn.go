package refresh

import (
	"context"
	"errors"
	"time"

	"github.com/cfgmerge/cfgmerge/fileio"
)

// turn is what one call does while it holds the lock: run looks what is stored,
// recall what became of earlier exchanges; spend marks the refresh token and sends
// it, by exchange; settle has what came of that stored, by persist, or finds out
// what a failure means, by concede.
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
	// before is what is remembered of the token.
	before *memory
	// again: the token has turned out to be spent by others once already.
	again bool
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
	if m.Phase == phaseSent && !readMemory(t.folder, t.names, s).isReusable() {
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
	t.before = readMemory(t.folder, t.names, s)
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
func (t *turn) interrupted(m *marker, f *memory, err error) error {
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
