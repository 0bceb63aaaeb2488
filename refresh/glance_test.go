package refresh

import (
	"os"
	"testing"
	"time"
)

// old makes the file look as if it had been written long ago, to those who ask
// the clock of the test.
func (r *rig) old() *rig {
	r.clock = &clock{now: time.Now().Add(time.Hour)}
	r.write(`{"auth":{"access_token":"AT-1","refresh_token":"RT-1"}}`)
	return r
}

// A program asks for its token at each request.
func TestAnUnchangedFileIsNotReadForEachToken(t *testing.T) {
	r := newRig(t).old()
	c := r.coordinator()
	equal(t, "token", tokenOf(t, c).Access, "AT-1")
	if n := testing.AllocsPerRun(100, func() { tokenOf(t, c) }); n > 40 {
		t.Errorf("%v allocations for a token", n)
	}
}

func TestATokenThatChangesIsNoticedAtOnce(t *testing.T) {
	r := newRig(t).old()
	c := r.coordinator()
	other := r.coordinator()
	equal(t, "token", tokenOf(t, c).Access, "AT-1")
	must(t, other.Login(t.Context(), Token{Access: "AT-L"}))
	equal(t, "after a login of another process", tokenOf(t, c).Access, "AT-L")
	must(t, c.Login(t.Context(), Token{Access: "AT-M", Refresh: "RT-1"}))
	equal(t, "after an own one", tokenOf(t, c).Access, "AT-M")
	_, err := c.Refresh(t.Context(), "AT-M")
	must(t, err)
	equal(t, "after a refresh", tokenOf(t, c).Access, "AT-2")
	_, err = other.Logout(t.Context())
	must(t, err)
	_, err = c.Token(t.Context())
	equal(t, "after a logout", err != nil, true)
}

func TestAFileThatIsMovedIntoPlaceIsNoticedSoon(t *testing.T) {
	r := newRig(t).old()
	c := r.coordinator()
	equal(t, "token", tokenOf(t, c).Access, "AT-1")
	must(t, os.Link(r.path, r.path+".kept")) // so that the old one does not look removed
	must(t, os.WriteFile(r.path+".new", []byte(`{"auth":{"access_token":"AT-9","refresh_token":"RT-9"}}`), 0o600))
	must(t, os.Rename(r.path+".new", r.path))
	r.clock.advance(100 * time.Millisecond)
	equal(t, "token", tokenOf(t, c).Access, "AT-9")
}

// What a server has refused must not come out of a cache.
func TestARecoveryReadsTheFile(t *testing.T) {
	r := newRig(t).old()
	c := r.coordinator()
	used := tokenOf(t, c)
	must(t, os.Link(r.path, r.path+".kept"))
	must(t, os.WriteFile(r.path+".new", []byte(`{"auth":{"access_token":"AT-9","refresh_token":"RT-9"}}`), 0o600))
	must(t, os.Rename(r.path+".new", r.path))
	a, err := c.Recover(used).Next(t.Context())
	must(t, err)
	equal(t, "token", a.Token.Access, "AT-9")
}
