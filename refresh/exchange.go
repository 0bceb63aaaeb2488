package refresh

import (
	"context"
	"errors"
	"net/http/httptrace"
	"os"
	"sync"
	"time"

	"github.com/cfgmerge/cfgmerge/fileio"
)

// evidence says whether the refresh token went out.
type evidence int

const (
	unknown evidence = iota // nothing is known of how the exchange works
	unsent
	sent
)

// errTooSlow ends an exchange that takes too long.
var errTooSlow = errors.New("the exchange takes too long")

// mark writes the marker, and makes room for the new token.
func (t *turn) mark(s Stored) error {
	if err := t.opts.fault("marker"); err != nil {
		return err
	}
	m := t.newMarker(s, phaseIntent)
	t.own = &m
	switch {
	case t.earlier != nil:
		// It may have been sent before, and will have been whatever comes now.
		m.Phase, m.Time = phaseSent, t.earlier.Time
	case t.opts.External:
		m.Phase = phaseSent
	}
	data, err := m.encode()
	if err != nil {
		return err
	}
	t.record, err = t.folder.CreateRecord(t.names.marker, data, markerRoom+spillRoom)
	if err != nil {
		return err
	}
	return t.opts.fault("marked")
}

// release removes the marker of an exchange that has not spent the token,
// unless an earlier one may have.
func (t *turn) release() error {
	if t.earlier != nil {
		return nil
	}
	return t.folder.Remove(t.names.marker)
}

// forget removes a marker that says nothing any more.
func (t *turn) forget() error { return t.folder.Remove(t.names.marker) }

// flight is one exchange under way.
type flight struct {
	turn   *turn
	detach func() bool // cuts it off from the caller's context; false if that has ended
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	state evidence
}

// exchange calls Options.Exchange. Until a connection is had the caller's
// context ends it; from then on only the time-out does.
func (t *turn) exchange(ctx context.Context, deadline time.Time, token Token) (Token, evidence, error) {
	own, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	own, stop := context.WithDeadlineCause(own, deadline, errTooSlow)
	defer stop()
	f := &flight{turn: t, cancel: cancel}
	f.detach = context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	defer f.detach()
	if ctx.Err() != nil || t.opts.External && !f.detach() {
		return Token{}, unsent, context.Cause(ctx)
	}
	if t.opts.External {
		f.state = sent
	}
	own = context.WithValue(own, lockKey{}, t.lock)
	next, err := t.opts.Exchange(f.traced(own, cancel), token)
	if faultErr := t.opts.fault("answered"); faultErr != nil {
		return Token{}, sent, faultErr
	}
	if err == nil && next.Access == "" {
		err = &ResponseError{Malformed: true}
	}
	return next, f.evidence(ctx), err
}

type lockKey struct{}

// ShareLock returns, to an Exchange, an open file for a program that it runs to
// inherit: then others wait for that program too, even if this process dies. The
// caller closes it once the program has started. On Windows, where locks are not
// inherited, and outside of an Exchange the error is errors.ErrUnsupported; else
// it is a *cfgmerge.FileError.
func ShareLock(ctx context.Context) (*os.File, error) {
	guard, ok := ctx.Value(lockKey{}).(*fileio.Guard)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return guard.Share()
}

// evidence is what the trace has shown. net/http looks at the context before it
// looks for a connection; so if the caller has given up, no sign of either means
// that nothing was sent.
func (f *flight) evidence(ctx context.Context) evidence {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.state == unknown && ctx.Err() != nil {
		return unsent
	}
	return f.state
}

// traced listens for the moment from which on the token may go out: net/http
// calls GotConn before it writes the request.
func (f *flight) traced(ctx context.Context, cancel context.CancelCauseFunc) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { f.note(unsent) },
		GotConn: func(got httptrace.GotConnInfo) {
			if err := f.departs(); err != nil {
				// net/http would write the request in spite of a context that
				// has ended: 3 of 400 times it had.
				if f.evidence(ctx) != sent {
					_ = got.Conn.Close()
				}
				cancel(err)
			}
		},
	})
}

func (f *flight) note(e evidence) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state = max(f.state, e)
}

// departs marks the token as sent, and cuts the exchange off from the caller.
// If that is too late, because the caller's context has ended a moment ago, the
// exchange is canceled; but net/http may write the request all the same, so that
// it counts as sent. If the marker can't be written nothing must go out.
func (f *flight) departs() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.state == sent {
		return nil
	}
	f.detach()
	if f.turn.earlier == nil {
		if err := f.turn.record.Overwrite(overPhase(phaseSent), phaseOffset); err != nil {
			return err
		}
	}
	f.state = sent
	return f.turn.opts.fault("sent")
}

// spill keeps a new token in the room behind the marker.
func (t *turn) spill(token Token) error {
	if err := t.opts.fault("spill"); err != nil {
		return err
	}
	data, err := encodeSpill(token)
	if err != nil {
		return err
	}
	if t.record == nil {
		return errNoRecord
	}
	return t.record.Overwrite(data, markerRoom)
}

var errNoRecord = errors.New("no room was made")
