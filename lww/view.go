package lww

import (
	"iter"
	"slices"
	"strings"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// View is what shows at one place of a document: a leaf, or an object. A nil
// View is nothing at all; the zero View is the empty object.
type View struct {
	// Leaf is the JSON text of a scalar or an array; empty for an object.
	Leaf string
	kids []member // by key
}

type member struct {
	key  string
	view *View
}

func (m member) compare(key string) int { return strings.Compare(m.key, key) }

// ViewOf returns the view that a JSON text shows.
func ViewOf(n strictjson.Node) *View {
	v := &View{}
	v.read(n)
	return v
}

func (v *View) read(n strictjson.Node) {
	if n.Kind() != strictjson.Object {
		v.Leaf = n.Raw()
		return
	}
	kids := v.room(n.Len())
	for key, kid := range n.Members() {
		kids = v.add(kids, key)
		v.last().read(kid)
	}
	sortByKey(v.kids, func(m member) string { return m.key })
}

// room prepares for n members and returns the views to add them with: those of
// an object are made in one piece.
func (v *View) room(n int) []View {
	v.kids = make([]member, 0, n)
	return make([]View, n)
}

// add appends a member with one of the views, and returns the others.
func (v *View) add(room []View, key string) []View {
	v.kids = append(v.kids, member{key, &room[0]})
	return room[1:]
}

func (v *View) last() *View { return v.kids[len(v.kids)-1].view }

// viewOfRaw is ViewOf for a text that was parsed before.
func viewOfRaw(raw string) *View {
	if raw == "" {
		return nil
	}
	v := &View{}
	v.readRaw(raw)
	return v
}

func (v *View) readRaw(raw string) {
	if raw[0] != '{' {
		v.Leaf = raw
		return
	}
	t, err := strictjson.ParseString(raw, strictjson.Limits{})
	if err != nil {
		v.Leaf = "null"
		return
	}
	v.read(t.Root())
}

// IsObject reports whether v is an object.
func (v *View) IsObject() bool { return v != nil && v.Leaf == "" }

// Keys returns the keys of an object's members, sorted.
func (v *View) Keys() []string {
	var keys []string
	for key := range v.Members() {
		keys = append(keys, key)
	}
	return keys
}

// Len is the number of an object's members.
func (v *View) Len() int {
	if v == nil {
		return 0
	}
	return len(v.kids)
}

// Members yields an object's members, sorted by key.
func (v *View) Members() iter.Seq2[string, *View] {
	return func(yield func(string, *View) bool) {
		if v == nil {
			return
		}
		for _, m := range v.kids {
			if !yield(m.key, m.view) {
				return
			}
		}
	}
}

// Kid returns the member, or nil.
func (v *View) Kid(key string) *View {
	if v == nil {
		return nil
	}
	if i, ok := slices.BinarySearchFunc(v.kids, key, member.compare); ok {
		return v.kids[i].view
	}
	return nil
}

// At returns what shows at path, or nil.
func (v *View) At(path []string) *View {
	for _, key := range path {
		v = v.Kid(key)
	}
	return v
}

// Put sets a member of an object, or removes it if kid is nil. It is for views
// in the making; others may share what they hold.
func (v *View) Put(key string, kid *View) {
	i, ok := slices.BinarySearchFunc(v.kids, key, member.compare)
	switch {
	case ok && kid == nil:
		v.kids = slices.Delete(v.kids, i, i+1)
	case ok:
		v.kids[i].view = kid
	case kid != nil:
		v.kids = slices.Insert(v.kids, i, member{key, kid})
	}
}

// Equal reports whether both show the same values, however they are spelled.
func (v *View) Equal(w *View) bool {
	if v == nil || w == nil {
		return v == w
	}
	if v.Leaf != "" || w.Leaf != "" {
		return v.Leaf != "" && w.Leaf != "" && strictjson.Equal(v.Leaf, w.Leaf)
	}
	return slices.EqualFunc(v.kids, w.kids, func(a, b member) bool {
		return a.key == b.key && a.view.Equal(b.view)
	})
}

// ShownBy reports whether the text shows exactly v, and besides that at most a
// block.
func (v *View) ShownBy(text strictjson.Node) bool {
	return v.IsObject() && text.Kind() == strictjson.Object && v.hasMembers(text, BlockKey)
}

func (v *View) isShown(n strictjson.Node) bool {
	if v.Leaf != "" || n.Kind() != strictjson.Object {
		return v.Leaf != "" && n.Kind() != strictjson.Object && strictjson.Equal(v.Leaf, n.Raw())
	}
	return v.hasMembers(n, "")
}

// hasMembers reports whether v has the members of the text's object, that of the
// key besides excepted, and no others.
func (v *View) hasMembers(n strictjson.Node, besides string) bool {
	found := 0
	at := 0 // most are found where the one before them ended
	for key, kid := range n.Members() {
		if key == besides && besides != "" {
			continue
		}
		if at == len(v.kids) || v.kids[at].key != key {
			var ok bool
			if at, ok = slices.BinarySearchFunc(v.kids, key, member.compare); !ok {
				return false
			}
		}
		if !v.kids[at].view.isShown(kid) {
			return false
		}
		at++
		found++
	}
	return found == len(v.kids)
}

// AppendJSON appends v as compact JSON, keys sorted, literals as written.
func (v *View) AppendJSON(dst []byte) []byte {
	if v.Leaf != "" {
		return append(dst, v.Leaf...)
	}
	dst = append(dst, '{')
	for i, m := range v.kids {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strictjson.AppendQuote(dst, m.key)
		dst = append(dst, ':')
		dst = m.view.AppendJSON(dst)
	}
	return append(dst, '}')
}

// Leaves yields the places of what v consists of, which itself stands at path:
// scalars, arrays and empty objects. A nil View has none.
func (v *View) Leaves(path []string) iter.Seq[[]string] {
	return func(yield func([]string) bool) { v.leaves(path, yield) }
}

func (v *View) leaves(path []string, yield func([]string) bool) (more bool) {
	if v == nil {
		return true
	}
	if !v.IsObject() || v.Len() == 0 {
		return yield(path)
	}
	for key, kid := range v.Members() {
		if !kid.leaves(append(path[:len(path):len(path)], key), yield) {
			return false
		}
	}
	return true
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
		out.kids = slices.Clone(v.kids)
	}
	out.Put(path[0], out.Kid(path[0]).With(path[1:], kid))
	return out
}

