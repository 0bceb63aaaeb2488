package lww

import "slices"

// A program that drops the block rewrites the whole file from what it had
// loaded, perhaps long ago, with a few fields changed. Which state it had
// loaded is inferred from the values that it wrote: the historical state from
// which the fewest leaves differ, the newest of several. What agrees with that
// state the program did not change, however old it is by now.

// witness is a leaf of the rewritten file, or a group, that we know too.
type witness struct {
	key    string
	digest string // of the file's value
	now    Superseded
	past   []Superseded
}

// span is the part of a witness's history in which it had one value.
type span struct {
	from Stamp
	same bool // the value is the file's
}

// spans returns the witness's history, oldest first. Before the first span the
// leaf did not exist, or nothing is remembered of it.
func (w witness) spans() []span {
	var out []span
	for _, v := range append(slices.Clone(w.past), w.now) {
		out = append(out, span{v.stamp(), v.digest() == w.digest})
	}
	slices.SortStableFunc(out, func(a, b span) int { return a.from.Compare(b.from) })
	return out
}

// inferBase returns the time of the state that the program had loaded.
func inferBase(witnesses []witness) Stamp {
	type event struct {
		at    Stamp
		delta int // of the number of leaves that differ
	}
	var events []event
	for _, w := range witnesses {
		differed := true
		for _, s := range w.spans() {
			switch {
			case s.same && differed:
				events = append(events, event{s.from, -1})
			case !s.same && !differed:
				events = append(events, event{s.from, +1})
			default:
				events = append(events, event{s.from, 0})
			}
			differed = !s.same
		}
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	differing, best, base := len(witnesses), len(witnesses)+1, Stamp{}
	for i, e := range events {
		differing += e.delta
		if last := i+1 == len(events) || events[i+1].at != e.at; last && differing <= best {
			best, base = differing, e.at
		}
	}
	return base
}

// verdict says what a witness's value is, given the base.
type verdict uint8

const (
	edited   verdict = iota // it differs from the base: the program changed it
	stale                   // the program had it, and did not change it
	unproven                // the history does not reach the base
)

func (w witness) judge(base Stamp) verdict {
	spans := w.spans()
	i, _ := slices.BinarySearchFunc(spans, base, func(s span, at Stamp) int {
		if at.Less(s.from) {
			return 1
		}
		return -1
	})
	switch {
	case i > 0 && spans[i-1].same:
		return stale
	case i == 0 && len(w.past) >= historyDepth:
		return unproven
	}
	return edited
}
