package refresh

import (
	"context"
	"errors"
	"sync"

	"github.com/cfgmerge/cfgmerge"
)

// Coordinator gets tokens out of a store, and refreshes them so that no two
// processes spend one refresh token. It is safe for concurrent use; a process
// needs one for each token.
type Coordinator struct {
	store Store
	opts  Options
	names names

	mu     sync.Mutex // guards what follows
	busy   int
	idle   chan struct{} // closed when busy comes to 0; nil while it is 0
	seen   string        // the account that Options.Pin keeps to
	unkept *unkept
}

// unkept is a new token that neither the store nor the state folder could take.
type unkept struct {
	era, digest string
	token       Token
}

// New returns a coordinator. Nothing is read before the first operation. The
// reasons in its *Error are ErrNoClientID and ErrNoName.
func New(store Store, o Options) (*Coordinator, error) {
	c := &Coordinator{store: store, opts: o.withDefaults(), names: namesOf(store.Name(), o.ClientID)}
	switch {
	case store.Name() == "":
		return nil, c.fail("open", ErrNoName)
	case o.ClientID == "":
		return nil, c.fail("open", ErrNoClientID)
	}
	return c, nil
}

func (c *Coordinator) fail(op string, err error) error {
	var already *Error
	if err == nil || errors.As(err, &already) {
		return err
	}
	return &Error{Op: op, Name: c.store.Name(), Err: err}
}

// Token returns a token whose access token can be used: the stored one, which
// needs no lock, and no reading while the file is unchanged; or, where that is
// about to expire, one that is refreshed first. A token whose refresh fails is
// given out for as long as it has not expired.
//
// The reasons in its *Error are ErrLoggedOut, ErrNoRefreshToken, *NestedError,
// *InterruptedError, *SupersededError, *PermanentError, *TransientError,
// *PersistError, *IdentityMismatchError, *cfgmerge.LockError and those of the
// store.
func (c *Coordinator) Token(ctx context.Context) (Token, error) {
	s, err := c.glance(ctx)
	if err != nil {
		return Token{}, c.fail("token", err)
	}
	now := c.opts.Now()
	if s.fresh(now) || s.held(now) {
		return s.Token, nil
	}
	if s.Refresh == "" {
		return Token{}, c.fail("token", absent(s))
	}
	t, err := c.refresh(ctx, request{byExpiry: true})
	return t, c.fail("token", err)
}

// Refresh returns a token other than the one whose access token is rejected:
// the stored one, if that is another one and has not expired, or else a new
// one. An empty rejected is like none of them.
//
// The reasons in its *Error are those of Token.
func (c *Coordinator) Refresh(ctx context.Context, rejected string) (Token, error) {
	t, err := c.refresh(ctx, request{rejected: rejected})
	return t, c.fail("refresh", err)
}

// Resume is Refresh after an *InterruptedError: it spends the refresh token
// once, though it may have been spent before. Servers with a grace period then
// answer; others may revoke the whole family, and a login is safer. If nothing
// was interrupted it does what Refresh does.
func (c *Coordinator) Resume(ctx context.Context) (Token, error) {
	t, err := c.refresh(ctx, request{resume: true})
	return t, c.fail("resume", err)
}

// request is what a caller wants.
type request struct {
	// rejected is the access token that can't be used.
	rejected string
	// byExpiry: nobody has refused the token, it only looks old.
	byExpiry bool
	// resume: the caller takes the risk of spending a token twice.
	resume bool
	// judge, if not nil, says whether what is stored is for the caller at all.
	judge func(Stored) error
}

// load reads the store and judges the account.
func (c *Coordinator) load(ctx context.Context) (Stored, error) {
	return c.judged(c.store.Load(ctx))
}

// glance is load, for an answer that may be a moment old.
func (c *Coordinator) glance(ctx context.Context) (Stored, error) {
	if g, ok := c.store.(Glancer); ok {
		return c.judged(g.Glance(ctx))
	}
	return c.load(ctx)
}

func (c *Coordinator) judged(s Stored, err error) (Stored, error) {
	if err != nil {
		return Stored{}, err
	}
	return s, c.pin(s)
}

// pin keeps to one account, if that is wanted.
func (c *Coordinator) pin(s Stored) error {
	account := c.opts.Identity(s.Token)
	if !c.opts.Pin || account == "" {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == "" {
		c.seen = account
	}
	if c.seen != account {
		return &IdentityMismatchError{}
	}
	return nil
}

// absent says why there is nothing to spend.
func absent(s Stored) error {
	if s.IsZero() {
		return ErrLoggedOut
	}
	return ErrNoRefreshToken
}

// refresh takes the lock and does the rest under it.
func (c *Coordinator) refresh(ctx context.Context, q request) (Token, error) {
	if cfgmerge.Updating() {
		return Token{}, &NestedError{Name: c.store.Name()}
	}
	defer c.begin()()
	held, err := acquire(ctx, c.store.Folder, c.names.lock, c.opts.LockTimeout)
	if err != nil {
		return c.unlocked(ctx, q, err)
	}
	defer held.leave()
	if err := c.opts.fault("locked"); err != nil {
		return Token{}, err
	}
	return (&turn{Coordinator: c, request: q, tenure: held}).run(ctx)
}

// unlocked ends a call that did not get the lock in time. Whoever has it may
// have stored a token by now. There is no exchange without the lock.
func (c *Coordinator) unlocked(ctx context.Context, q request, cause error) (Token, error) {
	var lock *cfgmerge.LockError
	if !errors.As(cause, &lock) || errors.Is(cause, context.Canceled) {
		return Token{}, cause
	}
	s, err := c.load(context.WithoutCancel(ctx))
	if err != nil {
		return Token{}, cause
	}
	if q.judge != nil {
		if err := q.judge(s); err != nil {
			return Token{}, err
		}
	}
	now := c.opts.Now()
	if s.Access != q.rejected && (s.fresh(now) || q.byExpiry && s.valid(now)) {
		return s.Token, nil
	}
	return Token{}, cause
}

// begin counts a call under way, until the function that it returns is called.
func (c *Coordinator) begin() (end func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy++; c.busy == 1 {
		c.idle = make(chan struct{})
	}
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.busy--; c.busy == 0 {
			close(c.idle)
			c.idle = nil
		}
	}
}

// Drain waits until no call is refreshing a token any more: before a process
// exits, so that no answer of a server is lost. The reason in its *Error is the
// context's.
func (c *Coordinator) Drain(ctx context.Context) error {
	for {
		c.mu.Lock()
		idle := c.idle
		c.mu.Unlock()
		if idle == nil {
			return nil
		}
		select {
		case <-idle:
		case <-ctx.Done():
			return c.fail("drain", context.Cause(ctx))
		}
	}
}