// WithAll is With for many changes, none of them below another one. It copies
// each object once.
func (v *View) WithAll(changes []Change) *View {
	out := v.clone()
	for _, c := range changes {
		if len(c.Path) == 0 {
			out = c.Want.clone()
			continue
		}
		if !out.IsObject() {
			out = &View{}
		}
		out.set(c.Path, c.Want)
	}
	return out
}

// clone copies the objects; leaves never change.
func (v *View) clone() *View {
	if !v.IsObject() {
		return v
	}
	out := &View{kids: slices.Clone(v.kids)}
	for i, m := range out.kids {
		out.kids[i].view = m.view.clone()
	}
	return out
}

func (v *View) set(path []string, kid *View) {
	if len(path) == 1 {
		v.Put(path[0], kid.clone())
		return
	}
	below := v.Kid(path[0])
	if !below.IsObject() {
		below = &View{}
		v.Put(path[0], below)
	}
	below.set(path[1:], kid)
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
	for key, p := range Pairs(v, w) {
		if p[0] == nil || p[1] == nil || p[0].Leaf == "" || p[0].Leaf != p[1].Leaf {
			diff(append(path[:len(path):len(path)], key), p[0], p[1], fn)
		}
	}
}

// Pairs yields the members of both objects, sorted by key: nil for those that
// one of them lacks.
func Pairs(v, w *View) iter.Seq2[string, [2]*View] {
	return func(yield func(string, [2]*View) bool) {
		var a, b []member
		if v != nil {
			a = v.kids
		}
		if w != nil {
			b = w.kids
		}
		for len(a)+len(b) > 0 {
			var key string
			var p [2]*View
			switch {
			case len(b) == 0 || len(a) > 0 && a[0].key < b[0].key:
				key, p[0], a = a[0].key, a[0].view, a[1:]
			case len(a) == 0 || b[0].key < a[0].key:
				key, p[1], b = b[0].key, b[0].view, b[1:]
			default:
				key, p[0], p[1], a, b = a[0].key, a[0].view, b[0].view, a[1:], b[1:]
			}
			if !yield(key, p) {
				return
			}
		}
	}
}

// View returns what the document shows. It is never nil: at worst it is the
// empty object.
func (d *Document) View() *View {
	if v := d.lifted().resolveRoot().view(); v != nil {
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
			return n.value().At(path[i:])
		}
		if h.claims(key) {
			return h.member(key).At(path[i+1:])
		}
		ceiling = n.ceiling(ceiling)
		n, h = n.kid(key), h.kid(key)
	}
	v := resolve(n, h, ceiling).view()
	if len(path) == 0 && !v.IsObject() {
		return &View{} // the root is always an object
	}
	return v
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
