package lww

import "slices"

// Lift gives the fields that a policy names, but that were written before the
// policy was known, their register under it: era and generation zero, and the
// newest stamp among the members. It reports whether there was anything to
// lift. Merge never lifts, so that it stays a pointwise maximum; View and
// Encode behave as if the document were lifted.
func (d *Document) Lift() bool {
	found := d.liftable()
	d.replace(found)
	return len(found) > 0
}

// replace puts registers in the place of those that are there. A tuple from which
// a group with a better claim has taken a member is less than it was.
func (d *Document) replace(found map[string]Register) {
	for key, r := range found {
		if isInstance(key) {
			delete(d.tuples, key)
		}
		d.Put(key, r)
	}
}

// lifted returns d itself, or a lifted copy.
func (d *Document) lifted() *Document {
	found := d.liftable()
	if len(found) == 0 {
		return d
	}
	c := d.Clone()
	c.replace(found)
	return c
}

// liftable returns the registers that lifting would make, by key.
func (d *Document) liftable() map[string]Register {
	groups, fields := d.Policies.groups(), d.Policies.fields()
	if len(groups)+len(fields) == 0 {
		return nil
	}
	found, places := map[string]Register{}, d.holders()
	for _, g := range groups {
		for _, at := range d.spots(g.At, places) {
			for _, s := range seatsAt(groups, at.path) {
				r, has := d.tuples[s.name]
				if !has {
					d.liftTuple(found, groups, s, at)
				} else if kept, strays := s.strip(r.Value); strays || r.Policy < s.policy.Kind {
					r.Policy, r.Value = max(r.Policy, s.policy.Kind), kept
					found[s.name] = r
				}
			}
		}
	}
	for _, f := range fields {
		for _, at := range d.spots(f.At, places) {
			to := ruleAt(fields, at.path)
			if at.n.typed() && !at.n.reg.rule().less(to) {
				continue // without a look at its elements
			}
			if p := resolve(at.n, at.h, at.ceiling); p != nil {
				p.lift(found, at, to)
			}
		}
	}
	return found
}

// lift finds the registers that the place gets under a rule, unless it has
// them: what shows, and of the registers of lesser policies also the tombstones.
func (p *place) lift(found map[string]Register, at spot, to rule) {
	typed := at.n.typed()
	if !typed && p.shows == nothing {
		return
	}
	r := lone(to, at.n.newest(), p.view())
	if typed {
		r.Stamp = at.n.reg.Stamp
	}
	if typed && to.kind.Elements() == (p.array != nil) {
		r.Era = at.n.reg.Era
	}
	where := pointer(at.path)
	if to.kind.Elements() && isArray(r.Value) {
		r.Value = p.liftElements(found, where, r, to)
	}
	found[where] = r
}

// liftElements gives each element a register, and returns their order. What was
// an element before keeps its stamp.
func (p *place) liftElements(found map[string]Register, where string, r Register, to rule) (order string) {
	raws := elementsOf(r.Value)
	keys := to.name(raws, nil, nil)
	for i, key := range keys {
		if key == "" {
			continue
		}
		stamp := r.Stamp
		if p.array != nil {
			stamp = p.array.elems[p.array.keys[i]].Stamp
		}
		found[elementPointer(where, key)] = Register{Policy: to.kind, Stamp: stamp, Value: raws[i]}
	}
	return orderText(compact(keys))
}

// lone is a register of era and generation zero.
func lone(is rule, s Stamp, v *View) Register {
	return Register{Policy: is.kind, ID: is.id, Stamp: s, Dead: v == nil, Value: v.JSON()}
}

func (d *Document) liftTuple(found map[string]Register, groups []named, s seat, at spot) {
	members, newest := map[string]*View{}, Stamp{}
	for _, m := range s.owned {
		v, stamp := d.plainMember(groups, at, m)
		newest = later(newest, stamp) // of a deleted one, too: or a copy that has it yet would win
		if v != nil {
			members[m] = v
		}
	}
	if len(members) > 0 {
		found[s.name] = Register{Policy: s.policy.Kind, Stamp: newest, Value: tupleText(members)}
	}
}

// plainMember returns what a member showed before its group was known: its
// part in a group with a lesser claim to it, or its own register; and the newest
// stamp there, whether anything shows or not.
func (d *Document) plainMember(groups []named, at spot, member string) (*View, Stamp) {
	for _, s := range seatsAt(groups, at.path) {
		if r, ok := d.tuples[s.name]; ok && slices.Contains(s.policy.Members, member) {
			return r.view().Kid(member), r.Stamp
		}
	}
	n := at.n.kid(member)
	return resolve(n, at.h.kid(member), at.n.ceiling(at.ceiling)).view(), n.newest()
}

// spot is a place that a pattern describes, with the newest LWW stamp above.
type spot struct {
	path    []string
	n       *node
	h       *holder
	ceiling Stamp
}

// spots returns the places that p describes and that hold anything.
func (d *Document) spots(p Pattern, places *holder) []spot {
	at := []spot{{n: &d.root, h: places}}
	for _, segment := range p {
		var next []spot
		for _, s := range at {
			next = s.step(next, segment)
		}
		at = next
	}
	return at
}

// step appends the places one segment below s.
func (s spot) step(dst []spot, segment Segment) []spot {
	keys := []string{segment.Key}
	if segment.Any {
		keys = s.keys()
	}
	for _, key := range keys {
		kid := spot{append(s.path[:len(s.path):len(s.path)], key), s.n.kid(key), s.h.kid(key), s.n.ceiling(s.ceiling)}
		if kid.n != nil || kid.h != nil {
			dst = append(dst, kid)
		}
	}
	return dst
}

func (s spot) keys() []string {
	keys := map[string]bool{}
	for _, k := range s.n.children() {
		keys[k.key] = true
	}
	if s.h != nil {
		for key := range s.h.kids {
			keys[key] = true
		}
	}
	return sortedKeys(keys)
}
