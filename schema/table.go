package schema

import (
	"reflect"
	"slices"
	"time"

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

// declarations are policies while they are collected, whatever says them.
type declarations struct {
	table  lww.Table
	above  map[reflect.Type]bool // the types that the walk is inside of
	groups []member              // the first of each group
}

// member is a field that belongs to a group, and how to complain of it.
type member struct {
	group string
	fail  func(reason string) error
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

// declare enters the policies of the struct field f, a key of the object at
// holder.
func (d *declarations) declare(f *field, holder lww.Pattern) error {
	if t := f.tag; t.kind == lww.Set || t.kind == lww.Keyed {
		if reason := f.node.unfitArray(t); reason != "" {
			return f.fail(reason)
		}
	}
	return d.enter(f.tag, below(holder, lww.Segment{Key: f.key}), f.fail)
}

// enter enters what t says of the field at. The error is made by fail.
func (d *declarations) enter(t tag, at lww.Pattern, fail func(reason string) error) error {
	if t.role != "" && t.kind != lww.Token {
		return fail("the role " + t.role + " needs token=NAME")
	}
	p := lww.Policy{Kind: t.kind, At: at, Secret: t.secret, Local: t.local}
	switch {
	case p.Kind.Tuple():
		if reason := d.join(t, at, fail); reason != "" {
			return fail(reason)
		}
		p.Kind = lww.LWW // what is left to say of the member itself
		p.Secret = p.Secret && t.role != "access" && t.role != "refresh"
	case p.Kind == lww.Keyed:
		p.ID = t.name
	}
	if p.Kind != lww.LWW || p.Secret || p.Local {
		d.table[lww.FieldName(p.At)] = p
	}
	return nil
}

// unfitArray returns why n can't be merged by element: empty if it can.
func (n *node) unfitArray(t tag) (reason string) {
	switch {
	case n.kind == tuple:
		return t.kind.String() + " needs a slice: an array of fixed length has no room for what others add"
	case n.kind != list && n.kind != opaque, n.typ == reflect.TypeFor[time.Time]():
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

// join makes the field at a member of the group that t names, and returns why
// it can't be one: empty if it can.
func (d *declarations) join(t tag, at lww.Pattern, fail func(reason string) error) (reason string) {
	holder, last := at[:len(at)-1], at[len(at)-1]
	p, ok := d.table[t.name]
	if !ok {
		p = lww.Policy{Kind: t.kind, At: slices.Clip(holder)}
		d.groups = append(d.groups, member{t.name, fail})
	}
	switch {
	case last.Any:
		return "a member of a group has a key of its own: it can't be any"
	case p.Kind != t.kind:
		return t.name + " is both a group and a token"
	case !slices.Equal(p.At, holder):
		return "the members of " + t.name + " are keys of two objects, " + nameOf(p.At) + " and " + nameOf(holder)
	case !assignRole(&p, t, last.Key):
		return t.name + " has two fields for the role " + t.role
	}
	i, _ := slices.BinarySearch(p.Members, last.Key)
	p.Members = slices.Insert(p.Members, i, last.Key)
	d.table[t.name] = p
	return ""
}

// nameOf says in an error where a holder is.
func nameOf(holder lww.Pattern) string {
	if len(holder) == 0 {
		return "the root"
	}
	return lww.FieldName(holder)
}

// assignRole gives the member the role that t names, unless it is taken.
func assignRole(p *lww.Policy, t tag, key string) bool {
	var none string
	holder := &none
	switch t.role {
	case "access":
		holder = &p.Access
	case "refresh":
		holder = &p.Refresh
	case "expiry":
		holder, p.ExpiryForm = &p.Expiry, t.form
	case "identity":
		holder = &p.Identity
	}
	if *holder != "" {
		return false
	}
	*holder = key
	return true
}

// checkTokens finds tokens that lack what makes them one: without an access or
// a refresh token nothing is secret, and a spent one would not be recognised.
func (d *declarations) checkTokens() error {
	for _, m := range d.groups {
		if p := d.table[m.group]; p.Kind == lww.Token && p.Access == "" && p.Refresh == "" {
			return m.fail("no field of " + m.group + " has the role access or refresh")
		}
	}
	return nil
}
