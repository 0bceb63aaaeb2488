package schema

import (
	"fmt"
	"reflect"
)

// MakeMaps makes the nil maps in what v points to, so that a caller who has
// just decoded a file can assign to them. It looks through struct fields,
// pointers, slices, arrays and the values of maps; it leaves alone what
// encoding/json does not reach by itself: fields that it ignores, values in
// interfaces, and types that encode or decode themselves.
//
// A null in the file is encoded as {} from then on, so the base of a merge is
// to be taken afterwards. It panics if v is not of the type that s is of.
func (s *Shape) MakeMaps(v any) {
	if t := reflect.TypeOf(v); t != s.typ {
		panic(fmt.Sprintf("schema: MakeMaps of a %v with the shape of a %v", t, s.typ))
	}
	m := mapMaker{seen: make(map[visit]bool)}
	m.fill(s.root, reflect.ValueOf(v))
}

// mapMaker walks values. They may contain themselves, unlike JSON.
type mapMaker struct {
	seen map[visit]bool
}

type visit struct {
	typ  reflect.Type
	data uintptr
	len  int // slices of different lengths may share their first element
}

// enter reports whether v is seen for the first time, and not nil.
func (m *mapMaker) enter(v reflect.Value) bool {
	at := visit{typ: v.Type(), data: v.Pointer()}
	if v.Kind() != reflect.Pointer {
		at.len = v.Len()
	}
	if at.data == 0 || m.seen[at] {
		return false
	}
	m.seen[at] = true
	return true
}

// holdsMaps reports whether MakeMaps looks into values of n at all.
func (n *node) holdsMaps() bool {
	return !n.custom && n.kind != opaque && n.kind != scalar
}

// fill makes the nil maps in v. It reports whether v may have changed: a value
// in a map is a copy and must be put back.
func (m *mapMaker) fill(n *node, v reflect.Value) (changed bool) {
	if !n.holdsMaps() {
		return false
	}
	for v.Kind() == reflect.Pointer {
		if !m.enter(v) {
			return false
		}
		v = v.Elem()
	}
	switch n.kind {
	case object:
		return m.fillFields(n, v)
	case dict:
		return m.fillDict(n, v)
	case list:
		return m.enter(v) && m.fillElems(n, v)
	default:
		return m.fillElems(n, v)
	}
}

func (m *mapMaker) fillFields(n *node, v reflect.Value) (changed bool) {
	for _, f := range n.fields {
		// An error is an embedded pointer that is nil: it has no fields.
		if fv, err := v.FieldByIndexErr(f.index); err == nil {
			changed = m.fill(f.node, fv) || changed
		}
	}
	return changed
}

func (m *mapMaker) fillElems(n *node, v reflect.Value) (changed bool) {
	if !n.elem.holdsMaps() {
		return false // a []string may be long
	}
	for i := range v.Len() {
		changed = m.fill(n.elem, v.Index(i)) || changed
	}
	return changed
}

func (m *mapMaker) fillDict(n *node, v reflect.Value) (changed bool) {
	if v.IsNil() {
		if v.CanSet() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		return v.CanSet()
	}
	if !n.elem.holdsMaps() || !m.enter(v) {
		return false
	}
	value := reflect.New(v.Type().Elem()).Elem()
	for entry := v.MapRange(); entry.Next(); {
		value.Set(entry.Value())
		if m.fill(n.elem, value) {
			v.SetMapIndex(entry.Key(), value)
		}
	}
	return false
}
