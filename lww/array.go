package lww

import (
	"cmp"
	"slices"
	"strings"
)

// array is an array whose elements merge, once it is settled what shows.
type array struct {
	// reg is the register of the array itself, a tombstone if its value
	// does not show because of the elements.
	reg Register
	// elems are the elements that no reset hides, tombstones included.
	elems elements
	// keys are those of the elements that show, in order.
	keys []string
}

// array returns the array at n, nil if its register is of another kind.
func (n *node) array() *array {
	if n == nil || !n.has || !n.reg.Policy.Elements() {
		return nil
	}
	a := &array{reg: n.reg, elems: elements{}}
	for key, r := range n.elems {
		if !n.hides(key, r) {
			a.elems[key] = r
		}
	}
	if !isArray(a.reg.Value) && a.reg.written() && len(a.elems) > 0 {
		a.reg.Dead, a.reg.Value = true, ""
	}
	a.arrange()
	return a
}

// hides reports whether a reset of the array hides the element, or a greater
// rule.
func (n *node) hides(key string, r Register) bool {
	return !n.reg.rule().owns(key) || r.Stamp.Less(n.reg.Era)
}

// written reports whether somebody has written the register: that of an array
// of which only elements are known was not.
func (r Register) written() bool { return r.Dead || r.Value != "" || !r.Policy.Elements() }

// arrange puts the elements in order: those that the array's register lists,
// then the others by their stamps and keys.
func (a *array) arrange() {
	listed := map[string]bool{}
	for _, key := range a.listed() {
		listed[key] = true
		if a.shows(key) {
			a.keys = append(a.keys, key)
		}
	}
	var others []string
	for key := range a.elems {
		if !listed[key] && a.shows(key) {
			others = append(others, key)
		}
	}
	slices.SortFunc(others, func(x, y string) int {
		return cmp.Or(a.elems[x].Stamp.Compare(a.elems[y].Stamp), strings.Compare(x, y))
	})
	a.keys = append(a.keys, others...)
}

// listed are the keys that the order names, whether they show or not.
func (a *array) listed() []string {
	if !isArray(a.reg.Value) {
		return nil
	}
	return a.reg.rule().keysIn(a.reg.Value)
}

func (a *array) shows(key string) bool {
	r, ok := a.elems[key]
	return ok && !r.Dead
}

// text is what shows: empty for nothing.
func (a *array) text() string {
	if len(a.keys) == 0 {
		if isArray(a.reg.Value) {
			return "[]"
		}
		return a.reg.Value
	}
	return arrayText(a.values())
}

// values are the texts of the elements that show.
func (a *array) values() []string {
	out := make([]string, len(a.keys))
	for i, key := range a.keys {
		out[i] = a.elems[key].Value
	}
	return out
}

func arrayText(elements []string) string { return "[" + strings.Join(elements, ",") + "]" }

// value is what a register that is not LWW shows at its place.
func (n *node) value() *View {
	if a := n.array(); a != nil {
		return viewOfRaw(a.text())
	}
	return n.reg.view()
}

// collect adds the registers that say what shows.
func (a *array) collect(at string, out map[string]Register) {
	if a.reg.written() {
		out[at] = a.reg
	}
	for key, r := range a.elems {
		out[elementPointer(at, key)] = r
	}
}

// ByElement reports whether the field at path is an array whose elements merge,
// by the stored policies.
func (d *Document) ByElement(path []string) bool {
	return ruleAt(d.Policies.fields(), path).kind.Elements() || d.at(path).array() != nil
}

// element returns the value of an element that shows, as one leaf, or nil.
func (d *Document) element(path []string, key string) *View {
	n := d.at(path)
	if r, has := n.elem(key); has && !r.Dead && !n.hides(key, r) {
		return &View{Leaf: r.Value}
	}
	return nil
}
