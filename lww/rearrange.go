package lww

import (
	"slices"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// assignArray makes an array whose elements merge show want: a register for
// each element that differs, and one for the array if that does not say the
// order yet. A value that is no array, or none, resets it: it hides all elements
// that the writer could know.
func (p *pen) assignArray(n *node, is rule, want, seen *View) {
	if seen != nil && seen.Equal(want) {
		return // he changes nothing
	}
	if want == nil || !isArray(want.Leaf) {
		p.dropArray(n, is, want, seen)
		return
	}
	d := p.arrayDraft(n, is)
	raws := elementsOf(want.Leaf)
	keys := d.name(raws)
	if seen == nil {
		d.replace(keys, raws)
		d.settle(compact(keys))
		return
	}
	was := elementsOf(seen.Leaf)
	wasKeys := d.name(was)
	d.update(wasKeys, was, keys, raws)
	d.settle(d.reorder(compact(wasKeys), compact(keys)))
}

// dropArray writes something else over the array. A writer who took it for an
// array, and has not seen all of it, removes only the elements that he has seen.
func (p *pen) dropArray(n *node, is rule, want, seen *View) {
	next := lone(is, p.fresh(n), want)
	if seen != nil && isArray(seen.Leaf) {
		d := p.arrayDraft(n, is)
		known := d.name(elementsOf(seen.Leaf))
		if len(both(d.had.keys, known)) < len(d.had.keys) {
			d.keepOnly(nil, known)
			return
		}
	}
	next.Era = next.Stamp
	n.raise(next)
}

// arrayDraft is a write to an array under way.
type arrayDraft struct {
	*pen
	n  *node
	is rule
	// had is the array as it was, and bound what its register superseded: it may
	// be a tombstone of before the policy.
	had   *array
	bound Stamp
}

func (p *pen) arrayDraft(n *node, is rule) *arrayDraft {
	bound := n.reg.latest()
	n.raise(Register{Policy: is.kind, ID: is.id})
	return &arrayDraft{p, n, is, n.array(), bound}
}

// name gives elements the keys that those have which show the same value.
func (d *arrayDraft) name(raws []string) []string {
	return d.is.name(raws, d.had.keys, func(key, raw string) bool {
		return strictjson.Equal(d.had.elems[key].Value, raw)
	})
}

// put writes one element, unless it is so already; an empty text removes it.
func (d *arrayDraft) put(key, raw string) {
	cur := d.had.elems[key]
	if d.had.shows(key) == (raw != "") && strictjson.Equal(cur.Value, raw) {
		return
	}
	d.putElement(d.n, key, raw)
}

// putElement writes one element; an empty text removes it.
func (p *pen) putElement(n *node, key, raw string) {
	stamp := p.w.after(later(later(n.elems[key].Stamp, n.reg.Era), p.w.Over))
	n.raiseElement(key, Register{Stamp: stamp, Dead: raw == "", Value: raw})
}

// keepOnly removes the keys that are not among those to keep.
func (d *arrayDraft) keepOnly(keep, keys []string) {
	kept := setOf(keep)
	for _, key := range keys {
		if key != "" && !kept[key] {
			d.put(key, "")
		}
	}
}

// replace makes the elements exactly those wanted.
func (d *arrayDraft) replace(keys, raws []string) {
	d.keepOnly(keys, d.had.keys)
	for i, key := range keys {
		if key != "" {
			d.put(key, raws[i])
		}
	}
}

// update applies the difference between what the writer had and wants.
func (d *arrayDraft) update(wasKeys, was, keys, raws []string) {
	d.keepOnly(keys, wasKeys)
	before := map[string]string{}
	for i, key := range wasKeys {
		before[key] = was[i]
	}
	for i, key := range keys {
		old, had := before[key]
		switch {
		case key == "" || had && strictjson.Equal(old, raws[i]):
		case had && d.had.shows(key):
			d.put(key, patched(d.had.elems[key].Value, old, raws[i]))
		default:
			d.put(key, raws[i])
		}
	}
}

// patched applies to an element what changed between was and now: what else its
// object holds is not the writer's.
func patched(raw, was, now string) string {
	tree, err := strictjson.ParseObject([]byte(raw), strictjson.Limits{})
	before, after := viewOfRaw(was), viewOfRaw(now)
	if err != nil || !before.IsObject() || !after.IsObject() {
		return now
	}
	view := ViewOf(tree.Root())
	var edits []strictjson.Edit
	before.Diff(after, func(path []string, _, want *View) {
		if holder := view.At(path[:len(path)-1]); want != nil || holder.Kid(path[len(path)-1]) != nil {
			edits = append(edits, strictjson.Edit{Path: path, Value: want.JSON()})
		}
	})
	text, err := strictjson.Apply(tree, edits)
	if err != nil {
		return now
	}
	return string(text)
}

// settle writes the array's own register where it is not an array yet, or does
// not put the elements in this order.
func (d *arrayDraft) settle(order []string) {
	now := d.n.array()
	if isArray(d.n.reg.Value) && slices.Equal(now.keys, order) {
		return
	}
	stamp := d.w.after(later(d.bound, d.w.Over))
	d.n.raise(Register{Policy: d.is.kind, ID: d.is.id, Stamp: stamp, Era: d.n.reg.Era, Value: orderText(order)})
}

// reorder returns the elements that show now in the order that a writer wants
// who had and wants these: his order if he changed that, else the present one,
// with what he added where he put it.
func (d *arrayDraft) reorder(was, want []string) []string {
	now := d.n.array().keys
	if !slices.Equal(both(was, want), both(want, was)) {
		return refill(now, want)
	}
	had, wanted, shown := setOf(was), setOf(want), setOf(now)
	var order []string
	for _, key := range now {
		if had[key] || !wanted[key] {
			order = append(order, key)
		}
	}
	last := 0 // of what he had and still wants, in want
	for i, key := range want {
		if had[key] {
			last = i
		}
	}
	for i, key := range want {
		if had[key] || !shown[key] {
			continue
		}
		at := len(order)
		if i < last {
			at = afterLast(order, want[:i])
		}
		order = slices.Insert(order, at, key)
	}
	return order
}

// afterLast returns the place behind the last of these keys that is in order,
// the first place if none is.
func afterLast(order, keys []string) int {
	for _, key := range slices.Backward(keys) {
		if i := slices.Index(order, key); i >= 0 {
			return i + 1
		}
	}
	return 0
}

// both returns those of a that are in b.
func both(a, b []string) []string {
	in := setOf(b)
	return slices.DeleteFunc(slices.Clone(a), func(key string) bool { return !in[key] })
}

func setOf(keys []string) map[string]bool {
	set := make(map[string]bool, len(keys))
	for _, key := range keys {
		set[key] = true
	}
	return set
}

// refill returns keys with those that are in order, in that order: the others
// stay where they are.
func refill(keys, order []string) []string {
	order = both(order, keys)
	out, moved := slices.Clone(keys), setOf(order)
	next := 0
	for i, key := range out {
		if moved[key] {
			out[i] = order[next]
			next++
		}
	}
	return out
}

// arrayEdit is what a foreign writer did to an array: the value of one element,
// or the order of those that he knew.
type arrayEdit struct {
	element string
	order   []string
}

// editArray writes an edit of an array.
func (p *pen) editArray(c Change) {
	n := p.d.growTo(c.Path)
	is := ruleAt(p.fields, c.Path)
	if n.has && is.less(n.reg.rule()) {
		is = n.reg.rule()
	}
	if c.edit.element != "" { // which does not show that value, or it were no edit
		p.putElement(n, c.edit.element, c.Want.JSON())
		return
	}
	d := p.arrayDraft(n, is)
	order := refill(d.had.keys, c.edit.order)
	if len(d.had.keys) == 0 || !slices.Equal(order, d.had.keys) {
		d.settle(order)
	}
}
