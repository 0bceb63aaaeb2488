package schema

import (
	"slices"

	"github.com/cfgmerge/cfgmerge/lww"
)

// Valid says whether a table is one that declarations make: a program may have
// put one together itself. The error is a [*BuildError], which names the policy.
func Valid(table lww.Table) error {
	for name, p := range table {
		if reason := invalid(name, p); reason != "" {
			return &BuildError{name, reason}
		}
	}
	return nil
}

func invalid(name string, p lww.Policy) (reason string) {
	switch tuple := p.Kind.Tuple(); {
	case p.Kind.String() == "unknown":
		return "there is no such kind"
	case tuple && !groupName(name):
		return "the name of a group begins with a lower-case letter and goes on with those, digits, _ and -"
	case tuple && (len(p.Members) == 0 || !slices.IsSorted(p.Members)):
		return "the members of a group are a sorted list, and not empty"
	case !tuple && (len(p.At) == 0 || name != lww.FieldName(p.At)):
		return "the policy of a field stands under the field's name"
	case (p.Kind == lww.Keyed) != (p.ID != ""):
		return "an ID and the kind keyed belong together"
	}
	for _, role := range []string{p.Access, p.Refresh, p.Expiry, p.Identity} {
		if role != "" && (p.Kind != lww.Token || !slices.Contains(p.Members, role)) {
			return "a role is played by a member of a token"
		}
	}
	return ""
}
