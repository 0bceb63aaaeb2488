//go:build faults && linux

package fosite

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/cfgmerge/cfgmerge/conformance/faults"
)

// hit is a fault at one call of a refresh.
type hit struct {
	part  string
	fault faults.Fault
	at    faults.Point
}

func (h hit) String() string { return fmt.Sprintf("%d %v", h.at.Index, h.fault) }

// errnos are those that the calls of a part can end with: the ones with which
// conformance/faults attacks a save, and those of networks.
func errnos(part string) []string {
	if part == onFiles {
		return []string{"EIO", "ENOSPC", "EACCES", "EDQUOT", "EROFS", "EMFILE", "EINTR"}
	}
	return []string{"ECONNRESET", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH", "EPIPE", "EMFILE"}
}

// errorsAt lists all errors at all points, once and for good.
func errorsAt(part string, points []faults.Point) (hits []hit) {
	for _, p := range points {
		for _, errno := range errnos(part) {
			hits = append(hits, hit{part, faults.Fault{Kind: errno}, p}, hit{part, faults.Fault{Kind: errno, Lasting: true}, p})
		}
	}
	return hits
}

// sample is what is attacked at every commit: some of all, in each of the ways.
// With CFGMERGE_POINTS=all it is all of it.
func sample[T any](all []T, stride int) (some []T) {
	if os.Getenv("CFGMERGE_POINTS") == "all" {
		return all
	}
	for i := stride / 2; i < len(all); i += stride {
		some = append(some, all[i])
	}
	return some
}

// tally is what an attack has done.
type tally struct {
	mu       sync.Mutex
	runs     int
	strays   int            // runs that were hit elsewhere; they are judged, too
	missed   int            // hits for which no run was on target
	outcomes map[string]int // of runs
}

func (y *tally) add(outcome string, onTarget bool) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.runs++
	if !onTarget {
		y.strays++
	}
	if y.outcomes == nil {
		y.outcomes = map[string]int{}
	}
	y.outcomes[outcome]++
}

// miss notes what no run was hit at: the machine was too busy to do twice the
// same.
func (y *tally) miss(t *testing.T, h hit) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.missed++
	t.Logf("never hit at %s", h.at.What)
}

// wantHits: an attack that misses says nothing.
func (y *tally) wantHits(t *testing.T, part string, planned int) {
	t.Helper()
	if y.missed*20 > planned {
		t.Errorf("%s: %d of %d hits missed", part, y.missed, planned)
	}
}

func TestAnErrorAtEverySystemCallOfARefreshLosesNoAnswer(t *testing.T) {
	needStrace(t)
	for part, stride := range map[string]int{onFiles: 47, onConnections: 13} {
		clean := newTarget(t, part).rehearse(t)
		points := clean.points(part)
		hits := sample(errorsAt(part, points), stride)
		var y tally
		t.Run(part, func(t *testing.T) {
			for _, h := range hits {
				t.Run(h.String(), func(t *testing.T) {
					t.Parallel()
					aim(t, h, clean, &y)
				})
			}
		})
		t.Logf("%s: %d points, %d runs, %d of them hit elsewhere, %d hits missed: %v", part, len(points), y.runs, y.strays, y.missed, y.outcomes)
		y.wantHits(t, part, len(hits))
	}
}

// tries is how often a run is repeated that was not hit where it should be.
const tries = 12

// aim repeats a run until it was hit where it should be.
func aim(t *testing.T, h hit, clean *run, y *tally) {
	for i := range tries {
		at := h.at
		at.N = max(1, at.N+[]int{0, 0, -1, 1}[i%4]) // the runtime's own calls are not always as many
		s := newTarget(t, h.part)
		r := s.trace(t, "--seccomp-bpf", h.fault.Injection(at))
		onTarget := h.isOn(clean, r)
		y.add(s.verdict(t, r), onTarget)
		if onTarget || t.Failed() {
			if t.Failed() {
				t.Logf("hit at %s: %s", h.at.What, r.Error)
			}
			return
		}
	}
	y.miss(t, h)
}

// isOn reports whether the run was hit where it should be. What a connection
// does has no fixed order: there the same call will do.
func (h hit) isOn(clean, r *run) bool {
	points := r.points(h.part)
	if h.part == onFiles {
		return h.fault.Hit(clean.points(h.part), h.at, points)
	}
	first := slices.IndexFunc(points, func(p faults.Point) bool { return p.Injected() })
	return first >= 0 && points[first].What == h.at.What
}
