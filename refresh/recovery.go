package refresh

import (
	"context"
	"errors"
)

// Outcome is what a recovery has come to.
type Outcome int

// The outcomes.
const (
	// Exhausted: there is nothing left to try.
	Exhausted Outcome = iota
	// Applied: there is a token to try with.
	Applied
	// LoggedOut: nothing is stored any more, or no token but an API key.
	LoggedOut
	// IdentityMismatch: the stored token belongs to another account. The
	// request is not sent with it: it was meant for the first one.
	IdentityMismatch
	// MissingIdentity: of the account that was used, or of the stored one, it
	// is not known which it is. The stored token is tried once; it is refreshed
	// only if its refresh token is that of the one that was used.
	MissingIdentity
)

// String returns the name of the outcome.
func (o Outcome) String() string {
	names := [...]string{"exhausted", "applied", "logged out", "identity mismatch", "missing identity"}
	if o < 0 || int(o) >= len(names) {
		return "unknown"
	}
	return names[o]
}

// Attempt is one step of a recovery.
type Attempt struct {
	Outcome Outcome
	// Retry: send the request again, with Token.
	Retry bool
	Token Token
	// Changed: Token came from the store, where another process or a login had
	// put it, and not from the server.
	Changed bool
}

// Recovery is what to do, step by step, about a request that a server has
// refused with status 401: reload what is stored; ask the authorization server;
// give up. It is bounded, and belongs to one request.
type Recovery struct {
	c *Coordinator
	// used is the token of the first attempt, last that of the latest.
	used, last Token
	step       step
	vague      bool // an identity is missing
}

type step int

const (
	reloads step = iota
	refreshes
	ends
)

// Recover begins the recovery of a request that was refused with this token.
func (c *Coordinator) Recover(used Token) *Recovery {
	return &Recovery{c: c, used: used, last: used}
}

// Next returns what to do after the request was refused (again). The reasons in
// its *Error are those of Refresh, except that logged out, another account and
// no refresh token are outcomes.
func (r *Recovery) Next(ctx context.Context) (Attempt, error) {
	if r.step == reloads {
		r.step = refreshes
		a, done, err := r.reload(ctx)
		if done || err != nil {
			return r.end(a, err)
		}
	}
	if r.step == refreshes {
		r.step = ends
		return r.end(r.refresh(ctx))
	}
	return Attempt{}, nil
}

// end makes sure that nothing follows what is not tried again.
func (r *Recovery) end(a Attempt, err error) (Attempt, error) {
	if !a.Retry {
		r.step = ends
	}
	r.last = a.Token
	return a, r.c.fail("recover", err)
}

// reload looks whether another token is stored than the one that was refused.
func (r *Recovery) reload(ctx context.Context) (a Attempt, done bool, err error) {
	s, err := r.c.store.Load(ctx)
	if err != nil {
		return Attempt{}, true, err
	}
	if stop := r.judge(s); stop != nil {
		return Attempt{Outcome: stop.outcome}, true, nil
	}
	if s.Access == "" || s.Access == r.used.Access {
		return Attempt{}, false, nil
	}
	a = Attempt{Outcome: Applied, Retry: true, Token: s.Token, Changed: true}
	if r.vague {
		a.Outcome = MissingIdentity
	}
	return a, true, nil
}

// stopped ends a recovery in which there is nothing to try.
type stopped struct{ outcome Outcome }

func (s *stopped) Error() string { return s.outcome.String() }

// judge compares what is stored with what the request was sent with.
func (r *Recovery) judge(s Stored) *stopped {
	used, now := r.c.opts.Identity(r.used), r.c.opts.Identity(s.Token)
	r.vague = (used == "") != (now == "")
	switch {
	case s.IsZero():
		return &stopped{LoggedOut}
	case used != "" && now != "" && used != now:
		return &stopped{IdentityMismatch}
	}
	return nil
}

// refresh asks the authorization server, unless the store has changed under the
// lock.
func (r *Recovery) refresh(ctx context.Context) (Attempt, error) {
	judge := func(s Stored) error {
		if stop := r.judge(s); stop != nil {
			return stop
		}
		if r.vague && s.Refresh != r.used.Refresh {
			return &stopped{MissingIdentity}
		}
		return nil
	}
	t, err := r.c.refresh(ctx, request{rejected: r.last.Access, judge: judge})
	var stop *stopped
	var unsaved *PersistError
	switch {
	case errors.As(err, &stop):
		return Attempt{Outcome: stop.outcome}, nil
	case errors.Is(err, ErrLoggedOut):
		return Attempt{Outcome: LoggedOut}, nil
	case errors.Is(err, ErrNoRefreshToken):
		return Attempt{}, nil
	case errors.As(err, &unsaved):
		return Attempt{Outcome: Applied, Retry: true, Token: unsaved.Token}, nil
	case err != nil:
		return Attempt{}, err
	}
	return Attempt{Outcome: Applied, Retry: true, Token: t}, nil
}
