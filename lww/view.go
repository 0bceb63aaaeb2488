package lww

import (
	"iter"
	"slices"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// View is what shows at one place of a document: a leaf, or an object. A nil
// View is nothing at all.
type View struct {
	// Leaf is the JSON text of a scalar or an array; empty for an object.
	Leaf string
	// Kids are the members of an object that show.
	Kids map[string]*View
}

// ViewOf returns the view that a JSON text shows.
func ViewOf(n strictjson.Node) *View {
	if n.Kind() != strictjson.Object {
		return &View{Leaf: n.Raw()}
	}
	v := &View{}
	for key, kid := range n.Members() {
		v.put(key, ViewOf(kid))
	}
	return v
}

// viewOfRaw is ViewOf for a text that was parsed before.
func viewOfRaw(raw string) *View {
	if raw == "" {
		return nil
	}
	if raw[0] != '{' {
		return &View{Leaf: raw}
	}
	t, err := strictjson.Parse([]byte(raw), strictjson.Limits{})
	if err != nil {
		return &View{Leaf: "null"}
	}
	return ViewOf(t.Root())
}

// IsObject reports whether v is an object.
func (v *View) IsObject() bool { return v != nil && v.Leaf == "" }

// Keys returns the keys of an object's members, sorted.
func (v *View) Keys() []string {
	if v == nil {
		return nil
	}
	return sortedKeys(v.Kids)
}

// Kid returns the member, or nil.
func (v *View) Kid(key string) *View {
	if v == nil {
		return nil
	}
	return v.Kids[key]
}

// At returns what shows at path, or nil.
func (v *View) At(path []string) *View {
	for _, key := range path {
		v = v.Kid(key)
	}
	return v
}

func (v *View) put(key string, kid *View) {
	if v.Kids == nil {
		v.Kids = make(map[string]*View)
	}
	v.Kids[key] = kid
}

// Equal reports whether both show the same values, however they are spelled.
func (v *View) Equal(w *View) bool {
	if v == nil || w == nil {
		return v == w
	}
	if v.Leaf != "" || w.Leaf != "" {
		return v.Leaf != "" && w.Leaf != "" && strictjson.Equal(v.Leaf, w.Leaf)
	}
	if len(v.Kids) != len(w.Kids) {
		return false
	}
	for key, kid := range v.Kids {
		if !kid.Equal(w.Kids[key]) {
			return false
		}
	}
	return true
}

// AppendJSON appends v as compact JSON, keys sorted, literals as written.
func (v *View) AppendJSON(dst []byte) []byte {
	if v.Leaf != "" {
		return append(dst, v.Leaf...)
	}
	dst = append(dst, '{')
	for i, key := range sortedKeys(v.Kids) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strictjson.AppendQuote(dst, key)
		dst = append(dst, ':')
		dst = v.Kids[key].AppendJSON(dst)
	}
	return append(dst, '}')
}

// JSON returns v as compact JSON; a nil View is the empty string.
func (v *View) JSON() string {
	switch {
	case v == nil:
		return ""
	case v.Leaf != "":
		return v.Leaf
	}
	return string(v.AppendJSON(nil))
}

// With returns v with what shows at path replaced by kid, nil to remove it.
// It shares what it does not change.
func (v *View) With(path []string, kid *View) *View {
	if len(path) == 0 {
		return kid
	}
	out := &View{}
	if v.IsObject() {
		for key, k := range v.Kids {
			out.put(key, k)
		}
	}
	if changed := out.Kid(path[0]).With(path[1:], kid); changed != nil {
		out.put(path[0], changed)
	} else {
		delete(out.Kids, path[0])
	}
	return out
}

// Diff calls fn, in the order of their keys, for the smallest places at which w
// differs from v, with what shows there: nil for nothing. A value that is
// spelled another way is no difference.
func (v *View) Diff(w *View, fn func(path []string, old, now *View)) {
	diff(nil, v, w, fn)
}

func diff(path []string, v, w *View, fn func(path []string, old, now *View)) {
	if !v.IsObject() || !w.IsObject() {
		if !v.Equal(w) {
			fn(path, v, w)
		}
		return
	}
	for _, key := range differing(v, w) {
		diff(append(path[:len(path):len(path)], key), v.Kids[key], w.Kids[key], fn)
	}
}

// differing returns the keys, sorted, of members that are not spelled alike.
func differing(v, w *View) []string {
	var keys []string
	for key, kid := range v.Kids {
		if other := w.Kids[key]; other == nil || kid.Leaf == "" || kid.Leaf != other.Leaf {
			keys = append(keys, key)
		}
	}
	for key := range w.Kids {
		if v.Kids[key] == nil {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// View returns what the document shows. It is never nil: at worst it is the
// empty object.
func (d *Document) View() *View {
	d = d.lifted()
	if v := resolve(&d.root, d.holders(), Stamp{}).view(); v.IsObject() {
		return v
	}
	return &View{}
}

// At returns what shows at path, or nil: the same as View().At(path), without
// looking at the rest of the document.
func (d *Document) At(path []string) *View {
	d = d.lifted()
	n, h, ceiling := &d.root, d.holders(), Stamp{}
	for i, key := range path {
		if n.typed() {
			return n.reg.view().At(path[i:])
		}
		if h.claims(key) {
			return h.member(key).At(path[i+1:])
		}
		ceiling = n.ceiling(ceiling)
		n, h = n.kid(key), h.kid(key)
	}
	return resolve(n, h, ceiling).view()
}

// childKeys yields the keys below a place that no group owns.
func childKeys(n *node, h *holder) iter.Seq[string] {
	return func(yield func(string) bool) {
		if n != nil {
			for key := range n.kids {
				if !h.claims(key) && !yield(key) {
					return
				}
			}
		}
		if h != nil {
			for key := range h.kids {
				if n.kid(key) == nil && !h.claims(key) && !yield(key) {
					return
				}
			}
		}
	}
}

// typed reports whether a register of another policy than LWW stands here. It
// alone decides what shows at and below.
func (n *node) typed() bool { return n != nil && n.has && n.reg.Policy != LWW }

// visible reports whether a register stands here that nothing above hides.
func (n *node) visible(ceiling Stamp) bool {
	return n != nil && n.has && (n.reg.Policy != LWW || !n.reg.Stamp.Less(ceiling))
}

// ceiling is the newest LWW stamp at and above n.
func (n *node) ceiling(above Stamp) Stamp {
	if n != nil && n.has && n.reg.Policy == LWW {
		return later(above, n.reg.Stamp)
	}
	return above
}

// view is what the register shows by itself.
func (r Register) view() *View { return viewOfRaw(r.Value) }
