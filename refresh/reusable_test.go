package refresh

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// reusable makes the server one that does not rotate refresh tokens, and that
// does what it is told to these calls instead.
func (s *server) reusable(instead map[int]func(http.ResponseWriter)) {
	s.set(func(s *server) {
		s.intercept = func(w http.ResponseWriter, call int, _ string) bool {
			if do := instead[call]; do != nil {
				do(w)
				return true
			}
			_, _ = fmt.Fprintf(w, `{"access_token":"AT-%d","expires_in":3600}`, call+1)
			return true
		}
	})
}

func fails500(w http.ResponseWriter) { refuse(w, http.StatusInternalServerError, "") }

// Many servers never replace a refresh token. Once one has answered an exchange
// and left the token good, there is nothing to lose by sending it again.
func TestATokenThatWasGoodMoreThanOnceIsTriedAgainAfterAnAmbiguousAnswer(t *testing.T) {
	for name, lost := range map[string]func(http.ResponseWriter){"a server error": fails500, "no answer": hangUp} {
		r := newRig(t)
		r.server.reusable(map[int]func(http.ResponseWriter){2: lost})
		equal(t, "the first time", tokenOf(t, r.coordinator()).Access, "AT-2")
		r.clock.advance(2 * time.Hour)
		_, err := r.coordinator().Token(t.Context())
		fails[*TransientError](t, err)
		_, err = r.coordinator().Token(t.Context())
		fails[*TransientError](t, err)
		equal(t, name+": calls", r.server.count(), 2)
		r.clock.advance(time.Second)
		equal(t, name, tokenOf(t, r.coordinator()).Access, "AT-4")
		equal(t, "markers", len(r.folderFiles("*.marker")), 0)
	}
}

func TestATokenThatWasGoodMoreThanOnceIsSentAgainAfterAKill(t *testing.T) {
	r := newRig(t)
	r.write(`{"auth":{"access_token":"AT-1","refresh_token":"RT-1","expires_at":1}}`)
	r.server.reusable(nil)
	for _, row := range []struct{ point, want string }{{"", "AT-2"}, {"sent", "AT-3"}} {
		c := r.coordinator(func(o *Options) { o.Now = time.Now })
		if row.point != "" {
			victim := start(t, "token", r.path, r.server.URL, row.point, "die")
			if _, err := victim.finish(); err == nil {
				t.Fatal("it survived")
			}
			status, err := c.Status(t.Context())
			must(t, err)
			equal(t, "status", status.Rotation == nil, true)
		}
		equal(t, "token", tokenOf(t, c).Access, row.want)
		must(t, r.file().Update(t.Context(), func(cfg *config) error { cfg.Auth.Expires = 1; return nil }))
	}
}

// What is known of a token does not hold for another one, nor after a login.
func TestATokenOfWhichNothingIsKnownIsNotSentAgain(t *testing.T) {
	r := newRig(t)
	r.server.reusable(map[int]func(http.ResponseWriter){2: fails500})
	c := r.coordinator()
	tokenOf(t, c)
	must(t, c.Login(t.Context(), Token{Refresh: "RT-1"}))
	_, err := c.Token(t.Context())
	fails[*InterruptedError](t, err)
	_, err = c.Token(t.Context())
	fails[*InterruptedError](t, err)
	equal(t, "calls", r.server.count(), 2)
}

func TestASuccessEndsTheRowOfFailuresOfATokenThatStays(t *testing.T) {
	r := newRig(t)
	r.server.reusable(map[int]func(http.ResponseWriter){1: unavailable, 2: unavailable, 4: unavailable})
	c := r.coordinator()
	for _, tries := range []int{1, 2, 0, 1} {
		_, err := c.Refresh(t.Context(), r.stored().Access)
		if tries > 0 {
			equal(t, "tries", fails[*TransientError](t, err).Tries, tries)
		} else {
			must(t, err)
		}
		r.clock.advance(time.Minute)
	}
}

func unavailable(w http.ResponseWriter) { refuse(w, http.StatusServiceUnavailable, "") }
