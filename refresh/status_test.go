package refresh

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge"
)

func TestAStatusSaysWhatIsStoredAndByWhomAndNoSecret(t *testing.T) {
	r := newRig(t)
	c := r.coordinator()
	expiry := r.clock.Now().Add(time.Hour)
	must(t, c.Login(t.Context(), Token{Access: "AT-1", Refresh: "RT-1", Identity: "alice", Expiry: expiry}))
	_, err := c.Refresh(t.Context(), "AT-1")
	must(t, err)
	s, err := c.Status(t.Context())
	must(t, err)
	equal(t, "logged in", s.LoggedIn && s.CanRefresh && !s.Expired, true)
	equal(t, "account", s.Account, "alice")
	equal(t, "generation", s.Generation, 1)
	equal(t, "expiry", s.Expiry.Equal(expiry), true)
	equal(t, "author", strings.HasPrefix(s.Author, "test, pid "), true)
	equal(t, "rotation", s.Rotation, nil)
	equal(t, "failure", s.Failure, nil)
	if text := fmt.Sprintf("%+v", s); strings.Contains(text, "T-2") {
		t.Errorf("a secret: %s", text)
	}
	_, err = c.Logout(t.Context())
	must(t, err)
	s, err = c.Status(t.Context())
	must(t, err)
	equal(t, "logged out", s.LoggedIn, false)
}

func TestAStatusTellsAnExchangeUnderWayFromOneThatWasInterrupted(t *testing.T) {
	r := newRig(t)
	real := func(o *Options) { o.Now = time.Now } // markers name processes by when these ran
	c, other := r.coordinator(real), r.coordinator(real)
	var during Status
	r.server.set(func(s *server) {
		s.intercept = func(w http.ResponseWriter, _ int, _ string) bool {
			var err error
			during, err = other.Status(background())
			must(t, err)
			hangUp(w)
			return true
		}
	})
	_, err := c.Token(t.Context())
	fails[*InterruptedError](t, err)
	equal(t, "sent", during.Rotation != nil && during.Rotation.Sent, true)
	equal(t, "interrupted during", during.Rotation.Interrupted, false)
	after, err := other.Status(t.Context())
	must(t, err)
	equal(t, "interrupted after", after.Rotation != nil && after.Rotation.Interrupted, true)
	must(t, c.Login(t.Context(), Token{Access: "AT-5", Refresh: "RT-5"}))
	after, err = other.Status(t.Context())
	must(t, err)
	equal(t, "after a login", after.Rotation, nil)
}

func TestAStatusSaysWhatFailureIsRemembered(t *testing.T) {
	r := newRig(t)
	r.server.set(func(s *server) { s.n = 7 })
	_, err := r.coordinator().Token(t.Context())
	fails[*PermanentError](t, err)
	s, err := r.coordinator().Status(t.Context())
	must(t, err)
	equal(t, "code", fails[*PermanentError](t, s.Failure).Code, "invalid_grant")
}

func TestATokenShowsNoSecretInAnyVerbNorInJSON(t *testing.T) {
	token := Token{Access: "AT-secret", Refresh: "RT-secret", Identity: "id-secret", Extra: map[string]any{"id_token": "X-secret"}}
	wrapped := []any{token, &token, Stored{Token: token}, []Token{token}, &PersistError{Token: token, Err: errDisk}, &SupersededError{Discarded: token}, &IdentityMismatchError{Discarded: token}}
	for _, v := range wrapped {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, "secret") || strings.Contains(text, fmt.Sprintf("%x", "secret")) {
				t.Errorf("%s of %T shows %s", verb, v, text)
			}
		}
		data, err := json.Marshal(v)
		if err != nil || strings.Contains(string(data), "secret") {
			t.Errorf("%T as JSON: %s %v", v, data, err)
		}
	}
}

func TestEveryErrorHasAHintAndNoneRepeatsWhatAServerOrAnExchangeSays(t *testing.T) {
	loud := fmt.Errorf("Post \"https://x/?refresh_token=RT-secret\": body RT-secret")
	for _, err := range []error{
		&NestedError{Name: "auth"}, &InterruptedError{Err: loud}, &SupersededError{Err: errDisk}, &PermanentError{Code: "invalid_client", Err: loud},
		&PermanentError{Code: "invalid_grant", Err: loud}, &TransientError{Err: loud}, &PersistError{Err: errDisk}, &IdentityMismatchError{}, &KindError{},
		ErrLoggedOut, ErrNoRefreshToken,
	} {
		e := &Error{Op: "token", Name: "auth", Err: err}
		if e.Hint() == "" {
			t.Errorf("%T has no hint", err)
		}
		if strings.Contains(e.Error(), "secret") || strings.ToLower(e.Error()[:1]) != e.Error()[:1] {
			t.Errorf("%T: %s", err, e)
		}
	}
}

func TestALogoutRemovesANewTokenThatCouldNotBeStored(t *testing.T) {
	r := newRig(t)
	_, err := r.coordinator(failPoint("persist", errDisk)).Token(t.Context())
	fails[*PersistError](t, err)
	equal(t, "markers", len(r.folderFiles("*.marker")), 1)
	old, err := r.coordinator().Logout(t.Context())
	must(t, err)
	equal(t, "to be revoked", old.Refresh, "RT-1")
	equal(t, "markers", len(r.folderFiles("*.marker")), 0)
	equal(t, "stored", r.pair(), " ")
}

// committed is a store whose disk does not say whether it has kept a rotation.
type committed struct{ *FileStore }

func (c committed) Swap(ctx context.Context, old Stored, next Token, change Change) (Stored, error) {
	now, err := c.FileStore.Swap(ctx, old, next, change)
	if err == nil && change == Rotation {
		err = &cfgmerge.DurabilityError{Op: "sync", Path: "app.json", Err: errDisk}
	}
	return now, err
}

func TestATokenThatMayNotSurviveAPowerCutIsGoodAndIsFoundAgainAfterOne(t *testing.T) {
	r := newRig(t)
	must(t, r.coordinator().Login(t.Context(), Token{Access: "AT-1", Refresh: "RT-1", Expiry: r.clock.Now()}))
	before := r.read()
	equal(t, "token", tokenOf(t, r.over(committed{r.store()})).Access, "AT-2")
	equal(t, "stored", r.pair(), "AT-2 RT-2")

	lost := r.copyOf() // what the disk had kept: the file, and the synced marker
	lost.write(before)
	markers := r.folderFiles("*.marker")
	equal(t, "markers", len(markers), 1)
	lost.adoptMarker(markers[0])
	equal(t, "after the power cut", tokenOf(t, lost.coordinator()).Access, "AT-2")
	equal(t, "calls", r.server.count(), 1)
}

func TestAStaleMarkerIsRemovedByTheNextRefresh(t *testing.T) {
	r := newRig(t)
	tokenOf(t, r.over(committed{r.store()}))
	equal(t, "markers", len(r.folderFiles("*.marker")), 1)
	_, err := r.coordinator().Refresh(t.Context(), "AT-1")
	must(t, err)
	equal(t, "markers", len(r.folderFiles("*.marker")), 0)
}
