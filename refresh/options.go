package refresh

import (
	"context"
	"math/rand/v2"
	"time"
)

// Exchange spends t.Refresh and returns what the server answers. It is called
// at most once for a refresh token, under a lock that all processes share.
//
// It must end when its context does, and must not try again by itself. For one
// that goes on nobody waits: it counts as interrupted, but holds the lock until
// it returns, and what it returns is stored. For an answer that refuses it should
// return a *ResponseError; ParseResponse makes one. An exchange over net/http is
// known to have begun when the context's httptrace says so; for any other set
// Options.External.
type Exchange func(ctx context.Context, t Token) (Token, error)

// Options configure a Coordinator. Exchange and ClientID are needed; the zero
// value of everything else is right.
type Options struct {
	// Exchange is how a refresh token is exchanged.
	Exchange Exchange
	// ClientID is the OAuth client on whose behalf the token was issued. It
	// belongs to the name of the lock: programs that share a token must agree.
	ClientID string
	// External: Exchange does not use net/http in this process. Then the token
	// counts as spent as soon as Exchange is called.
	External bool
	// ExchangeTimeout bounds an exchange, from when the lock is had; 0 means
	// 30 s. An exchange has a second more, at most, to notice that.
	ExchangeTimeout time.Duration
	// PersistTimeout bounds the attempts to store a new token; 0 means 60 s.
	PersistTimeout time.Duration
	// LockTimeout bounds the wait for other processes that refresh; 0 means
	// 45 s, negative as long as the context allows.
	LockTimeout time.Duration
	// Grace is how long after its exchange the server accepts a spent refresh
	// token again. Within it an interrupted rotation is resumed without being
	// asked for; 0 means never.
	Grace time.Duration
	// Classify says what kind of failure an error of Exchange is, for servers
	// that differ; Unclassified leaves it to the rules in the documentation of
	// Class. Nil means these rules.
	Classify func(error) Class
	// Identity returns the account that a token belongs to, empty if it can't
	// tell; Claim helps if it is inside a JWT. Nil means Token.Identity.
	Identity func(Token) string
	// Pin keeps to the account that the coordinator has seen first, or that it
	// logged in last: once the store holds another one, Token fails with an
	// *IdentityMismatchError. Without it, it changes over.
	Pin bool
	// ClearOnInvalidGrant logs out when the server no longer knows the refresh
	// token, provided that it is still the stored one.
	ClearOnInvalidGrant bool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Rand returns a number in [0, 1), for the jitter of delays; nil means a
	// random one.
	Rand func() float64
	// Fault is called at each step of a refresh with the step's name, and a
	// non-nil result is taken for the step's own failure. It is for tests; nil
	// means none. The steps are: locked, marker, marked, sent, answered,
	// persist, persisted, spill, cleared.
	Fault func(point string) error
}

const (
	defaultExchangeTimeout = 30 * time.Second
	defaultPersistTimeout  = 60 * time.Second
	defaultLockTimeout     = 45 * time.Second
)

func (o Options) withDefaults() Options {
	set := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	set(&o.ExchangeTimeout, defaultExchangeTimeout)
	set(&o.PersistTimeout, defaultPersistTimeout)
	set(&o.LockTimeout, defaultLockTimeout)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Float64
	}
	if o.Identity == nil {
		o.Identity = func(t Token) string { return t.Identity }
	}
	return o
}

func (o *Options) fault(point string) error {
	if o.Fault == nil {
		return nil
	}
	return o.Fault(point)
}
