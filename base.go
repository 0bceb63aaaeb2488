package cfgmerge

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/schema"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// base is what a program has seen of a file: the encodings of its value after
// each load and save. A field has changed if it differs from all of them; a
// copy of the value that is older than the last save is stale, not a change.
type base struct {
	shape *schema.Shape
	held  []*lww.View // oldest first; the last is the newest
	// file is what the file showed at the newest load, in its own spelling,
	// and keys the order of its keys.
	file *lww.View
	keys func(path []string) []string
}

// encode returns what encoding/json makes of v, which must be an object.
func encode(v any) (*lww.View, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, &EncodeError{Type: typeOf(v)}
	}
	tree, err := strictjson.ParseObject(text.Bytes(), strictjson.Limits{})
	if err != nil {
		return nil, ErrNotObject
	}
	return lww.ViewOf(tree.Root()), nil
}

func typeOf(v any) string {
	if t := reflect.TypeOf(v); t != nil {
		return t.String()
	}
	return "nil"
}

// changes returns what now has changed, spelled as the file spells it, and the
// fields that hold an older value than the newest base.
func (b *base) changes(now *lww.View) (changed []lww.Change, kept []string) {
	d := &differ{}
	d.walk(nil, b.held, now)
	for _, c := range d.changes {
		changed = append(changed, lww.Change{Path: b.spell(c.Path), Want: b.restore(c)})
	}
	newest := b.held[len(b.held)-1]
	newest.Diff(now, func(path []string, _, _ *lww.View) {
		if !slices.ContainsFunc(d.changes, func(c lww.Change) bool { return isPrefix(c.Path, path) || isPrefix(path, c.Path) }) {
			kept = append(kept, strictjson.JoinPointer(path...))
		}
	})
	return changed, kept
}

func isPrefix(p, path []string) bool {
	return len(p) <= len(path) && slices.Equal(p, path[:len(p)])
}

// spell returns path with the keys of struct fields as the file has them.
func (b *base) spell(path []string) []string {
	return b.shape.Spell(path, b.keys)
}

// restore puts back what the file's arrays hold and the program's type does
// not know: an element that did not change keeps its text.
func (b *base) restore(c lww.Change) *lww.View {
	if c.Want == nil || c.Want.Leaf == "" || c.Want.Leaf[0] != '[' {
		return c.Want
	}
	old, file := b.held[len(b.held)-1].At(c.Path), b.file.At(b.spell(c.Path))
	if old == nil || file == nil {
		return c.Want
	}
	return &lww.View{Leaf: graft(c.Want.Leaf, old.Leaf, file.Leaf)}
}

// advance makes now the newest base.
func (b *base) advance(now *lww.View) {
	if last := b.held[len(b.held)-1]; !last.Equal(now) {
		b.held = append(b.held, now)
	}
}

// differ finds the smallest places at which a value differs from all bases.
type differ struct{ changes []lww.Change }

func (d *differ) walk(path []string, held []*lww.View, now *lww.View) {
	if slices.ContainsFunc(held, now.Equal) {
		return
	}
	if !now.IsObject() || len(now.Kids) == 0 && !slices.ContainsFunc(held, (*lww.View).IsObject) {
		d.changes = append(d.changes, lww.Change{Path: path, Want: now})
		return
	}
	for _, key := range allKeys(held, now) {
		kids := make([]*lww.View, len(held))
		for i, h := range held {
			kids[i] = h.Kid(key)
		}
		d.walk(append(path[:len(path):len(path)], key), kids, now.Kid(key))
	}
}

func allKeys(held []*lww.View, now *lww.View) []string {
	keys := now.Keys()
	for _, h := range held {
		keys = append(keys, h.Keys()...)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// whole completes changes to members of groups: the fields of a group are
// written together, all from the same value, or not at all.
func (b *base) whole(d *lww.Document, now *lww.View, changes []lww.Change) []lww.Change {
	var out []lww.Change
	done := map[string]bool{}
	for _, c := range changes {
		holder, members, grouped := d.GroupAt(c.Path)
		if !grouped {
			out = append(out, c)
			continue
		}
		for _, m := range members {
			path := append(slices.Clone(holder), m)
			at := strictjson.JoinPointer(path...)
			want := now.At(path)
			if !done[at] && (want != nil || b.knew(path)) {
				done[at] = true
				out = append(out, lww.Change{Path: path, Want: want})
			}
		}
	}
	return out
}

// knew reports whether the program has ever held a value at path: a field that
// it never knew is not its to remove.
func (b *base) knew(path []string) bool {
	return slices.ContainsFunc(b.held, func(h *lww.View) bool { return h.At(path) != nil })
}
