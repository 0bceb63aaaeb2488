package lww

import (
	"cmp"
	"slices"
	"strings"
)

// Kind says how concurrent writes to a register are resolved. The order of
// the constants is the policy rank of SPEC.md section 3.4: when two replicas
// disagree about the policy of a field, the higher rank wins.
type Kind uint8

// The kinds, lowest rank first. The zero value, LWW, is what a field has that
// no policy names: the newest write wins.
const (
	LWW   Kind = iota // the newest write wins
	Group             // fields that only make sense together: one register for the tuple
	First             // the earliest write wins: made once, by whoever came first
	Max               // the greatest value wins
	Min               // the smallest value wins
	Set               // an array used as a set: one register per element
	Keyed             // an array of objects with an id: one register per element
	Token             // a rotating credential: a tuple ordered by era and generation
)

var kindNames = [...]string{"lww", "group", "first", "max", "min", "set", "keyed", "token"}

// String returns the kind's name as the block spells it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// ParseKind returns the kind that the block spells s.
func ParseKind(s string) (Kind, bool) {
	i := slices.Index(kindNames[:], s)
	return Kind(max(i, 0)), i >= 0
}

// Tuple reports whether registers of this kind hold the members of a group.
func (k Kind) Tuple() bool { return k == Group || k == Token }

// Elements reports whether arrays of this kind have a register for each
// element.
func (k Kind) Elements() bool { return k == Set || k == Keyed }

// Segment is one step of a Pattern: a key, or any key.
type Segment struct {
	Key string
	Any bool
}

// Pattern is a place in the document, with wildcards where a map's keys or an
// array's elements stand. The empty pattern is the root object.
type Pattern []Segment

// Matches reports whether path is a place that p describes.
func (p Pattern) Matches(path []string) bool {
	if len(p) != len(path) {
		return false
	}
	for i, s := range p {
		if !s.Any && s.Key != path[i] {
			return false
		}
	}
	return true
}

// Keys returns the segments of path at which p has a wildcard: what tells one
// instance of a group from another. The path must match.
func (p Pattern) Keys(path []string) []string {
	var keys []string
	for i, s := range p {
		if s.Any {
			keys = append(keys, path[i])
		}
	}
	return keys
}

// Path is the inverse of Keys: p with its wildcards filled in. Keys that are
// missing leave an empty segment.
func (p Pattern) Path(keys []string) []string {
	path := make([]string, len(p))
	for i, s := range p {
		switch {
		case !s.Any:
			path[i] = s.Key
		case len(keys) > 0:
			path[i], keys = keys[0], keys[1:]
		}
	}
	return path
}

func (p Pattern) compare(q Pattern) int {
	return slices.CompareFunc(p, q, func(a, b Segment) int {
		if a.Any != b.Any {
			if a.Any {
				return 1
			}
			return -1
		}
		return strings.Compare(a.Key, b.Key)
	})
}

// Policy is how one field, or one group of fields, is merged.
type Policy struct {
	Kind Kind
	// At is the field itself; for Group and Token it is the object that
	// holds the members.
	At Pattern
	// Members are the keys, directly below At, whose values make up the tuple
	// of a Group or Token, sorted. Nil for every other kind.
	Members []string
	// Access, Refresh, Expiry and Identity name the members that play these
	// roles in a Token. Empty: no member does.
	Access, Refresh, Expiry, Identity string
	// ExpiryForm is how the expiry is written: "rfc3339", "s" or "ms" (since
	// 1970). Empty: not known yet.
	ExpiryForm string
	// ID is the key that identifies an element of a Keyed array.
	ID string
	// Secret values are redacted wherever cfgmerge shows a value.
	Secret bool
	// Local values never leave the machine.
	Local bool
}

// Table holds the policies of a document by name. A group's name is the one
// its tags give it ([a-z][a-z0-9_-]*); the name of a single field's policy is
// FieldName of its pattern.
type Table map[string]Policy

// join is the union of two tables: for each name the policy of the higher
// rank, members and flags united. It is commutative, associative and
// idempotent, whatever the tables hold.
func (p Policy) join(q Policy) Policy {
	if p.compare(q) < 0 {
		p, q = q, p
	}
	members := append(slices.Clone(p.Members), q.Members...)
	slices.Sort(members)
	p.Members = slices.Clip(slices.Compact(members))
	if len(p.Members) == 0 {
		p.Members = nil
	}
	p.Secret = p.Secret || q.Secret
	p.Local = p.Local || q.Local
	return p
}

// equal compares joined policies.
func (p Policy) equal(q Policy) bool {
	return p.compare(q) == 0 && slices.Equal(p.Members, q.Members) && p.Secret == q.Secret && p.Local == q.Local
}

// compare orders policies by rank first; the rest only makes the order total
// over all that join does not unite.
func (p Policy) compare(q Policy) int {
	return cmp.Or(
		cmp.Compare(p.Kind, q.Kind),
		p.At.compare(q.At),
		strings.Compare(p.Access, q.Access),
		strings.Compare(p.Refresh, q.Refresh),
		strings.Compare(p.Expiry, q.Expiry),
		strings.Compare(p.Identity, q.Identity),
		strings.Compare(p.ExpiryForm, q.ExpiryForm),
		strings.Compare(p.ID, q.ID),
	)
}
