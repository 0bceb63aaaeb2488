package schema

import (
	"encoding"
	"encoding/json"
	"reflect"
	"time"
)

// kind is the JSON that encoding/json makes of a Go type.
type kind uint8

const (
	opaque kind = iota // anything: an interface, or a type that encodes itself
	scalar             // a string, number or boolean
	object             // an object whose keys are struct fields
	dict               // an object whose keys are those of a map
	list               // an array of any length
	tuple              // an array of the length that its Go type says
)

// node is a type at a place. Pointers are looked through; a recursive type is
// a cycle of nodes.
type node struct {
	typ    reflect.Type
	kind   kind
	custom bool              // decodes or encodes itself
	text   bool              // encodes itself, as a string
	fields []*field          // of an object, in the order of their declaration
	exact  map[string]*field // fields by key
	folded map[string]*field // fields by folded key; of several the first
	elem   *node             // of a dict, list or tuple
	tagged *field            // the first field with a tag, here or below; or nil
}

// child returns what lies at key below n, or nil if nothing is known of it.
func (n *node) child(key string) *node {
	switch {
	case n == nil:
		return nil
	case n.elem != nil:
		return n.elem
	case n.exact[key] != nil:
		return n.exact[key].node
	default:
		return nil
	}
}

// place is a type and whether its values can be addressed there, which values
// in a map can't. Only those that can are encoded by methods with a pointer
// receiver.
type place struct {
	typ         reflect.Type
	addressable bool
}

// target is p without its pointers.
func (p place) target() place {
	// A type may be a pointer to itself: type P *P.
	seen := make(map[reflect.Type]bool)
	for p.typ.Kind() == reflect.Pointer && !seen[p.typ] {
		seen[p.typ] = true
		p = place{p.typ.Elem(), true}
	}
	return p
}

// kind follows the choice of newTypeEncoder in encoding/json.
func (p place) kind() kind {
	switch {
	case p.encodedBy(reflect.TypeFor[json.Marshaler]()):
		return opaque
	case p.encodedBy(reflect.TypeFor[encoding.TextMarshaler]()):
		return scalar
	}
	switch p.typ.Kind() {
	case reflect.Struct:
		return object
	case reflect.Map:
		return dict
	case reflect.Array:
		return tuple
	case reflect.Slice:
		return sliceKind(p.typ.Elem())
	case reflect.Interface, reflect.Pointer:
		return opaque
	default:
		return scalar
	}
}

// sliceKind tells byte slices, which are base64 strings, from arrays.
func sliceKind(elem reflect.Type) kind {
	if elem.Kind() == reflect.Uint8 && !encodesItself(elem) {
		return scalar
	}
	return list
}

func (p place) encodedBy(method reflect.Type) bool {
	return p.typ.Implements(method) || p.addressable && reflect.PointerTo(p.typ).Implements(method)
}

func encodesItself(t reflect.Type) bool {
	return place{t, true}.encodedBy(reflect.TypeFor[json.Marshaler]()) ||
		place{t, true}.encodedBy(reflect.TypeFor[encoding.TextMarshaler]())
}

func decodesItself(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) ||
		reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// builder makes the nodes of a type and of all that it contains.
type builder struct {
	nodes map[place]*node
	order []*node // as they were made: what comes first is nearer to the root
}

func (b *builder) node(p place) (*node, error) {
	p = p.target()
	if n := b.nodes[p]; n != nil {
		return n, nil
	}
	n := &node{typ: p.typ, kind: p.kind(), custom: encodesItself(p.typ) || decodesItself(p.typ)}
	n.text = n.kind == scalar && p.encodedBy(reflect.TypeFor[encoding.TextMarshaler]())
	b.nodes[p] = n // before the descent, so that a recursive type finds itself
	b.order = append(b.order, n)
	return n, b.descend(n, p.addressable)
}

func (b *builder) descend(n *node, addressable bool) (err error) {
	switch n.kind {
	case object:
		return b.addFields(n, addressable)
	case dict:
		n.elem, err = b.node(place{n.typ.Elem(), false})
	case list:
		n.elem, err = b.node(place{n.typ.Elem(), true})
	case tuple:
		n.elem, err = b.node(place{n.typ.Elem(), addressable})
	default:
		return hiddenTag(n.typ, make(map[reflect.Type]bool))
	}
	return err
}

func (b *builder) addFields(n *node, addressable bool) (err error) {
	if n.fields, err = fieldsOf(n.typ); err != nil {
		return err
	}
	n.exact = make(map[string]*field, len(n.fields))
	n.folded = make(map[string]*field, len(n.fields))
	for _, f := range n.fields {
		n.exact[f.key] = f
		if folded := fold(f.key); n.folded[folded] == nil {
			n.folded[folded] = f
		}
		if f.node, err = b.node(place{f.typ, addressable || f.viaPointer}); err != nil {
			return err
		}
		if f.tag.role == "expiry" && f.writesText() {
			f.tag.form = "rfc3339"
		}
	}
	return nil
}

// writesText reports whether the field is encoded as a string: a time.Time,
// above all. What numbers count, seconds or milliseconds, no type tells.
func (f *field) writesText() bool {
	t := f.typ
	for t.Kind() == reflect.Pointer && t.Elem() != t {
		t = t.Elem()
	}
	return t == reflect.TypeFor[time.Time]() || t.Kind() == reflect.String || f.node.text
}

// spreadTags sets tagged in all nodes. A cycle has no node to begin with, so
// it repeats until nothing changes; from the leaves up, few rounds are needed.
func (b *builder) spreadTags() {
	for changed := true; changed; {
		changed = false
		for i := len(b.order) - 1; i >= 0; i-- {
			if n := b.order[i]; n.tagged == nil {
				n.tagged = n.firstTag()
				changed = changed || n.tagged != nil
			}
		}
	}
}

func (n *node) firstTag() *field {
	if n.elem != nil {
		return n.elem.tagged
	}
	for _, f := range n.fields {
		if f.tag != (tag{}) {
			return f
		}
		if f.node.tagged != nil {
			return f.node.tagged
		}
	}
	return nil
}
