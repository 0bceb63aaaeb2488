package refresh

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// afterwards answers a call with a status when the request was processed: so
// does a gateway that loses the server behind it.
func (s *server) afterwards(status int, code string) {
	s.set(func(s *server) {
		s.intercept = func(w http.ResponseWriter, call int, refresh string) bool {
			if call > 1 {
				return false
			}
			s.set(func(s *server) { s.spent[refresh], s.n = true, s.n+1 })
			refuse(w, status, code)
			return true
		}
	})
}

// Scenario 34.
func TestAServerErrorAfterTheTokenWasSpentIsNotFollowedByAnotherExchange(t *testing.T) {
	for _, row := range []struct {
		because string
		status  int
		code    string
	}{
		{"the server failed on its way", 500, ""},
		{"and says so", 500, "server_error"},
		{"a gateway lost it", 502, ""},
		{"a gateway lost patience", 504, ""},
		{"so did another one", 524, ""},
	} {
		r := newRig(t)
		r.server.afterwards(row.status, row.code)
		before := r.read()
		what := fmt.Sprintf("%d: %s", row.status, row.because)
		_, err := r.coordinator().Token(t.Context())
		equal(t, what+": status", fails[*ResponseError](t, fails[*InterruptedError](t, err)).Status, row.status)
		equal(t, what+": file", r.read(), before)
		r.clock.advance(time.Hour)
		_, err = r.coordinator().Token(t.Context()) // another process
		fails[*InterruptedError](t, err)
		equal(t, what+": calls", r.server.count(), 1)
		equal(t, what+": revoked", r.server.revoked, false)
	}
}

func TestAServerErrorIsResumedByItselfWithinTheGracePeriodAndNotAtEveryCall(t *testing.T) {
	r := newRig(t)
	r.server.set(func(s *server) {
		s.grace = true
		s.intercept = func(w http.ResponseWriter, call int, _ string) bool {
			if call <= 3 {
				refuse(w, http.StatusBadGateway, "")
			}
			return call <= 3
		}
	})
	c := r.coordinator(func(o *Options) { o.Grace = time.Minute })
	for _, want := range []time.Duration{0, time.Second, time.Second} { // once more at once, and then with delays
		_, err := c.Token(t.Context())
		equal(t, "retry", fails[*InterruptedError](t, err).RetryAt.Sub(r.clock.Now()), want)
	}
	equal(t, "calls", r.server.count(), 2)

	_, err := c.Resume(t.Context()) // a person is not made to wait
	fails[*InterruptedError](t, err)
	equal(t, "calls", r.server.count(), 3)
	r.clock.advance(2 * time.Second)
	equal(t, "token", tokenOf(t, c).Access, "AT-2")
}

func TestAServerErrorCostsNothingWhileTheAccessTokenIsGood(t *testing.T) {
	r := newRig(t)
	c := r.coordinator()
	must(t, c.Login(t.Context(), Token{Access: "AT-0", Refresh: "RT-1", Expiry: r.clock.Now().Add(time.Hour)}))
	r.clock.advance(time.Hour - 30*time.Second)
	r.server.afterwards(http.StatusBadGateway, "")
	for range 2 {
		equal(t, "token", tokenOf(t, c).Access, "AT-0")
	}
	equal(t, "calls", r.server.count(), 1)
}

// A caller who knows his server knows better.
func TestAServerErrorIsWhatTheCallerSays(t *testing.T) {
	r := newRig(t)
	r.server.set(func(s *server) {
		s.intercept = func(w http.ResponseWriter, call int, _ string) bool {
			if call == 1 {
				refuse(w, http.StatusInternalServerError, "")
			}
			return call == 1
		}
	})
	c := r.coordinator(func(o *Options) { o.Classify = func(error) Class { return Transient } })
	_, err := c.Token(t.Context())
	fails[*TransientError](t, err)
	r.clock.advance(time.Second)
	equal(t, "token", tokenOf(t, c).Access, "AT-2")
}
