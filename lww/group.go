package lww

import (
	"cmp"
	"slices"
	"strings"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// FieldName is the name under which a Table holds the policy of the single
// field at p: its JSON Pointer, or, where p has wildcards, the compact JSON of
// the pattern with null for each. Neither can be a group's name.
func FieldName(p Pattern) string {
	for _, s := range p {
		if s.Any {
			return string(appendPattern(nil, p))
		}
	}
	return pointer(p.Path(nil))
}

func appendPattern(dst []byte, p Pattern) []byte {
	dst = append(dst, '[')
	for i, s := range p {
		if i > 0 {
			dst = append(dst, ',')
		}
		if s.Any {
			dst = append(dst, "null"...)
		} else {
			dst = strictjson.AppendQuote(dst, s.Key)
		}
	}
	return append(dst, ']')
}

// InstanceName is the key of a group's register: the group's name and, for
// each wildcard of its pattern, the key that stands there.
func InstanceName(group string, keys []string) string {
	for _, key := range keys {
		group = strictjson.AppendSegment(group, key)
	}
	return group
}

// splitInstance is the inverse of InstanceName.
func splitInstance(name string) (group string, keys []string, ok bool) {
	group, rest, found := strings.Cut(name, "/")
	if !found {
		return group, nil, group != ""
	}
	keys, err := strictjson.SplitPointer("/" + rest)
	return group, keys, err == nil && group != ""
}

// named is a policy with its name in the table.
type named struct {
	name string
	Policy
}

// groups returns the policies of groups, the owners of contested leaves first:
// a leaf in two groups belongs to the higher rank, then the smaller name.
func (t Table) groups() []named {
	var out []named
	for name, p := range t {
		if p.Kind.Tuple() && isGroupName(name) {
			out = append(out, named{name, p})
		}
	}
	slices.SortFunc(out, func(a, b named) int {
		return cmp.Or(-cmp.Compare(a.Kind, b.Kind), strings.Compare(a.name, b.name))
	})
	return out
}

// isGroupName reports whether name may name a group: [a-z][a-z0-9_-]*. Such a
// name can be neither a JSON Pointer nor a FieldName.
func isGroupName(name string) bool {
	for i, c := range []byte(name) {
		switch {
		case 'a' <= c && c <= 'z':
		case i > 0 && ('0' <= c && c <= '9' || c == '_' || c == '-'):
		default:
			return false
		}
	}
	return name != ""
}

// fields returns the policies of single fields whose registers order by
// something else than their stamp.
func (t Table) fields() []Policy {
	var out []Policy
	for _, name := range sortedKeys(t) {
		switch p := t[name]; p.Kind {
		case First, Max, Min, Set, Keyed:
			out = append(out, p)
		}
	}
	return out
}

// rule is what a policy says of a single field: its kind, and for Keyed the key
// that tells elements apart.
type rule struct {
	kind Kind
	id   string
}

// less orders rules by rank: what is written under the greater one counts.
func (r rule) less(s rule) bool { return r.kind < s.kind || r.kind == s.kind && r.id < s.id }

func (p Policy) rule() rule {
	if p.Kind == Keyed {
		return rule{Keyed, p.ID}
	}
	return rule{kind: p.Kind}
}

func (r Register) rule() rule { return rule{r.Policy, r.ID} }

// ruleAt returns the rule for the field at path: LWW unless a policy says
// otherwise. Of several the highest rank counts.
func ruleAt(fields []Policy, path []string) rule {
	var best rule
	for _, p := range fields {
		if r := p.rule(); best.less(r) && p.At.Matches(path) {
			best = r
		}
	}
	return best
}

// seat is a group's instance in the object that holds its members.
type seat struct {
	name   string // of the instance
	policy Policy
	// owned are the members that no other group has a better claim to.
	owned []string
}

// seatsAt returns the instances that live in the object at path.
func seatsAt(groups []named, path []string) []seat {
	var seats []seat
	taken := map[string]bool{}
	for _, g := range groups {
		if !g.At.Matches(path) {
			continue
		}
		s := seat{name: InstanceName(g.name, g.At.Keys(path)), policy: g.Policy}
		for _, m := range g.Members {
			if !taken[m] {
				taken[m] = true
				s.owned = append(s.owned, m)
			}
		}
		seats = append(seats, s)
	}
	return seats
}

// holder is a place at or above the objects in which groups live.
type holder struct {
	kids  map[string]*holder
	seats []seated
	// claimed are the members of the groups seated here, those included that a
	// group without a register has the better claim to: their plain registers
	// never show.
	claimed map[string]bool
}

// seated is a seat whose register exists, with the members that it shows.
type seated struct {
	seat
	reg     Register
	members map[string]*View
}

func (h *holder) kid(key string) *holder {
	if h == nil {
		return nil
	}
	return h.kids[key]
}

func (h *holder) at(path []string) *holder {
	for _, key := range path {
		h = h.kid(key)
	}
	return h
}

func (h *holder) claims(member string) bool { return h != nil && h.claimed[member] }

// member returns what the member of a group shows, or nil.
func (h *holder) member(key string) *View {
	for _, s := range h.seats {
		if v := s.members[key]; v != nil {
			return v
		}
	}
	return nil
}

// holders returns the places of all groups whose registers exist; nil if
// there are none. A register whose group is not in the table has no place.
func (d *Document) holders() *holder {
	if len(d.tuples) == 0 {
		return nil
	}
	root, groups := &holder{}, d.Policies.groups()
	for name := range d.tuples {
		path, ok := d.Policies.seatPath(name)
		if !ok {
			continue
		}
		h := root.grow(path)
		if h.claimed != nil {
			continue // another group of the same object came first
		}
		h.claimed = map[string]bool{}
		for _, s := range seatsAt(groups, path) {
			r, ok := d.tuples[s.name]
			if !ok {
				continue
			}
			h.seats = append(h.seats, seated{s, r, s.pick(r.Value)})
			for _, m := range s.policy.Members {
				h.claimed[m] = true
			}
		}
	}
	return root
}

func (h *holder) grow(path []string) *holder {
	for _, key := range path {
		if h.kids == nil {
			h.kids = make(map[string]*holder)
		}
		if h.kids[key] == nil {
			h.kids[key] = &holder{}
		}
		h = h.kids[key]
	}
	return h
}

// GroupOf returns, for the name of an instance, its group's policy and the object
// that holds the members.
func (t Table) GroupOf(instance string) (p Policy, holder []string, ok bool) {
	group, keys, ok := splitInstance(instance)
	p, known := t[group]
	if !ok || !known || !p.Kind.Tuple() || len(keys) != len(p.At.Keys(p.At.Path(keys))) {
		return Policy{}, nil, false
	}
	return p, p.At.Path(keys), true
}

// seatPath is GroupOf for those who know the policy.
func (t Table) seatPath(instance string) ([]string, bool) {
	_, path, ok := t.GroupOf(instance)
	return path, ok
}

// GroupAt returns, if path is in a member of a group, the object that holds the
// members and the keys of all of them.
func (d *Document) GroupAt(path []string) (holder, members []string, ok bool) {
	groups := d.Policies.groups()
	for depth := range path {
		for _, s := range seatsAt(groups, path[:depth]) {
			if slices.Contains(s.owned, path[depth]) {
				return path[:depth], s.owned, true
			}
		}
	}
	return nil, nil, false
}

// KeyOf returns the key of the register that decides about path: the instance
// name if path is in a group, else its pointer.
func (d *Document) KeyOf(path []string) string {
	groups := d.Policies.groups()
	for depth := range path {
		for _, s := range seatsAt(groups, path[:depth]) {
			if slices.Contains(s.owned, path[depth]) {
				return s.name
			}
		}
	}
	return pointer(path)
}

// tupleText is the value of a group's register: the members that are present,
// as an object with sorted keys.
func tupleText(members map[string]*View) string {
	v := &View{}
	for key, kid := range members {
		v.Put(key, kid)
	}
	return v.JSON()
}

// strip returns the tuple without the members that another group has the better
// claim to, and whether it has any.
func (s seat) strip(tuple string) (kept string, strays bool) {
	if len(s.owned) == len(s.policy.Members) {
		return tuple, false
	}
	members := s.pick(tuple)
	return tupleText(members), len(members) < viewOfRaw(tuple).Len()
}

// pick returns the members of a tuple that the seat owns.
func (s seat) pick(value string) map[string]*View {
	all := viewOfRaw(value)
	out := map[string]*View{}
	for _, m := range s.owned {
		if kid := all.Kid(m); kid != nil {
			out[m] = kid
		}
	}
	return out
}
