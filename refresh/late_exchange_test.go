package refresh

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge"
)

// deaf is an exchange that does not end when its context does. It answers when
// it is told to.
type deaf struct {
	answer chan Token
	called chan struct{}
}

func newDeaf() *deaf { return &deaf{make(chan Token, 1), make(chan struct{}, 1)} }

func TestAPanicOfAnExchangeReachesTheCallerAndGivesTheLockBack(t *testing.T) {
	r := newRig(t)
	c := r.coordinator(func(o *Options) {
		o.Exchange = func(context.Context, Token) (Token, error) { panic("of the exchange") }
	})
	func() {
		defer func() { equal(t, "panic", recover(), any("of the exchange")) }()
		_, _ = c.Token(t.Context())
	}()
	_, err := r.coordinator(func(o *Options) { o.LockTimeout = 20 * time.Millisecond }).Token(t.Context())
	must(t, err)
}

func (d *deaf) options(o *Options) {
	o.External, o.ExchangeTimeout = true, time.Millisecond
	o.Exchange = func(context.Context, Token) (Token, error) {
		d.called <- struct{}{}
		next := <-d.answer
		if next.IsZero() {
			return next, errDisk
		}
		return next, nil
	}
}

// Whoever waits for the lock would spend the token a second time.
func TestAnExchangeThatDoesNotEndInTimeIsReportedAndKeepsTheLockUntilItEnds(t *testing.T) {
	r := newRig(t)
	d := newDeaf()
	c := r.coordinator(d.options)
	_, err := c.Token(t.Context())
	e := fails[*InterruptedError](t, err)
	equal(t, "reason", errors.Is(e, errTooSlow), true)

	other := r.coordinator(func(o *Options) { o.LockTimeout = 20 * time.Millisecond })
	_, err = other.Refresh(t.Context(), "AT-1")
	fails[*cfgmerge.LockError](t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	equal(t, "it is under way", errors.Is(c.Drain(ctx), context.DeadlineExceeded), true)

	d.answer <- Token{Access: "AT-2", Refresh: "RT-2", Expiry: r.clock.Now().Add(time.Hour)}
	must(t, c.Drain(t.Context()))
	equal(t, "the answer is stored", r.pair(), "AT-2 RT-2")
	token, err := other.Refresh(t.Context(), "AT-1")
	must(t, err)
	equal(t, "token", token.Access, "AT-2")
	equal(t, "calls", r.server.count(), 0)
}

func TestAnExchangeThatFailsTooLateLeavesTheRotationInterrupted(t *testing.T) {
	r := newRig(t)
	d := newDeaf()
	c := r.coordinator(d.options)
	_, err := c.Token(t.Context())
	fails[*InterruptedError](t, err)
	d.answer <- Token{}
	must(t, c.Drain(t.Context()))
	_, err = r.coordinator().Token(t.Context())
	fails[*InterruptedError](t, err)
	equal(t, "calls", r.server.count(), 0)
}

func TestAnAnswerThatComesTooLateAndAfterALoginIsDiscarded(t *testing.T) {
	r := newRig(t)
	d := newDeaf()
	c := r.coordinator(d.options)
	_, err := c.Token(t.Context())
	fails[*InterruptedError](t, err)
	must(t, c.Login(t.Context(), Token{Access: "AT-L", Refresh: "RT-L"}))
	d.answer <- Token{Access: "AT-2", Refresh: "RT-2"}
	must(t, c.Drain(t.Context()))
	equal(t, "stored", r.pair(), "AT-L RT-L")
	equal(t, "markers", len(r.folderFiles("*.marker")), 0)
}

// The access token of a moment ago is better than none.
func TestAnExchangeThatDoesNotEndInTimeCostsNothingWhileTheAccessTokenIsGood(t *testing.T) {
	r := newRig(t)
	d := newDeaf()
	c := r.coordinator(d.options)
	must(t, c.Login(t.Context(), Token{Access: "AT-0", Refresh: "RT-1", Expiry: r.clock.Now().Add(time.Hour)}))
	r.clock.advance(time.Hour - 30*time.Second)
	equal(t, "token", tokenOf(t, c).Access, "AT-0")
	<-d.called
	d.answer <- Token{Access: "AT-2", Refresh: "RT-2"}
	must(t, c.Drain(t.Context()))
	equal(t, "stored", r.pair(), "AT-2 RT-2")
}
