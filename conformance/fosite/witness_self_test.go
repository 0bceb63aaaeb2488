package fosite

import (
	"testing"

	"github.com/cfgmerge/cfgmerge/refresh"
)

// The witness bites: a second exchange for the same reason, and one for no
// reason at all, are named; a spent token is told from a wrong one.
func TestTheWitnessNamesWhatMustNotHappen(t *testing.T) {
	f := newFleet(t, newAuthority(long), 10, uses)
	w := newWorker(f.Server)
	first, err := w.login(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	spend := func(rejected, token string) refresh.Token {
		w.rejected = rejected
		next, _ := w.endpoint().Exchange(t.Context(), refresh.Token{Refresh: token})
		return next
	}
	second := spend(first.Access, first.Refresh)
	if n := len(f.witness.unneeded); n != 0 {
		t.Fatalf("%d exchanges were not needed, of one that was", n)
	}
	third := spend(first.Access, second.Refresh)
	spend("", third.Refresh)
	if n := len(f.witness.unneeded); n != 2 {
		t.Errorf("%d exchanges were not needed, of two", n)
	}
	spend(third.Access, "wrong")
	if f.witness.refused != 1 || f.witness.reused != 0 {
		t.Errorf("%d refusals, %d of them of a spent token", f.witness.refused, f.witness.reused)
	}
	spend(third.Access, first.Refresh)
	if f.witness.refused != 2 || f.witness.reused != 1 {
		t.Errorf("%d refusals, %d of them of a spent token", f.witness.refused, f.witness.reused)
	}
}
