package faults

import (
	"maps"
	"slices"
	"testing"
)

// The classes of what must never happen.
const (
	lost    = "lost"    // a change that was there before, or that was made afterwards
	torn    = "torn"    // a file that does not parse, or half of a pair
	reset   = "reset"   // an empty file where there was one
	missing = "missing" // a change that was acknowledged
	secret  = "secret"  // left behind, or shown
	wrong   = "wrong"   // anything else
)

// violation is one broken promise.
type violation struct{ class, text string }

func (v violation) String() string { return v.class + ": " + v.text }

// tally is what an attack has done and found.
type tally struct {
	name   string
	points int // places that were attacked
	runs   int
	// hits were planned, and those that were missed not made, nor by chance
	// instead of another: strace counts by thread, and a run that has waited goes
	// on with another one.
	hits, missed int
	// untried are those of them that hit that call nowhere else either.
	untried []string
	found   map[string][]string
}

func (y *tally) add(v violation, where string) {
	if y.found == nil {
		y.found = map[string][]string{}
	}
	y.found[v.class] = append(y.found[v.class], where+": "+v.text)
}

func (y *tally) bad() bool { return len(y.found) > 0 }

// shown is how many violations of one class are printed.
const shown = 12

// report fails the test for what was found.
func (y *tally) report(t testing.TB) {
	t.Helper()
	if 2*y.missed > y.hits {
		t.Errorf("%s: %d of %d hits could not be made", y.name, y.missed, y.hits)
	}
	for _, class := range slices.Sorted(maps.Keys(y.found)) {
		t.Errorf("%s: %d × %s", y.name, len(y.found[class]), class)
		for _, text := range y.found[class][:min(shown, len(y.found[class]))] {
			t.Log(text)
		}
	}
}

// join adds what another attack has done and found.
func (y *tally) join(other *tally) {
	y.points, y.runs = y.points+other.points, y.runs+other.runs
	y.hits, y.missed = y.hits+other.hits, y.missed+other.missed
	for _, call := range other.untried {
		y.untried = append(y.untried, other.name+": "+call)
	}
	for class, texts := range other.found {
		for _, text := range texts {
			y.add(violation{class, text}, other.name)
		}
	}
}

func TestATallyHasWhatAllOfItsPartsFound(t *testing.T) {
	sound := &tally{name: "sound", points: 2, runs: 4, hits: 4, missed: 1}
	if sound.bad() {
		t.Error("it is bad though nothing was found")
	}
	broken := &tally{name: "broken", points: 1, runs: 1, hits: 1}
	broken.add(violation{lost, "RT-2"}, "at 7")
	broken.add(violation{torn, "half"}, "at 8")
	sound.join(broken)
	if sound.points != 3 || sound.runs != 5 || sound.hits != 5 || sound.missed != 1 || !sound.bad() {
		t.Errorf("%+v", sound)
	}
	if got := sound.found[lost]; len(got) != 1 || got[0] != "broken: at 7: RT-2" || len(sound.found[torn]) != 1 {
		t.Errorf("%v", sound.found)
	}
}
