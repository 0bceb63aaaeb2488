package lww

import (
	"cmp"
	"strings"
	"time"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// Register is one mergeable value: a leaf, or the tuple of a group.
type Register struct {
	// Policy is the kind whose rules the register was written under.
	Policy Kind
	// Dead marks a tombstone: the value was deleted.
	Dead bool
	// ID is the key that tells the elements of a Keyed array apart. Empty for
	// every other kind, and for the elements themselves.
	ID string
	// Stamp is when and by whom it was written.
	Stamp Stamp
	// Era is the stamp of the reset that began it: a login, a logout, an
	// unset. Zero at first, and always for LWW, Group, and elements of arrays.
	Era Stamp
	// Gen counts the rotations of a Token within its era, up to maxGen.
	Gen uint64
	// Spent are the digests of the last secrets that a Token has superseded,
	// newest first, one after the other: by them a copy of the file that has no
	// state folder knows a token that is put back.
	Spent string
	// Value is the JSON text of the value as it stands in the file, of the
	// tuple as an object of the members that are present, or of the order of a
	// Set or Keyed array as the array of its elements' keys. Empty if Dead.
	Value string
}

// maxGen is the greatest generation. Programs that take numbers for float64, as
// every browser does, read it exactly.
const maxGen = 1<<53 - 1

// normal returns r without the parts that its policy has no use for, and with
// the members of an object sorted.
func (r Register) normal() Register {
	if r.Policy != Token {
		r.Gen, r.Spent = 0, ""
	}
	r.Spent = tidySpent(r.Spent)
	if r.Policy != Keyed {
		r.ID = ""
	}
	switch r.Policy {
	case LWW, Group:
		r.Era = Stamp{}
	case Set, Keyed:
		r.Value = r.rule().tidy(r.Value)
	}
	switch {
	case r.Dead:
		r.Value = ""
	case isObject(r.Value):
		r.Value = viewOfRaw(r.Value).JSON()
	}
	return r
}

func isObject(raw string) bool { return raw != "" && raw[0] == '{' }

// Compare orders registers totally: by policy rank, epoch, era, the policy's
// own key, the rest of the stamp, standing of the value, canonical value,
// literal, and spent secrets. The last ones make replicas converge even when
// cloned actors wrote different values under one stamp. Arrays whose elements merge go by the key
// that tells these apart before, and not by the epoch: what an era hides must
// stay hidden.
func (r Register) Compare(s Register) int {
	if r == s {
		return 0
	}
	return cmp.Or(
		cmp.Compare(r.Policy, s.Policy),
		strings.Compare(r.ID, s.ID),
		r.compareEpoch(s),
		r.Era.Compare(s.Era),
		r.compareKey(s),
		r.Stamp.Compare(s.Stamp),
		cmp.Compare(r.standing(), s.standing()),
		compareText(r.Value, s.Value),
		cmp.Compare(len(r.Spent), len(s.Spent)),
		strings.Compare(r.Spent, s.Spent),
	)
}

// The standing of a value among those of one stamp. An empty object stands above
// the tombstone, because in files a tombstone also stands for a value that does
// not show, and the object would show where that does not. An empty tuple stands
// below all others, because it may stand for one that was lost.
const (
	emptyTuple = iota
	someValue
	deadValue
	emptyValue
)

func (r Register) standing() int {
	switch {
	case r.Dead:
		return deadValue
	case r.Value == "{}" && r.Policy == LWW:
		return emptyValue
	case r.Value == "{}" && r.Policy.Tuple():
		return emptyTuple
	}
	return someValue
}

func (r Register) compareEpoch(s Register) int {
	if r.Policy.Elements() {
		return 0
	}
	return cmp.Compare(r.Stamp.Epoch(), s.Stamp.Epoch())
}

// compareText orders JSON texts by their canonical form, then by their bytes.
// A tombstone's empty text equals itself only.
func compareText(a, b string) int {
	if a == b || a == "" || b == "" {
		return strings.Compare(a, b)
	}
	return cmp.Or(
		strings.Compare(strictjson.Canonical(a), strictjson.Canonical(b)),
		strings.Compare(a, b),
	)
}

// compareKey compares by the policy's own key, if it is the same policy.
func (r Register) compareKey(s Register) int {
	if r.Policy != s.Policy {
		return 0
	}
	switch r.Policy {
	case Token:
		return cmp.Compare(r.Gen, s.Gen)
	case First:
		if r.Dead || s.Dead {
			return compareBool(!r.Dead, !s.Dead)
		}
		return s.Stamp.Compare(r.Stamp)
	case Max:
		return cmp.Or(compareBool(!r.Dead, !s.Dead), compareValues(r, s))
	case Min:
		return cmp.Or(compareBool(!r.Dead, !s.Dead), -compareValues(r, s))
	}
	return 0
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// compareValues orders by what is said, not by how it is spelled: first by
// class, then within it.
func compareValues(r, s Register) int {
	if r.Dead || s.Dead {
		return 0 // one of them alone was decided before
	}
	a, b := rankValue(r.Value), rankValue(s.Value)
	if c := cmp.Compare(a.class, b.class); c != 0 {
		return c
	}
	switch a.class {
	case numberClass:
		return strictjson.CompareNumbers(r.Value, s.Value)
	case timeClass:
		return a.time.Compare(b.time)
	}
	return strings.Compare(a.text, b.text)
}

const (
	nullClass = iota
	falseClass
	trueClass
	numberClass
	timeClass
	stringClass
	arrayClass
	objectClass
)

type ranked struct {
	class int
	time  time.Time
	text  string
}

func rankValue(raw string) ranked {
	canonical := strictjson.Canonical(raw)
	switch canonical[0] {
	case 'n':
		return ranked{class: nullClass}
	case 'f':
		return ranked{class: falseClass}
	case 't':
		return ranked{class: trueClass}
	case '[':
		return ranked{class: arrayClass, text: canonical}
	case '{':
		return ranked{class: objectClass, text: canonical}
	case '"':
		if t, ok := parseTime(canonical[1 : len(canonical)-1]); ok {
			return ranked{class: timeClass, time: t}
		}
		return ranked{class: stringClass, text: canonical}
	}
	return ranked{class: numberClass}
}

// isTime reports whether text has the form that time.Parse only takes for a hint:
// it also reads hours of one digit, a comma before the fraction and offsets of a
// day. A regular expression would be compiled at the start of each program that
// imports this package.
func isTime(text string) bool {
	const form = "0000-00-00T00:00:00"
	if len(text) <= len(form) || !hasForm(text[:len(form)], form) {
		return false
	}
	offset := text[len(form):]
	if offset[0] == '.' {
		fraction := offset[1:]
		if offset = strings.TrimLeft(fraction, "0123456789"); offset == fraction {
			return false
		}
	}
	return offset == "Z" || len(offset) == len("+00:00") && (offset[0] == '+' || offset[0] == '-') &&
		hasForm(offset[1:], "00:00") && offset[1:3] <= "23" && offset[4:] <= "59"
}

// hasForm reports whether text is the form, of the same length, with any digits in
// the place of its zeros.
func hasForm(text, form string) bool {
	for i := range len(form) {
		if c := text[i]; form[i] == '0' && (c < '0' || c > '9') || form[i] != '0' && c != form[i] {
			return false
		}
	}
	return true
}

func parseTime(text string) (time.Time, bool) {
	if !isTime(text) {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	return t, err == nil
}
