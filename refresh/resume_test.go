package refresh

import (
	"net/http"
	"testing"
)

// A server may reject an access token that has not expired: that is what
// brought the exchange about which was interrupted.
func TestAResumeSpendsThoughTheStoredAccessTokenLooksGood(t *testing.T) {
	r := newRig(t)
	c := r.coordinator()
	rejected := tokenOf(t, c)
	r.server.set(func(s *server) {
		s.intercept = func(w http.ResponseWriter, _ int, _ string) bool { hangUp(w); return true }
	})
	_, err := c.Refresh(t.Context(), rejected.Access)
	fails[*InterruptedError](t, err)
	r.server.set(func(s *server) { s.intercept = nil })
	token, err := c.Resume(t.Context())
	must(t, err)
	equal(t, "token", token.Access, "AT-3")

	// Another process that heard of it as well comes later.
	calls := r.server.count()
	token, err = r.coordinator().Resume(t.Context())
	must(t, err)
	equal(t, "token", token.Access, "AT-3")
	equal(t, "calls", r.server.count(), calls)
}
