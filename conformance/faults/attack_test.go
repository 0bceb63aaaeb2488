//go:build faults && linux

package faults

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
)

// tally is what an attack has done and found.
type tally struct {
	name   string
	points int // places that were attacked
	runs   int
	stray  int // runs that were hit elsewhere; they are judged, too
	found  map[string][]string
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
	for _, class := range slices.Sorted(maps.Keys(y.found)) {
		t.Errorf("%s: %d × %s", y.name, len(y.found[class]), class)
		for _, text := range y.found[class][:min(shown, len(y.found[class]))] {
			t.Log(text)
		}
	}
}

// hit is one run that is to be made.
type hit struct {
	fault Fault
	at    Point
}

// tries is how often a run is repeated that was not hit where it should be.
const tries = 12

// attack hits the scenario everywhere, in every way. With first it ends at the
// first violation.
func attack(s scenario, dir, binary string, first bool) (*tally, error) {
	t, err := rehearse(s, filepath.Join(dir, s.name), binary)
	if err != nil {
		return nil, err
	}
	hits := plan(t.clean)
	y := &tally{name: s.name, points: len(t.clean)}
	work := make(chan hit)
	var mu sync.Mutex
	var failure error
	var workers sync.WaitGroup
	for i := range runtime.GOMAXPROCS(0) {
		own := *t
		own.world.root = fmt.Sprint(t.world.root, i)
		workers.Go(func() {
			for h := range work {
				strays, found, err := own.aim(h)
				mu.Lock()
				y.runs, y.stray = y.runs+1+strays, y.stray+strays
				for _, v := range found {
					y.add(v, fmt.Sprintf("%v at %d %s", h.fault, h.at.Index, h.at.What))
				}
				if err != nil {
					failure = err
				}
				mu.Unlock()
			}
		})
	}
	for _, h := range hits {
		mu.Lock()
		stop := failure != nil || first && y.bad()
		mu.Unlock()
		if stop {
			break
		}
		work <- h
	}
	close(work)
	workers.Wait()
	return y, failure
}

// aim repeats a run until it was hit where it should be.
func (t *trial) aim(h hit) (strays int, found []violation, err error) {
	for i := range tries {
		at := h.at
		at.N += []int{0, 0, -1, 1}[i%4] // the runtime's own calls are not always as many
		onTarget, more, err := t.hit(h.fault, at)
		found = append(found, more...)
		if onTarget || err != nil {
			return strays, found, err
		}
		strays++
	}
	return strays, append(found, violation{wrong, "the run was never hit here"}), nil
}

// plan lists all hits of a run. Errors at calls that a run repeats again and
// again, as it does while it waits for a damaged file to become whole, are
// planned for the first and the last of them, unless CFGMERGE_POINTS is "all".
func plan(clean []Point) []hit {
	var hits []hit
	for _, p := range clean {
		for _, f := range Faults(p.Name) {
			if f.Kind == "KILL" || os.Getenv("CFGMERGE_POINTS") == "all" || !isRepeated(clean, p) {
				hits = append(hits, hit{f, p})
			}
		}
	}
	return hits
}

// isRepeated reports whether the same call has come before and comes again,
// with the lock in the same hands.
func isRepeated(clean []Point, p Point) bool {
	again := func(q Point) bool { return q.What == p.What && q.Locked == p.Locked }
	return slices.ContainsFunc(clean[:p.Index], again) && slices.ContainsFunc(clean[p.Index+1:], again)
}

func TestSaveIsHitEverywhere(t *testing.T) {
	needStrace(t)
	binary := build(t)
	for place, dir := range places(t) {
		for _, s := range scenarios() {
			t.Run(place+"/"+s.name, func(t *testing.T) {
				y, err := attack(s, dir, binary, false)
				if err != nil {
					t.Fatal(err)
				}
				y.report(t)
				t.Logf("%d points, %d runs, %d of them hit elsewhere", y.points, y.runs, y.stray)
			})
		}
	}
}
