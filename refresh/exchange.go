package refresh

import (
	"context"
	"errors"
	"io"
	"net/http/httptrace"
	"strings"
	"sync"
	"time"
)

// evidence says whether the refresh token went out.
type evidence int

const (
	unknown evidence = iota // nothing is known of how the exchange works
	unsent
	sent
)

// answer is what an exchange has brought.
type answer struct {
	next Token
	sent evidence
	err  error
	// panicked is what Exchange has panicked with.
	panicked any
}

var (
	// errTooSlow ends an exchange that takes too long.
	errTooSlow = errors.New("the exchange takes too long")
	// errNoReturn: the goroutine has ended in another way.
	errNoReturn = errors.New("the exchange has not returned")
)

// flight is one exchange under way.
type flight struct {
	turn   *turn
	caller context.Context
	detach func() bool // cuts it off from the caller's context; false if that has ended
	cancel context.CancelCauseFunc
	landed chan answer // gets one

	mu      sync.Mutex
	state   evidence
	guarded bool  // the request's body asks whether it may be sent
	refusal error // why the token must not go out
}

// exchange calls Options.Exchange, and does not wait for it. Until a connection
// is had the caller's context ends it; from then on only the time-out does.
func (t *turn) exchange(ctx context.Context, deadline time.Time, token Token) *flight {
	f := &flight{turn: t, caller: ctx, landed: make(chan answer, 1)}
	own, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	own, stop := context.WithDeadlineCause(own, deadline, errTooSlow)
	f.cancel = cancel
	f.detach = context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	end := func() { f.detach(); stop(); cancel(nil) }
	if ctx.Err() != nil || t.opts.External && !f.detach() {
		end()
		f.landed <- answer{sent: unsent, err: context.Cause(ctx)}
		return f
	}
	if t.opts.External {
		f.state = sent
	}
	own = context.WithValue(own, lockKey{}, t.guard)
	own = f.traced(context.WithValue(own, flightKey{}, f))
	go func() {
		a := answer{err: errNoReturn}
		defer func() {
			a.panicked, a.sent = recover(), f.evidence()
			end()
			f.landed <- a
		}()
		if a.next, a.err = t.opts.Exchange(own, token); a.err == nil && a.next.Access == "" {
			a.err = &ResponseError{Malformed: true}
		}
		hush(a.err, token)
	}()
	return f
}

// hush keeps a server, or a program that exchanges, from having what it was sent
// printed and remembered as its error code.
func hush(err error, sent Token) {
	var of *ResponseError
	if !errors.As(err, &of) {
		return
	}
	for _, secret := range []string{sent.Refresh, sent.Access} {
		if len(secret) >= leastSecret && strings.Contains(of.Code, secret) {
			of.Code = "error"
		}
	}
}

// leastSecret is the length of the shortest text, in bytes, that stands out from
// the words that codes are made of.
const leastSecret = 8

// mostOvertime is how much later than its deadline an exchange may end, which
// has to notice first.
const mostOvertime = time.Second

// await waits for the answer; ok is false if the exchange ignores its deadline.
func (f *flight) await(deadline time.Time) (a answer, ok bool) {
	late := time.NewTimer(time.Until(deadline) + min(mostOvertime, f.turn.opts.ExchangeTimeout))
	defer late.Stop()
	select {
	case a = <-f.landed:
		if a.panicked != nil {
			panic(a.panicked)
		}
		return a, true
	case <-late.C:
		return answer{}, false
	}
}

// evidence is what the trace has shown. net/http looks at the context before it
// looks for a connection; so if the caller has given up, no sign of either means
// that nothing was sent.
func (f *flight) evidence() evidence {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.state == unknown && f.caller.Err() != nil {
		return unsent
	}
	return f.state
}

// traced listens for the moment from which on the token may go out: net/http
// calls GotConn before it writes the request.
func (f *flight) traced(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { f.note(unsent) },
		GotConn: func(got httptrace.GotConnInfo) {
			if err := f.departs(); err != nil {
				f.cancel(err)
				if !f.isGuarded() {
					// net/http would write the request in spite of a context
					// that has ended: 3 of 400 times it had.
					_ = got.Conn.Close()
				}
			}
		},
	})
}

func (f *flight) note(e evidence) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state = max(f.state, e)
}

func (f *flight) isGuarded() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.guarded
}

// departs marks the token as sent, and cuts the exchange off from the caller.
// If that is too late, because the caller's context has ended a moment ago, the
// exchange is canceled; but net/http may write the request all the same, so that
// it counts as sent. If the marker can't be written nothing must go out.
func (f *flight) departs() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.state == sent || f.refusal != nil {
		return f.refusal
	}
	f.detach()
	if f.turn.earlier == nil {
		if f.refusal = f.turn.record.Overwrite(overPhase(phaseSent), phaseOffset); f.refusal != nil {
			f.state = unsent
			return f.refusal
		}
	}
	f.state = sent
	return f.turn.opts.fault("sent")
}

type flightKey struct{}

// GuardBody is for the request of an Exchange over net/http whose body holds
// the refresh token: what it returns can't be read if the token must not go out,
// because that could not be noted. Without it the whole connection has to be
// closed then, and with HTTP/2 that ends other requests. Outside of an Exchange it
// returns the body.
func GuardBody(ctx context.Context, body io.ReadCloser) io.ReadCloser {
	f, ok := ctx.Value(flightKey{}).(*flight)
	if !ok || body == nil {
		return body
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.guarded = true
	return &guardedBody{body, f}
}

type guardedBody struct {
	io.ReadCloser
	flight *flight
}

func (b *guardedBody) Read(p []byte) (int, error) {
	if err := b.flight.departs(); err != nil {
		return 0, err
	}
	return b.ReadCloser.Read(p)
}
