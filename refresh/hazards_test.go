package refresh

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge"
)

// Scenario 25.
func TestATokenThatAPeerHasRefreshedIsAdoptedWithoutANetworkCall(t *testing.T) {
	r := newRig(t)
	tokenOf(t, r.coordinator())
	calls := r.server.count()
	token, err := r.coordinator().Refresh(t.Context(), "AT-1")
	must(t, err)
	equal(t, "token", token.Access, "AT-2")
	equal(t, "calls", r.server.count(), calls)
}

// Scenario 26.
func TestTheRefreshTokenThatIsSpentIsTheStoredOneAndNotTheCallers(t *testing.T) {
	r := newRig(t)
	mine := r.coordinator()
	tokenOf(t, r.coordinator()) // a peer has rotated, and its access token is refused, too
	token, err := mine.Refresh(t.Context(), "AT-2")
	must(t, err)
	equal(t, "token", token.Access, "AT-3")
	equal(t, "revoked", r.server.revoked, false)
}

// Scenario 28.
func TestAWaitEndsWithTheContextAndNeverInAnExchangeWithoutTheLock(t *testing.T) {
	r := newRig(t)
	c := r.coordinator()
	guard := r.holdLock(c)
	defer guard()
	for _, row := range []struct {
		because string
		ctx     func() (context.Context, context.CancelFunc)
		want    error
	}{
		{"canceled", func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return ctx, cancel
		}, context.Canceled},
		{"deadline", func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(t.Context(), 20*time.Millisecond)
		}, context.DeadlineExceeded},
	} {
		ctx, cancel := row.ctx()
		_, err := c.Refresh(ctx, "AT-1")
		cancel()
		if !errors.Is(fails[*cfgmerge.LockError](t, err), row.want) {
			t.Errorf("%s: %v", row.because, err)
		}
	}
	equal(t, "calls", r.server.count(), 0)
}

func TestAWaiterWithoutTheLockStillUsesWhatTheHolderHasStored(t *testing.T) {
	r := newRig(t)
	c := r.coordinator(func(o *Options) { o.LockTimeout = 20 * time.Millisecond })
	guard := r.holdLock(c)
	defer guard()
	must(t, r.coordinator().Login(t.Context(), Token{Access: "AT-9", Refresh: "RT-1", Expiry: r.clock.Now().Add(time.Hour)}))
	token, err := c.Refresh(t.Context(), "AT-1")
	must(t, err)
	equal(t, "token", token.Access, "AT-9")
}

// holdLock takes the refresh lock, as a process in the middle of an exchange
// has it.
func (r *rig) holdLock(c *Coordinator) (release func()) {
	r.t.Helper()
	folder, err := r.store().Folder(true)
	must(r.t, err)
	guard, err := folder.Acquire(r.t.Context(), c.names.lock)
	must(r.t, err)
	return func() { _, _ = guard.Unlock(), folder.Close() }
}

