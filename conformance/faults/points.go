package faults

import (
	"fmt"
	"slices"
	"strings"
)

// Point is a place at which a run can be hit: one system call that touches the
// files in question.
type Point struct {
	Call
	// Index counts the points of a run, from 0.
	Index int
	// What names the call without what differs from run to run.
	What string
	// Locked: the run holds the lock of the state folder when the call
	// returns.
	Locked bool
}

// Points are the calls of a trace that touch what lies below dir, in their
// order. The rest is the Go runtime's business: threads, memory, events.
func Points(calls []Call, dir string) []Point {
	var points []Point
	locked := false
	for _, c := range calls {
		if !strings.Contains(c.Args, dir) || isElsewhere(c) {
			continue
		}
		if c.Name == "flock" && !c.Failed() {
			locked = !strings.Contains(c.Args, "LOCK_UN")
		}
		points = append(points, Point{Call: c, Index: len(points), What: what(c, dir), Locked: locked})
	}
	return points
}

// isElsewhere tells calls that name a file and touch none.
func isElsewhere(c Call) bool { return c.Name == "execve" || c.Name == "epoll_ctl" }

// Fault is what happens to a run at a point.
type Fault struct {
	// Kind is KILL, STOP or the name of an error, like ENOSPC.
	Kind string
	// Lasting: the error comes back at all later calls of the same name.
	Lasting bool
}

// Faults are the ways in which a run is hit at a call: killed, and with each
// error once and for good.
func Faults(call string) []Fault {
	faults := []Fault{{Kind: "KILL"}}
	for _, errno := range errnos(call) {
		faults = append(faults, Fault{errno, false}, Fault{errno, true})
	}
	return faults
}

func errnos(call string) []string {
	names := []string{"ENOSPC", "EDQUOT", "EIO", "EROFS", "EACCES", "EINTR", "EMFILE"}
	if call == "flock" || call == "fcntl" {
		names = append(names, "ENOLCK")
	}
	return names
}

func (f Fault) String() string {
	if f.Lasting {
		return f.Kind + " for good"
	}
	return f.Kind
}

// interruptions is how often a lasting EINTR comes back. A call that is
// interrupted for ever is repeated for ever, as POSIX wants it.
const interruptions = 20

// Injection is the option by which strace does this at the point.
func (f Fault) Injection(p Point) string {
	switch {
	case f.Kind == "KILL" || f.Kind == "STOP":
		return fmt.Sprintf("--inject=%s:signal=%s:when=%d", p.Name, f.Kind, p.N)
	case f.Lasting && f.Kind == "EINTR":
		return fmt.Sprintf("--inject=%s:error=%s:when=%d..%d", p.Name, f.Kind, p.N, p.N+interruptions)
	case f.Lasting:
		return fmt.Sprintf("--inject=%s:error=%s:when=%d+", p.Name, f.Kind, p.N)
	}
	return fmt.Sprintf("--inject=%s:error=%s:when=%d", p.Name, f.Kind, p.N)
}

// Hit reports whether a run was hit where it should be: strace counts by
// thread, and a run may have done its work on another thread than the clean
// one. A call at which the run was killed may be missing from its trace.
func (f Fault) Hit(clean []Point, at Point, run []Point) bool {
	before := at.Index
	switch f.Kind {
	case "KILL":
		if len(run) > at.Index+1 {
			return false
		}
	case "STOP":
		if len(run) != at.Index+1 {
			return false
		}
	default:
		hit := slices.IndexFunc(run, func(p Point) bool { return p.Injected() })
		if hit != at.Index || run[hit].What != at.What {
			return false
		}
	}
	return len(run) >= before && slices.EqualFunc(run[:before], clean[:before], func(a, b Point) bool { return a.What == b.What })
}

// Landed is the index of the point at which a run was hit, wherever it should
// have been; -1 if the run was not like the clean one up to there.
func (f Fault) Landed(clean, run []Point) int {
	at := len(run) - 1
	if f.Kind != "KILL" && f.Kind != "STOP" {
		at = slices.IndexFunc(run, func(p Point) bool { return p.Injected() })
	}
	if at < 0 || at >= len(clean) || !slices.EqualFunc(run[:at+1], clean[:at+1], func(a, b Point) bool { return a.What == b.What }) {
		return -1
	}
	return at
}
