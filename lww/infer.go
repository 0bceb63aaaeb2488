package lww

import (
	"cmp"
	"math"
	"slices"
)

// A program that drops the block rewrites the whole file from what it had
// loaded, perhaps long ago, with a few fields changed. Which state it had
// loaded is inferred from the values that it wrote: the historical state from
// which the fewest leaves differ, the newest of several. What agrees with that
// state the program did not change, however old it is by now.
//
// Leaves don't count alike. That a program set a switch to a value that it had
// before is likely enough; that it made up a token which happens to be an old
// one is not. So a leaf that differs counts by how rarely the file's value
// recurs in the leaf's history, and one whose value was never seen counts
// nothing: it differs from every state. And since programs that write have
// mostly changed something, a state that explains the file without any change
// counts as if a switch differed from it.
//
// Not only our own states can have been loaded. A file that was rewritten from an
// old copy showed that copy's values until the next save, and its writer goes on
// to have them. So a leaf also had, at that step, the value that the file showed.

const (
	// unique is the weight of a value that the leaf had only once.
	unique = 192
	// recurring is the weight of a value that it always had.
	recurring = 12
	// idle is the weight of a rewrite that changed nothing.
	idle = 110
	// aging is the weight of each save since the state was loaded, and maxAge
	// the number of saves from which on it makes no difference.
	aging  = 6
	maxAge = 24
)

// witness is a leaf of the rewritten file, or a group, that we know too.
type witness struct {
	key    string
	digest string // of the file's value
	now    string // of ours
	past   []Superseded
}

// span is the part of a witness's history in which it had one value.
type span struct {
	from uint64
	same bool // the value is the file's
}

// spans returns the versions that were ours, oldest first.
func (w witness) spans() []span {
	var out []span
	ours := w.ours()
	from := uint64(0)
	for i, v := range ours {
		if i > 0 || len(ours) < historyDepth { // else it only says when the next one began
			out = append(out, span{from, v.digest() == w.digest})
		}
		from = v.until()
	}
	return append(out, span{from, w.now == w.digest})
}

func (w witness) ours() []Superseded {
	if !slices.ContainsFunc(w.past, Superseded.shown) {
		return w.past
	}
	return slices.DeleteFunc(slices.Clone(w.past), Superseded.shown)
}

// shownAt returns the steps at which files showed the value.
func (w witness) shownAt() []uint64 {
	var out []uint64
	for _, v := range w.past {
		if v.shown() && v.digest() == w.digest {
			out = append(out, v.until())
		}
	}
	return out
}

// since is when the present value came.
func (w witness) since() uint64 {
	if ours := w.ours(); len(ours) > 0 {
		return ours[len(ours)-1].until()
	}
	return 0
}

// inferBase returns the time of the state that the program had loaded. Changed
// says that the file has leaves which are not among the witnesses.
func inferBase(witnesses []witness, changed bool) uint64 {
	var events []event
	explained := 0 // the distance of a state that explains everything
	for _, w := range witnesses {
		spans, shown := w.spans(), w.shownAt()
		weight := rarity(spans, len(shown) > 0)
		changed = changed || weight == 0
		explained -= weight
		events = appendEvents(events, spans, weight)
		for _, step := range shown {
			if !sameAt(spans, step) {
				events = append(events, event{step, -weight}, event{step + 1, weight})
			}
		}
	}
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(b.at, a.at) })
	// From the newest state backwards: the distance of the newest is what all
	// events together make.
	distance, best, age := 0, math.MaxInt, 0
	for _, e := range events {
		distance += e.delta
	}
	base := uint64(0)
	end := uint64(math.MaxUint64) // of the time in which the distance was this
	for i, e := range events {
		if i == 0 || events[i-1].at != e.at {
			d := distance + aging*min(age, maxAge)
			if distance == explained && !changed {
				d += idle
			}
			if d < best {
				best, base = d, end
			}
			age++
			end = e.at - 1
		}
		distance -= e.delta
	}
	return base
}

// event is a change of the distance between the file and the historical state.
type event struct {
	at    uint64
	delta int
}

// appendEvents appends how a witness's part in the distance changes over time.
func appendEvents(dst []event, spans []span, weight int) []event {
	same := false
	for _, s := range spans {
		e := event{at: s.from}
		if s.same && !same {
			e.delta = -weight
		}
		if !s.same && same {
			e.delta = weight
		}
		same = s.same
		dst = append(dst, e)
	}
	return dst
}

// rarity is the weight of the file's value.
func rarity(spans []span, shown bool) int {
	hits := 0
	for _, s := range spans {
		if s.same {
			hits++
		}
	}
	switch {
	case hits == 0 && !shown:
		return 0
	case hits <= 1:
		return unique
	}
	return recurring * len(spans) / hits
}

// sameAt reports whether ours had the file's value at the step.
func sameAt(spans []span, step uint64) bool {
	same := false
	for _, s := range spans {
		if s.from <= step {
			same = s.same
		}
	}
	return same
}

// verdict says what a witness's value is, given the base.
type verdict uint8

const (
	edited   verdict = iota // it differs from the base: the program changed it
	stale                   // the program had it, and did not change it
	unproven                // the history does not reach the base
)

func (w witness) judge(base uint64) verdict {
	shown := w.shownAt()
	if slices.Contains(shown, base) {
		return stale
	}
	spans := w.spans()
	v := unproven // unless a span reaches back to the base
	for _, s := range spans {
		switch {
		case s.from > base:
		case s.same:
			v = stale
		default:
			v = edited
		}
	}
	if had := len(shown) > 0 || slices.ContainsFunc(spans, func(s span) bool { return s.same }); v == unproven && had {
		return stale
	}
	return v
}