// Scenario 28.
func TestTheTimeOfAnExchangeIsCountedFromTheLockOn(t *testing.T) {
	r := newRig(t)
	var left time.Duration
	c := r.coordinator(func(o *Options) {
		o.ExchangeTimeout = time.Hour
		exchange := o.Exchange
		o.Exchange = func(ctx context.Context, token Token) (Token, error) {
			deadline, _ := ctx.Deadline()
			left = time.Until(deadline)
			return exchange(ctx, token)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	_, err := c.Refresh(ctx, "AT-1")
	must(t, err)
	if left < 50*time.Minute {
		t.Errorf("the exchange has %v left: it was bound by its caller, or began before the lock", left)
	}
}

// Scenario 29.
func TestClientIDsOfAnyFormGetSafeNamesAndLocksOfTheirOwn(t *testing.T) {
	seen := map[string]string{}
	for _, id := range hostile() {
		lock := strings.ToLower(namesOf("auth", id).lock)
		if strings.Trim(lock, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" || len(lock) > 64 {
			t.Errorf("%.20q: the name %q", id, lock)
		}
		if other, taken := seen[lock]; taken {
			t.Errorf("%.20q and %.20q share a lock", id, other)
		}
		seen[lock] = id
	}
	if namesOf("a", "bc").lock == namesOf("ab", "c").lock {
		t.Error("a name and an id that run together share a lock")
	}
}

// Scenario 30.
func TestAliasesOfAFileShareOneLock(t *testing.T) {
	r := newRig(t)
	link := r.path + ".link"
	must(t, os.Symlink(r.path, link))
	alias, err := cfgmerge.Open[config](link, nil)
	must(t, err)
	one, err := r.store().Folder(true)
	must(t, err)
	defer one.Close()
	two, err := alias.Doc().Folder(true)
	must(t, err)
	defer two.Close()
	equal(t, "folder", two.Path(), one.Path())
}

// Scenario 31.
func TestAnEmptyPathOrClientIDIsAnError(t *testing.T) {
	r := newRig(t)
	_, err := New(r.store(), Options{})
	equal(t, "no client id", errors.Is(err, ErrNoClientID), true)
	_, err = New(NewFileStore(r.file().Doc(), cfgmerge.GroupRef{}), Options{ClientID: "cli"})
	equal(t, "no group", errors.Is(err, ErrNoName), true)
	_, err = cfgmerge.OpenDoc("", nil)
	equal(t, "no path", err != nil, true)
}

// Scenario 31.
func TestAServerThatOmitsTheRefreshTokenLeavesTheOldOne(t *testing.T) {
	r := newRig(t)
	r.server.keepRT = true
	r.server.n = 1
	tokenOf(t, r.coordinator())
	equal(t, "stored", r.pair(), "AT-2 RT-1")
}

// Scenario 32.
func TestATokenThatCanNotBeStoredIsInTheErrorAndStoredByALaterCallOfAnotherProcess(t *testing.T) {
	r := newRig(t)
	c := r.coordinator(failPoint("persist", errDisk))
	_, err := c.Token(t.Context())
	e := fails[*PersistError](t, err)
	equal(t, "in the error", e.Token.Refresh, "RT-2")
	equal(t, "kept", e.Kept, true)
	equal(t, "stored", r.pair(), "AT-1 RT-1")

	equal(t, "later", tokenOf(t, r.coordinator()).Access, "AT-2")
	equal(t, "stored", r.pair(), "AT-2 RT-2")
	equal(t, "calls", r.server.count(), 1)
}

var errDisk = errors.New("disk on fire")

func failPoint(point string, err error) func(*Options) {
	return func(o *Options) {
		o.Fault = func(p string) error {
			if p == point {
				return err
			}
			return nil
		}
	}
}

func TestATokenThatCanNotBeKeptEitherIsStoredByTheNextCallOfThisProcess(t *testing.T) {
	r := newRig(t)
	broken := true
	c := r.coordinator(func(o *Options) {
		o.Fault = func(p string) error {
			if broken && (p == "persist" || p == "spill") {
				return errDisk
			}
			return nil
		}
	})
	_, err := c.Token(t.Context())
	equal(t, "kept", fails[*PersistError](t, err).Kept, false)
	_, err = c.Token(t.Context())
	equal(t, "again", fails[*PersistError](t, err).Token.Access, "AT-2")
	broken = false
	equal(t, "later", tokenOf(t, c).Access, "AT-2")
	equal(t, "stored", r.pair(), "AT-2 RT-2")
	equal(t, "calls", r.server.count(), 1)
}

func TestNothingIsSpentIfTheMarkerCanNotBeWritten(t *testing.T) {
	r := newRig(t)
	_, err := r.coordinator(failPoint("marker", errDisk)).Token(t.Context())
	equal(t, "error", errors.Is(err, errDisk), true)
	equal(t, "calls", r.server.count(), 0)
}

func TestAnExchangeByAnotherProgramThatNeverBeganIsNotTakenForInterrupted(t *testing.T) {
	r := newRig(t)
	external := func(o *Options) { o.External = true }
	_, err := r.coordinator(external, failPoint("marked", errDisk)).Token(t.Context())
	equal(t, "error", errors.Is(err, errDisk), true)
	equal(t, "token", tokenOf(t, r.coordinator(external)).Access, "AT-2")
	equal(t, "calls", r.server.count(), 1)
}

func TestNothingIsSpentIfTheSaveLockCanNotBeHad(t *testing.T) {
	r := newRig(t)
	store := NewFileStore(r.file(func(o *cfgmerge.Options) { o.LockTimeout = 20 * time.Millisecond }).Doc(), cfgmerge.GroupRef{Name: "auth"})
	c := r.over(store, func(o *Options) { o.PersistTimeout = time.Millisecond })
	folder, err := r.store().Folder(true)
	must(t, err)
	defer folder.Close()
	txn, err := folder.Lock(t.Context())
	must(t, err)
	defer txn.Unlock()
	_, err = c.Token(t.Context())
	fails[*cfgmerge.LockError](t, err)
	equal(t, "calls", r.server.count(), 0)
}

// Scenario 34.
func TestAnAnswerThatIsLostIsNeverFollowedByAnotherExchange(t *testing.T) {
	r := newRig(t)
	r.server.intercept = func(w http.ResponseWriter, call int, _ string) bool {
		hangUp(w)
		return true
	}
	c := r.coordinator()
	_, err := c.Token(t.Context())
	fails[*InterruptedError](t, err)
	r.server.set(func(s *server) { s.intercept = nil })
	for range 3 {
		_, err = c.Token(t.Context())
		fails[*InterruptedError](t, err)
	}
	_, err = r.coordinator().Refresh(t.Context(), "AT-1")
	fails[*InterruptedError](t, err)
	equal(t, "calls", r.server.count(), 1)

	_, err = c.Resume(t.Context())
	must(t, err)
	equal(t, "stored", r.pair(), "AT-2 RT-2")
	equal(t, "calls", r.server.count(), 2)
}

func TestATimeOutAfterSendingIsAmbiguous(t *testing.T) {
	r := newRig(t)
	calls := 0
	c := r.coordinator(func(o *Options) {
		o.External, o.ExchangeTimeout = true, time.Millisecond
		o.Exchange = func(ctx context.Context, _ Token) (Token, error) {
			calls++
			<-ctx.Done()
			return Token{}, ctx.Err()
		}
	})
	_, err := c.Token(t.Context())
	fails[*InterruptedError](t, err)
	_, err = c.Token(t.Context())
	fails[*InterruptedError](t, err)
	equal(t, "calls", calls, 1)
}

func TestAnInterruptedRotationResumesByItselfOnlyWithinTheGracePeriod(t *testing.T) {
	for _, row := range []struct {
		after   time.Duration
		resumes bool
		because string
	}{
		{0, true, "at once"},
		{29 * time.Second, true, "still within"},
		{30 * time.Second, false, "over"},
		{-time.Second, false, "a clock that was set back proves nothing"},
	} {
		r := newRig(t)
		r.server.set(func(s *server) {
			s.intercept = func(w http.ResponseWriter, call int, _ string) bool {
				if call == 1 {
					hangUp(w)
				}
				return call == 1
			}
		})
		c := r.coordinator(func(o *Options) { o.Grace = 30 * time.Second })
		_, err := c.Token(t.Context())
		fails[*InterruptedError](t, err)
		r.clock.advance(row.after)
		_, err = c.Token(t.Context())
		if row.resumes != (err == nil) {
			t.Errorf("%s: %v", row.because, err)
		}
	}
}

func TestAnInterruptedRotationReturnsAnAccessTokenThatIsStillValid(t *testing.T) {
	r := newRig(t)
	c := r.coordinator()
	must(t, c.Login(t.Context(), Token{Access: "AT-0", Refresh: "RT-1", Expiry: r.clock.Now().Add(time.Hour)}))
	r.server.set(func(s *server) {
		s.intercept = func(w http.ResponseWriter, _ int, _ string) bool { hangUp(w); return true }
	})
	r.clock.advance(time.Hour - 30*time.Second) // about to expire
	equal(t, "the call that is interrupted", tokenOf(t, c).Access, "AT-0")
	equal(t, "the next one", tokenOf(t, r.coordinator()).Access, "AT-0")
	equal(t, "calls", r.server.count(), 1)
	_, err := c.Refresh(t.Context(), "AT-0")
	fails[*InterruptedError](t, err)
	r.clock.advance(time.Minute)
	_, err = c.Token(t.Context())
	fails[*InterruptedError](t, err)
}

func TestALoginClearsAnInterruptedRotation(t *testing.T) {
	r := newRig(t)
	r.server.set(func(s *server) {
		s.intercept = func(w http.ResponseWriter, call int, _ string) bool {
			if call == 1 {
				hangUp(w)
			}
			return call == 1
		}
	})
	c := r.coordinator()
	_, err := c.Token(t.Context())
	fails[*InterruptedError](t, err)
	must(t, c.Login(t.Context(), Token{Refresh: "RT-1"})) // even with the same token
	equal(t, "token", tokenOf(t, c).Access, "AT-2")
}

// Scenario 35.
func TestTheLoserOfARaceAdoptsTheChangedRefreshTokenAndSpendsItOnce(t *testing.T) {
	r := newRig(t)
	other := r.file()
	r.server.set(func(s *server) {
		s.n = 2
		s.intercept = func(_ http.ResponseWriter, call int, _ string) bool {
			if call == 1 { // a program that knows nothing of the lock has rotated
				must(t, other.Update(background(), func(c *config) error {
					c.Auth.Access, c.Auth.Refresh, c.Auth.Expires = "AT-2", "RT-2", 1
					return nil
				}))
			}
			return false
		}
	})
	token, err := r.coordinator().Refresh(t.Context(), "AT-2") // theirs is of no use either
	must(t, err)
	equal(t, "token", token.Access, "AT-3")
	equal(t, "stored", r.pair(), "AT-3 RT-3")
	equal(t, "calls", r.server.count(), 2)
}

// Scenario 35.
func TestARefusedRefreshTokenStaysUnlessClearingIsWantedAndItIsUnchanged(t *testing.T) {
	for _, clear := range []bool{false, true} {
		r := newRig(t)
		r.server.set(func(s *server) { s.n = 7 })
		c := r.coordinator(func(o *Options) { o.ClearOnInvalidGrant = clear })
		_, err := c.Token(t.Context())
		e := fails[*PermanentError](t, err)
		equal(t, "code", e.Code, "invalid_grant")
		equal(t, "cleared", e.Cleared, clear)
		want := "AT-1 RT-1"
		if clear {
			want = " "
		}
		equal(t, "stored", r.pair(), want)
	}
}

// Scenario 39.
func TestAPermanentFailureIsRememberedByEveryProcessAndForgottenAtTheNextLogin(t *testing.T) {
	r := newRig(t)
	r.server.set(func(s *server) { s.n = 7 })
	_, err := r.coordinator().Token(t.Context())
	fails[*PermanentError](t, err)
	r.clock.advance(1000 * time.Hour)
	c := r.coordinator()
	_, err = c.Token(t.Context())
	fails[*PermanentError](t, err)
	equal(t, "calls", r.server.count(), 1)
	r.server.set(func(s *server) { s.n = 1 })
	must(t, c.Login(t.Context(), Token{Refresh: "RT-1"})) // the server has forgiven the same one
	equal(t, "token", tokenOf(t, c).Access, "AT-2")
}

// Scenario 40.
func TestARefreshThatEndsAfterALoginOrALogoutIsDiscarded(t *testing.T) {
	for _, row := range []struct {
		name string
		do   func(*Coordinator) error
		want string
	}{
		{"login", func(c *Coordinator) error {
			return c.Login(background(), Token{Access: "AT-L", Refresh: "RT-L"})
		}, "AT-L RT-L"},
		{"logout", func(c *Coordinator) error { _, err := c.Logout(background()); return err }, " "},
		{"the same refresh token again", func(c *Coordinator) error {
			return c.Login(background(), Token{Access: "AT-L", Refresh: "RT-1"})
		}, "AT-L RT-1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t)
			other := r.coordinator()
			r.server.set(func(s *server) {
				s.intercept = func(http.ResponseWriter, int, string) bool {
					must(t, row.do(other))
					return false
				}
			})
			_, err := r.coordinator().Token(t.Context())
			e := fails[*SupersededError](t, err)
			fails[*cfgmerge.SupersededError](t, err)
			equal(t, "discarded", e.Discarded.Refresh, "RT-2")
			equal(t, "stored", r.pair(), row.want)
			equal(t, "markers", len(r.folderFiles("*.marker")), 0)
		})
	}
}

func TestAChangeOfAnotherMemberDuringTheExchangeDoesNotCostTheNewToken(t *testing.T) {
	r := newRig(t)
	other := r.file()
	r.server.set(func(s *server) {
		s.intercept = func(http.ResponseWriter, int, string) bool {
			must(t, other.Update(background(), func(c *config) error { c.Auth.Scope = "all"; return nil }))
			return false
		}
	})
	tokenOf(t, r.coordinator())
	equal(t, "stored", r.pair(), "AT-2 RT-2")
	if !strings.Contains(r.read(), `"scope":"all"`) {
		t.Error("the other member is lost")
	}
}

// Scenario 41.
func TestAServerErrorLeavesWhatIsStoredAndIsNotAskedAgainBeforeTheDelay(t *testing.T) {
	r := newRig(t)
	before := ""
	r.server.set(func(s *server) {
		s.intercept = func(w http.ResponseWriter, call int, _ string) bool {
			if call <= 2 {
				refuse(w, http.StatusServiceUnavailable, "")
			}
			return call <= 2
		}
	})
	before = r.read()
	_, err := r.coordinator().Token(t.Context())
	e := fails[*TransientError](t, err)
	equal(t, "retry", e.RetryAt.Sub(r.clock.Now()), time.Second)
	equal(t, "file", r.read(), before)
	_, err = r.coordinator().Token(t.Context()) // another process
	equal(t, "status", fails[*TransientError](t, err).Status, 503)
	equal(t, "calls", r.server.count(), 1)

	r.clock.advance(time.Second)
	_, err = r.coordinator().Token(t.Context())
	e = fails[*TransientError](t, err)
	equal(t, "tries", e.Tries, 2)
	equal(t, "retry", e.RetryAt.Sub(r.clock.Now()), 2*time.Second)
	r.clock.advance(2 * time.Second)
	equal(t, "token", tokenOf(t, r.coordinator()).Access, "AT-2")
}

func TestADialThatFailsIsTransientAndLeavesNoMarker(t *testing.T) {
	r := newRig(t)
	r.server.Close()
	_, err := r.coordinator().Token(t.Context())
	fails[*TransientError](t, err)
	equal(t, "markers", len(r.folderFiles("*.marker")), 0)
}

func TestATokenAboutToExpireIsGivenOutWhileItsRefreshFails(t *testing.T) {
	r := newRig(t)
	c := r.coordinator()
	must(t, c.Login(t.Context(), Token{Access: "AT-0", Refresh: "RT-1", Expiry: r.clock.Now().Add(time.Hour)}))
	r.clock.advance(time.Hour - 30*time.Second)
	r.server.Close()
	equal(t, "token", tokenOf(t, c).Access, "AT-0")
	r.clock.advance(30 * time.Second)
	_, err := c.Token(t.Context())
	fails[*TransientError](t, err)
}

func TestCancellationCountsUntilTheTokenIsSentAndThenNoMore(t *testing.T) {
	r := newRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	r.server.set(func(s *server) {
		s.intercept = func(http.ResponseWriter, int, string) bool { cancel(); return false }
	})
	c := r.coordinator()
	_, err := c.Token(ctx)
	equal(t, "error", errors.Is(err, context.Canceled), true)
	equal(t, "stored", r.pair(), "AT-2 RT-2")
	must(t, c.Drain(t.Context()))
}

func TestACancellationBeforeTheTokenIsSentSpendsNothing(t *testing.T) {
	r := newRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	c := r.coordinator(func(o *Options) {
		o.Fault = func(p string) error {
			if p == "marked" {
				cancel()
			}
			return nil
		}
	})
	_, err := c.Token(ctx)
	equal(t, "error", errors.Is(err, context.Canceled), true)
	equal(t, "calls", r.server.count(), 0)
	equal(t, "token", tokenOf(t, c).Access, "AT-2")
}

func TestDrainWaitsForARefreshThatIsUnderWay(t *testing.T) {
	r := newRig(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	r.server.set(func(s *server) {
		s.intercept = func(http.ResponseWriter, int, string) bool { close(arrived); <-release; return false }
	})
	c := r.coordinator()
	go func() { _, _ = c.Token(background()) }()
	<-arrived
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	equal(t, "busy", errors.Is(c.Drain(ctx), context.DeadlineExceeded), true)
	close(release)
	must(t, c.Drain(t.Context()))
	equal(t, "stored", r.pair(), "AT-2 RT-2")
}

func TestAnAnswerForAnotherAccountIsNotStoredAndTheTokenNotSpentAgain(t *testing.T) {
	r := newRig(t)
	c := r.coordinator(func(o *Options) {
		o.Identity = func(t Token) string {
			if account, ok := t.Extra["account"].(string); ok {
				return account
			}
			return t.Identity
		}
	})
	must(t, c.Login(t.Context(), Token{Refresh: "RT-1", Identity: "alice"}))
	r.server.set(func(s *server) { s.identity = "mallory" })
	_, err := c.Token(t.Context())
	e := fails[*IdentityMismatchError](t, err)
	equal(t, "discarded", e.Discarded.Refresh, "RT-2")
	equal(t, "stored", r.pair(), " RT-1")
	_, err = c.Token(t.Context())
	equal(t, "code", fails[*PermanentError](t, err).Code, codeMismatch)
	equal(t, "calls", r.server.count(), 1)
}

func TestARefreshInsideAnUpdateIsRefusedByNameBeforeAnythingIsSpent(t *testing.T) {
	r := newRig(t)
	c := r.coordinator()
	file := r.file()
	for name, call := range map[string]func() error{
		"token":   func() error { _, err := c.Token(background()); return err },
		"refresh": func() error { _, err := c.Refresh(background(), "AT-1"); return err },
		"resume":  func() error { _, err := c.Resume(background()); return err },
		"login":   func() error { return c.Login(background(), Token{Access: "x"}) },
		"logout":  func() error { _, err := c.Logout(background()); return err },
	} {
		var inside error
		must(t, file.Update(t.Context(), func(cfg *config) error { inside = call(); return nil }))
		equal(t, name, fails[*NestedError](t, inside).Name, "auth")
	}
	equal(t, "calls", r.server.count(), 0)
	equal(t, "outside", tokenOf(t, c).Access, "AT-2")
}

func TestWithoutARefreshTokenNothingIsCleared(t *testing.T) {
	r := newRig(t)
	r.write(`{"auth":{"access_token":"AT-1","expires_at":1}}`)
	c := r.coordinator()
	_, err := c.Token(t.Context())
	equal(t, "no refresh token", errors.Is(err, ErrNoRefreshToken), true)
	_, err = c.Refresh(t.Context(), "AT-1")
	equal(t, "refresh", errors.Is(err, ErrNoRefreshToken), true)
	equal(t, "stored", r.pair(), "AT-1 ")
	_, err = c.Logout(t.Context())
	must(t, err)
	_, err = c.Token(t.Context())
	equal(t, "logged out", errors.Is(err, ErrLoggedOut), true)
}

func TestAServerWhoseTokensLookExpiredIsNotAskedAtEveryCall(t *testing.T) {
	r := newRig(t)
	r.server.set(func(s *server) { s.lifetime = 0 })
	c := r.coordinator()
	for range 5 {
		tokenOf(t, c)
	}
	equal(t, "calls", r.server.count(), 1)
	r.clock.advance(30 * time.Second)
	tokenOf(t, c)
	equal(t, "after the hold", r.server.count(), 2)
	_, err := c.Refresh(t.Context(), "AT-3")
	must(t, err)
	equal(t, "a refused token is no matter of expiry", r.server.count(), 3)
}

// Scenario 38.
func TestATornFileIsAnErrorAndNeverTakenForALogout(t *testing.T) {
	r := newRig(t)
	r.write(seedToken[:40])
	_, err := r.coordinator().Token(t.Context())
	fails[*cfgmerge.CorruptError](t, err)
	equal(t, "logged out", errors.Is(err, ErrLoggedOut), false)
	equal(t, "bytes", r.read(), seedToken[:40])
}

// Scenario 24, within a process.
func TestGoroutinesWithAnExpiredTokenMakeOneNetworkCall(t *testing.T) {
	r := newRig(t)
	c := r.coordinator()
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			if token, err := c.Token(background()); err != nil || token.Access != "AT-2" {
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
	equal(t, "calls", r.server.count(), 1)
}
