//go:build faults && linux

package faults

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
)

// hit is one run that is to be made.
type hit struct {
	fault Fault
	at    Point
}

// The ways in which runs are hit, as tallies call them.
const (
	killed     = "killed"
	failedOnce = "refused once"
	failing    = "refused for good"
)

func (h hit) way() string {
	switch {
	case h.fault.Kind == "KILL":
		return killed
	case h.fault.Lasting:
		return failing
	}
	return failedOnce
}

// A run that was not hit where it should be is repeated: the less often if the
// same call comes before and after, too, since it does not matter then which of
// them is hit.
const (
	tries         = 24
	triesRepeated = 6
)

// attack makes the hits that pick allows, and counts them by their ways.
func attack(s scenario, dir, binary string, pick func(hit) bool) (map[string]*tally, error) {
	t, err := rehearse(s, filepath.Join(dir, s.name), binary)
	if err != nil {
		return nil, err
	}
	b := &barrage{clean: t.clean, found: map[string]*tally{}, reached: map[Fault]map[int]bool{}}
	for _, way := range []string{killed, failedOnce, failing} {
		b.found[way] = &tally{name: s.name, points: len(t.clean)}
	}
	hits := plan(t.clean, pick)
	workers := runtime.GOMAXPROCS(0)
	if s.damaged != nil {
		workers *= 16 // a run waits for the file to become whole
	}
	err = inParallel(workers, slices.Values(hits), func(worker int) func(hit) error {
		own := *t
		own.world.root = fmt.Sprint(t.world.root, worker)
		return func(h hit) error { return b.make(&own, h) }
	})
	for _, h := range hits {
		if err == nil && !b.isMade(h) {
			err = b.make(t, h) // alone, and so more like the clean run
		}
	}
	b.countMisses(hits)
	return b.found, err
}

// barrage is many hits, and what they did and found, by their ways.
type barrage struct {
	clean   []Point
	mu      sync.Mutex // guards what follows
	found   map[string]*tally
	reached map[Fault]map[int]bool // the points that were hit, by index
}

func (b *barrage) make(t *trial, h hit) error {
	landed, wrongs, err := t.aim(h)
	b.mu.Lock()
	defer b.mu.Unlock()
	y := b.found[h.way()]
	y.runs += len(landed)
	if b.reached[h.fault] == nil {
		b.reached[h.fault] = map[int]bool{}
	}
	for _, i := range landed {
		b.reached[h.fault][i] = true
	}
	for _, v := range wrongs {
		y.add(v, h.String())
	}
	return err
}

func (b *barrage) countMisses(hits []hit) {
	for _, h := range hits {
		y := b.found[h.way()]
		y.hits++
		if b.reached[h.fault][h.at.Index] {
			continue
		}
		y.missed++
		if !b.isMade(h) {
			y.untried = append(y.untried, h.String())
		}
	}
}

// isMade reports whether the fault has hit the call, there or at another place: a
// run that waits makes some calls again and again.
func (b *barrage) isMade(h hit) bool {
	return slices.ContainsFunc(b.clean, func(p Point) bool { return b.reached[h.fault][p.Index] && alike(p, h.at) })
}

func (h hit) String() string { return fmt.Sprintf("%v at %d %s", h.fault, h.at.Index, h.at.What) }

// misses says which hits could not be made.
func (y *tally) misses() string {
	return fmt.Sprintf("%d of %d hits not made, %d of these at calls that were hit nowhere else: %q",
		y.missed, y.hits, len(y.untried), y.untried)
}

// alike reports whether two calls are the same, with the lock in the same hands.
func alike(p, q Point) bool { return p.What == q.What && p.Locked == q.Locked }

// inParallel has workers do all work, up to the first error.
func inParallel[T any](workers int, work iter.Seq[T], worker func(number int) func(T) error) error {
	todo, failed := make(chan T), make(chan error, workers)
	var group sync.WaitGroup
	for i := range workers {
		do := worker(i)
		group.Go(func() {
			for w := range todo {
				if err := do(w); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	err := feed(todo, failed, work)
	close(todo)
	group.Wait()
	close(failed)
	return errors.Join(err, <-failed)
}

func feed[T any](todo chan<- T, failed <-chan error, work iter.Seq[T]) error {
	for w := range work {
		select {
		case todo <- w:
		case err := <-failed:
			return err
		}
	}
	return nil
}

// aim repeats a run until it was hit where it should be, or gives up. It returns
// where each run was hit.
func (t *trial) aim(h hit) (landed []int, found []violation, err error) {
	most := tries
	if isRepeated(t.clean, h.at) {
		most = triesRepeated
	}
	for i := range most {
		at, counts := h.at, t.counts[h.at.Index]
		at.N = counts[i%len(counts)] + []int{0, 0, -1, 1}[i/len(counts)%4] // the runtime's own calls are not always as many
		run, more, err := t.hit(h.fault, at)
		found = append(found, more...)
		if err != nil || h.fault.Hit(t.clean, h.at, run) {
			return append(landed, h.at.Index), found, err
		}
		landed = append(landed, h.fault.Landed(t.clean, run))
	}
	return landed, found, nil
}

// plan lists the hits of a run. Of calls that change nothing and that a run
// repeats again and again, as it does while it waits for a damaged file to become
// whole, it has the first and the last, unless CFGMERGE_POINTS is "all".
func plan(clean []Point, pick func(hit) bool) []hit {
	var hits []hit
	for _, p := range clean {
		if !allPoints() && !changes(p) && isRepeated(clean, p) {
			continue
		}
		for _, f := range Faults(p.Name) {
			if h := (hit{f, p}); pick(h) {
				hits = append(hits, h)
			}
		}
	}
	return hits
}

func allPoints() bool { return os.Getenv("CFGMERGE_POINTS") == "all" }

func every(hit) bool { return true }

// isRepeated reports whether the same call has come before and comes again,
// with the lock in the same hands.
func isRepeated(clean []Point, p Point) bool {
	again := func(q Point) bool { return alike(p, q) }
	return slices.ContainsFunc(clean[:p.Index], again) && slices.ContainsFunc(clean[p.Index+1:], again)
}

func TestSaveIsHitEverywhere(t *testing.T) {
	needStrace(t)
	binary := build(t)
	for place, dir := range places(t) {
		for _, s := range scenarios() {
			t.Run(place+"/"+s.name, func(t *testing.T) {
				found, err := attack(s, dir, binary, every)
				if err != nil {
					t.Fatal(err)
				}
				for way, y := range found {
					y.report(t)
					t.Logf("%s: %d points, %d runs; %s", way, y.points, y.runs, y.misses())
				}
			})
		}
	}
}
