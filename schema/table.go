package schema

import (
	"reflect"
	"slices"

	"github.com/cfgmerge/cfgmerge/lww"
)

// policies returns what the tags at and below root declare.
func policies(root *node) (lww.Table, error) {
	d := declarations{table: make(lww.Table), above: make(map[reflect.Type]bool)}
	if err := d.walk(root, lww.Pattern{}); err != nil {
		return nil, err
	}
	return d.table, d.checkTokens()
}

// declarations are policies while they are collected.
type declarations struct {
	table  lww.Table
	above  map[reflect.Type]bool // the types that the walk is inside of
	groups []*field              // the first member of each group
}

func (d *declarations) walk(n *node, at lww.Pattern) error {
	if n.tagged == nil {
		return nil // which also ends all harmless recursion
	}
	if d.above[n.typ] {
		return n.tagged.fail(n.typ.String() + " contains itself: the tag would apply at endlessly many depths")
	}
	d.above[n.typ] = true
	defer delete(d.above, n.typ)
	if n.elem != nil {
		return d.walk(n.elem, below(at, lww.Segment{Any: true}))
	}
	for _, f := range n.fields {
		if err := d.declare(f, at); err != nil {
			return err
		}
		if err := d.walk(f.node, below(at, lww.Segment{Key: f.key})); err != nil {
			return err
		}
	}
	return nil
}

func below(at lww.Pattern, s lww.Segment) lww.Pattern {
	return append(slices.Clip(at), s)
}

// declare enters the policies that f declares as a key of the object at holder.
func (d *declarations) declare(f *field, holder lww.Pattern) error {
	if reason := f.misfit(); reason != "" {
		return f.fail(reason)
	}
	p := lww.Policy{Kind: f.tag.kind, At: below(holder, lww.Segment{Key: f.key}), Secret: f.tag.secret, Local: f.tag.local}
	switch {
	case p.Kind.Tuple():
		if reason := d.join(f, holder); reason != "" {
			return f.fail(reason)
		}
		p.Kind = lww.LWW // what is left to say of the member itself
		p.Secret = p.Secret && f.tag.role != "access" && f.tag.role != "refresh"
	case p.Kind == lww.Keyed:
		p.ID = f.tag.name
	}
	if p.Kind != lww.LWW || p.Secret || p.Local {
		d.table[lww.FieldName(p.At)] = p
	}
	return nil
}

// misfit returns why the tag doesn't suit the field: empty if it does.
func (f *field) misfit() (reason string) {
	switch t := f.tag; {
	case t.role != "" && t.kind != lww.Token:
		return "the role " + t.role + " needs token=NAME"
	case t.kind == lww.Set || t.kind == lww.Keyed:
		return f.node.unfitArray(t)
	}
	return ""
}

// unfitArray returns why n can't be merged by element: empty if it can.
func (n *node) unfitArray(t tag) (reason string) {
	switch {
	case n.kind == tuple:
		return t.kind.String() + " needs a slice: an array of fixed length has no room for what others add"
	case n.kind != list && n.kind != opaque:
		return t.kind.String() + " needs an array"
	case t.kind == lww.Keyed && n.kind == list && !n.elem.mayHold(t.name):
		return "the elements have no key " + t.name
	}
	return ""
}

// mayHold reports whether the JSON of n can be an object with this key.
func (n *node) mayHold(key string) bool {
	switch n.kind {
	case object:
		return n.exact[key] != nil
	case dict, opaque:
		return true
	default:
		return false
	}
}

// join makes f a member of the group that its tag names, and returns why it
// can't be one: empty if it can.
func (d *declarations) join(f *field, holder lww.Pattern) (reason string) {
	name := f.tag.name
	p, ok := d.table[name]
	if !ok {
		p = lww.Policy{Kind: f.tag.kind, At: holder}
		d.groups = append(d.groups, f)
	}
	switch {
	case p.Kind != f.tag.kind:
		return name + " is both a group and a token"
	case !slices.Equal(p.At, holder):
		return "the members of " + name + " are keys of two objects, " + nameOf(p.At) + " and " + nameOf(holder)
	case !assignRole(&p, f):
		return name + " has two fields for the role " + f.tag.role
	}
	i, _ := slices.BinarySearch(p.Members, f.key)
	p.Members = slices.Insert(p.Members, i, f.key)
	d.table[name] = p
	return ""
}

// nameOf says in an error where a holder is.
func nameOf(holder lww.Pattern) string {
	if len(holder) == 0 {
		return "the root"
	}
	return lww.FieldName(holder)
}

// assignRole gives f the role that its tag names, unless it is taken.
func assignRole(p *lww.Policy, f *field) bool {
	var none string
	holder := &none
	switch f.tag.role {
	case "access":
		holder = &p.Access
	case "refresh":
		holder = &p.Refresh
	case "expiry":
		holder = &p.Expiry
	case "identity":
		holder = &p.Identity
	}
	if *holder != "" {
		return false
	}
	*holder = f.key
	return true
}

// checkTokens finds tokens that lack what makes them one: without an access or
// a refresh token nothing is secret, and a spent one would not be recognised.
func (d *declarations) checkTokens() error {
	for _, f := range d.groups {
		if p := d.table[f.tag.name]; p.Kind == lww.Token && p.Access == "" && p.Refresh == "" {
			return f.fail("no field of " + f.tag.name + " has the role access or refresh")
		}
	}
	return nil
}
