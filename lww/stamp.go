package lww

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Actor identifies a writing process: 40 random bits, drawn once per process
// and never stored for reuse. Copied home directories clone identifiers, so
// nothing relies on actors being unique.
type Actor uint64

// Foreign is the reserved actor of writes by programs that know nothing of
// cfgmerge: editors, old binaries, shell scripts.
const Foreign Actor = 0

// MaxActor is the greatest actor.
const MaxActor Actor = 1<<actorBits - 1

const (
	actorBits   = 40
	counterBits = 15
	milliBits   = 45
	epochBits   = 5

	maxCounter = 1<<counterBits - 1
	maxMillis  = 1<<milliBits - 1
	maxEpoch   = 1<<epochBits - 2 // 31, spelled z, is malformed

	// stampLen is the length of a stamp's text: 5 bits a character.
	stampLen = (epochBits + milliBits + counterBits + actorBits) / 5
)

// Stamp is a hybrid logical clock reading: epoch, milliseconds since 1970,
// counter, actor, compared in this order. The zero Stamp is older than every
// other; imports carry it.
//
// The clock is the one of Kulkarni et al., "Logical Physical Clocks" (2014),
// with two differences: a document keeps no clock state besides its registers,
// so that a stamp is the successor of the registers it supersedes and of no
// others; and an epoch comes first, so that a person can overrule poisoned
// stamps.
type Stamp struct {
	hi uint64 // epoch, milliseconds
	lo uint64 // counter, actor
}

// NewStamp returns the stamp with the given parts. Parts out of range are
// clamped to the nearest valid one.
func NewStamp(epoch int, millis int64, counter int, actor Actor) Stamp {
	e := uint64(min(max(epoch, 0), maxEpoch))
	ms := uint64(min(max(millis, 0), maxMillis))
	c := uint64(min(max(counter, 0), maxCounter))
	return Stamp{hi: e<<milliBits | ms, lo: c<<actorBits | uint64(min(actor, MaxActor))}
}

// Epoch returns the epoch: 0 unless a repair raised it, 30 at most.
func (s Stamp) Epoch() int { return int(s.hi >> milliBits) }

// Millis returns the milliseconds since 1970.
func (s Stamp) Millis() int64 { return int64(s.hi & maxMillis) }

// Counter tells apart what was written within a millisecond.
func (s Stamp) Counter() int { return int(s.lo >> actorBits) }

// Actor returns the process that wrote, or Foreign.
func (s Stamp) Actor() Actor { return Actor(s.lo & uint64(MaxActor)) }

// Time returns the stamp's wall clock time.
func (s Stamp) Time() time.Time { return time.UnixMilli(s.Millis()) }

// IsZero reports whether s is the stamp of imports.
func (s Stamp) IsZero() bool { return s == Stamp{} }

// Compare returns -1, 0 or 1. It agrees with comparing the stamps' texts.
func (s Stamp) Compare(t Stamp) int {
	return cmp.Or(cmp.Compare(s.hi, t.hi), cmp.Compare(s.lo, t.lo))
}

// Less reports whether s is older than t.
func (s Stamp) Less(t Stamp) bool { return s.Compare(t) < 0 }

// Next returns the successor of s for a write by actor: the least stamp of
// that actor with a higher counter, which carries into the milliseconds and
// these into the epoch. The successor of the very last stamp is itself.
func (s Stamp) Next(actor Actor) Stamp {
	switch {
	case s.Counter() < maxCounter:
		return NewStamp(s.Epoch(), s.Millis(), s.Counter()+1, actor)
	case s.Millis() < maxMillis:
		return NewStamp(s.Epoch(), s.Millis()+1, 0, actor)
	case s.Epoch() < maxEpoch:
		return NewStamp(s.Epoch()+1, 0, 0, actor)
	}
	return s
}

// later returns the greater of two stamps.
func later(s, t Stamp) Stamp {
	if s.Less(t) {
		return t
	}
	return s
}

const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

// String returns the 21 characters that a file spells s with: 1 for the epoch,
// 9 for the milliseconds, 3 for the counter, 8 for the actor.
func (s Stamp) String() string {
	var b [stampLen]byte
	hi, lo := s.hi, s.lo
	for i := stampLen - 1; i >= 10; i-- {
		b[i], lo = crockford[lo&31], lo>>5
	}
	for i := 9; i >= 0; i-- {
		b[i], hi = crockford[hi&31], hi>>5
	}
	return string(b[:])
}

// String returns the 8 characters that a stamp ends with.
func (a Actor) String() string { return NewStamp(0, 0, 0, a).String()[stampLen-8:] }

// ParseStamp reads the text form. Only the canonical, lower-case spelling is a
// stamp; epoch z is none.
func ParseStamp(text string) (Stamp, error) {
	if len(text) != stampLen {
		return Stamp{}, fmt.Errorf("stamp has %d characters, not %d", len(text), stampLen)
	}
	var s Stamp
	for i := range stampLen {
		digit := strings.IndexByte(crockford, text[i])
		switch {
		case digit < 0:
			return Stamp{}, fmt.Errorf("stamp has a character at %d that is not lower-case Crockford base32", i)
		case i == 0 && digit > maxEpoch:
			return Stamp{}, fmt.Errorf("stamp has the epoch z, which is reserved")
		case i < 10:
			s.hi = s.hi<<5 | uint64(digit)
		default:
			s.lo = s.lo<<5 | uint64(digit)
		}
	}
	return s, nil
}

// Writer is who writes and when: the only things that a write needs besides
// the document. Now is the wall clock; a clock that is wrong costs nothing but
// the meaning of the times shown by blame.
type Writer struct {
	Actor Actor
	Now   time.Time
	// Over is a stamp that the write supersedes besides those that the
	// document holds: that of a value which an edit by hand has overwritten.
	Over Stamp
}

// after returns the stamp of a write by w that supersedes bound: the clock if
// it is ahead of bound, else bound's successor. Foreign writers have no clock,
// so that every device gives their edits the same stamp.
func (w Writer) after(bound Stamp) Stamp {
	if w.Actor != Foreign {
		if s := NewStamp(bound.Epoch(), w.Now.UnixMilli(), 0, w.Actor); bound.Less(s) {
			return s
		}
	}
	return bound.Next(w.Actor)
}

// Future reports whether s is more than skew ahead of now. Such stamps are
// merged like any other and never refused here: a merge that reads a clock is
// no lattice operation. They are refused at the door, and check flags them.
func (s Stamp) Future(now time.Time, skew time.Duration) bool {
	return s.Time().Sub(now) > skew
}
