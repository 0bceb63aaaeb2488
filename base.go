package cfgmerge

import (
	"cmp"
	"encoding/json"
	"hash/fnv"
	"reflect"
	"slices"
	"strings"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/schema"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// base is what a program has seen of a file: the encoding of its value after
// the last load or save, and what fields held before. A field has changed if
// it differs from all of that; a copy of the value that is older than the last
// save is stale, not a change.
type base struct {
	shape  *schema.Shape
	latest *lww.View
	past   map[string]*outdated // by pointer
	// file is what the file showed at the newest load, in its own spelling,
	// and keys the order of its keys.
	file *lww.View
	keys func(path []string) []string
}

// outdated are the values that a field held, by hash: the first, and the
// newest of the others.
type outdated struct {
	first  uint64
	others []uint64
}

// outdatedDepth bounds what a program that saves for years remembers of one
// field.
const outdatedDepth = 4096

func (o *outdated) holds(hash uint64) bool {
	return o != nil && (o.first == hash || slices.Contains(o.others, hash))
}

// encode returns what encoding/json makes of v, which must be an object. How
// large that is does not matter: the file is what has a limit.
func encode(v any) (*lww.View, error) {
	var text strings.Builder // the encoder writes once
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, &EncodeError{Type: typeOf(v)}
	}
	tree, err := strictjson.ParseString(text.String(), ourOwn())
	if err != nil { // a MarshalJSON may say one key twice
		return nil, cmp.Or[error](limitError(err), &EncodeError{Type: typeOf(v)})
	}
	if tree.Root().Kind() != strictjson.Object {
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

// delta is one change: where the encoder has it, and as the file spells it.
type delta struct {
	path []string
	lww.Change
}

// changes returns what now has changed, and the fields that hold an outdated
// value, both in the order of their pointers. If it is known what the program's
// value held before, a field that held something else there is no outdated one:
// the program has set it back.
func (b *base) changes(before, now *lww.View) (changed []delta, kept []string) {
	b.walk(nil, b.latest, now, func(path []string, want *lww.View) {
		pointer := strictjson.JoinPointer(path...)
		setBack := before != nil && !before.At(path).Equal(want)
		if !setBack && b.past[pointer].holds(hash(want)) {
			kept = append(kept, pointer)
			return
		}
		changed = append(changed, delta{path, lww.Change{Path: b.spell(path), Want: b.restore(path, want)}})
	})
	slices.SortFunc(changed, func(x, y delta) int { return slices.Compare(x.path, y.path) })
	slices.Sort(kept)
	return changed, kept
}

// walk calls fn, in no order, for the smallest places at which now differs
// from latest: a leaf, or nil where there is nothing any more.
func (b *base) walk(path []string, latest, now *lww.View, fn func([]string, *lww.View)) {
	if !now.IsObject() || now.Len() == 0 && !latest.IsObject() {
		if !latest.Equal(now) {
			fn(path, now)
		}
		return
	}
	for key, kid := range lww.Pairs(latest, now) {
		if kid[0] == nil || kid[1] == nil || kid[0].Leaf == "" || kid[0].Leaf != kid[1].Leaf {
			b.walk(append(path[:len(path):len(path)], key), kid[0], kid[1], fn)
		}
	}
}

// hash stands for a value, or for nothing, in the memory of what was.
func hash(v *lww.View) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strictjson.Canonical(v.JSON())))
	return h.Sum64()
}

// spell returns path with the keys of struct fields as the file has them.
func (b *base) spell(path []string) []string {
	return b.shape.Spell(path, b.keys)
}

// restore puts back what the file's arrays hold and the program's type does
// not know: an element that did not change keeps its text.
func (b *base) restore(path []string, want *lww.View) *lww.View {
	if want == nil || want.Leaf == "" || want.Leaf[0] != '[' {
		return want
	}
	old, file := b.latest.At(path), b.file.At(b.spell(path))
	if old == nil || file == nil {
		return want
	}
	return &lww.View{Leaf: graft(want.Leaf, old.Leaf, file.Leaf)}
}

// advance makes the changes part of the base. What a stale copy still holds
// stays outdated.
func (b *base) advance(changed []delta, now *lww.View) {
	if b.past == nil {
		b.past = make(map[string]*outdated)
	}
	writes := make([]lww.Change, len(changed))
	for i, c := range changed {
		writes[i] = lww.Change{Path: c.path, Want: now.At(c.path)}
		b.outdate(c.path, b.latest.At(c.path), writes[i].Want)
	}
	b.latest = b.latest.WithAll(writes)
}

// outdate remembers what was at path before now came there.
func (b *base) outdate(path []string, was, now *lww.View) {
	if was == nil || !was.IsObject() || was.Len() == 0 {
		b.remember(path, was)
	}
	for key, kid := range lww.Pairs(was, now) {
		b.outdate(append(path[:len(path):len(path)], key), kid[0], kid[1])
	}
}

func (b *base) remember(path []string, was *lww.View) {
	pointer, h := strictjson.JoinPointer(path...), hash(was)
	o := b.past[pointer]
	switch {
	case o == nil:
		b.past[pointer] = &outdated{first: h}
	case !o.holds(h):
		o.others = append(o.others[max(0, len(o.others)-outdatedDepth+1):], h)
	}
}

// whole completes changes to members of groups: the fields of a group are
// written together, all from the same value, or not at all.
func (b *base) whole(d *lww.Document, now *lww.View, changes []delta) []lww.Change {
	var out []lww.Change
	done := map[string]bool{}
	for _, c := range changes {
		holder, members, grouped := d.GroupAt(c.Path)
		switch {
		case d.ByElement(c.Path):
			out = append(out, b.elements(d, c, now))
			continue
		case !grouped:
			out = append(out, c.Change)
			continue
		}
		if at := strictjson.JoinPointer(holder...); !done[at] {
			done[at] = true
			out = append(out, b.members(c.path[:len(holder)], members, now)...)
		}
	}
	return out
}

// elements returns the change of an array whose elements merge: between what the
// program had, which need not be all that the file has by now, and what it wants.
func (b *base) elements(d *lww.Document, c delta, now *lww.View) lww.Change {
	file, was, want := d.At(c.Path), b.latest.At(c.path), now.At(c.path)
	if was == nil || !isArray(was) {
		was = &lww.View{Leaf: "[]"}
	}
	return lww.Change{Path: c.Path, Was: respell(was, file), Want: respell(want, file)}
}

// members returns the members of a group as now has them, in the object at
// holder. A member that the program does not know is not its to remove.
func (b *base) members(holder, members []string, now *lww.View) []lww.Change {
	var out []lww.Change
	for key, kid := range lww.Pairs(b.latest.At(holder), now.At(holder)) {
		if spelled := b.spell(append(slices.Clone(holder), key)); slices.Contains(members, spelled[len(spelled)-1]) {
			out = append(out, lww.Change{Path: spelled, Want: kid[1]})
		}
	}
	return out
}
