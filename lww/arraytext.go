package lww

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// emitArray writes the entries of an array whose elements merge: of the array,
// with the digest of its order and of those elements that share its stamp, and
// of each other element.
func (e *encoder) emitArray(a *array, at string) {
	lone := a.lone()
	var digests []string
	for _, key := range a.keys {
		r, name := a.elems[key], elementPointer(at, key)
		digest := e.of(name, r.Value)
		if isArray(a.reg.Value) && r.Stamp == a.reg.Stamp && !lone[key] {
			digests = append(digests, digest)
		} else {
			e.entries[name] = entry{stamp: r.Stamp, digests: digest}
		}
	}
	for key, r := range a.elems {
		if r.Dead {
			e.entries[elementPointer(at, key)] = entry{form: tombstone, stamp: r.Stamp}
		}
	}
	if !a.reg.written() {
		return
	}
	own := entryOf(a.reg, "")
	if !a.reg.Dead {
		own.digests = e.of(at, a.reg.Value) + strings.Join(digests, "")
	}
	own.order = a.runs(lone)
	e.entries[at] = own
}

// lone are the elements that are called like another one: which is which can't
// be told by the text.
func (a *array) lone() map[string]bool {
	calls := map[string][]string{}
	lone := map[string]bool{}
	note := func(key string) {
		if _, called, _, ok := parseElement(key); ok {
			calls[called] = append(calls[called], key)
		}
	}
	for key := range a.elems {
		note(key)
	}
	for _, key := range a.listed() {
		if _, noted := a.elems[key]; !noted {
			note(key)
		}
	}
	for called, keys := range calls {
		if len(keys) > 1 || keys[0] != numbered(called, 0) {
			for _, key := range keys {
				lone[key] = true
			}
		}
	}
	return lone
}

// runs is the order as an entry has it: the numbers of elements that stand in
// the text in this order, between the keys that don't show, or that the text
// does not tell. Empty if the text says it all.
func (a *array) runs(lone map[string]bool) string {
	if !isArray(a.reg.Value) {
		return ""
	}
	var runs []string
	count := 0
	flush := func() {
		if count > 0 {
			runs = append(runs, strconv.Itoa(count))
		}
		count = 0
	}
	for _, key := range a.listed() {
		if a.shows(key) && !lone[key] {
			count++
			continue
		}
		flush()
		runs = append(runs, key)
	}
	if len(runs) == 0 && count == len(a.keys) {
		return ""
	}
	flush()
	return orderText(runs)
}

// unroll is the inverse of runs, given the keys of the elements in the text.
func unroll(runs string, keys []string) []string {
	if runs == "" {
		return keys
	}
	parts := elementsOf(runs)
	named := setOf(parts)
	rest := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return named[key] })
	var out []string
	for _, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil {
			out = append(out, part)
			continue
		}
		n = min(max(n, 0), len(rest))
		out, rest = append(out, rest[:n]...), rest[n:]
	}
	return out
}

// written is an array in the text, until all of its elements are judged.
type writtenArray struct {
	path []string
	at   string
	is   rule
	keys []string
	raws []string // of the keys
	entry
	listed bool
}

// array takes the text of an array apart whose elements merge.
func (r *reader) array(is rule, v *View, path []string, at string) {
	raws := elementsOf(v.Leaf)
	keys := is.name(raws, r.elements(at), func(key, raw string) bool {
		e := r.block.at[elementPointer(at, key)]
		return e.form == values && e.digests == r.of(elementPointer(at, key), raw)
	})
	w := &writtenArray{path: path, at: at, is: is, keys: compact(keys)}
	for i, key := range keys {
		if key != "" {
			w.raws = append(w.raws, raws[i])
		}
	}
	w.entry, w.listed = r.take(at)
	c := r.coverElements(w)
	for i, key := range w.keys {
		r.element(w, c, key, w.raws[i])
	}
	r.arrays = append(r.arrays, w)
}

// coverElements returns what elements inherit from.
func (r *reader) coverElements(w *writtenArray) *covering {
	c := &covering{key: w.at, entry: w.entry, array: w}
	if w.form != values || !w.listed {
		c.entry.digests = ""
		return c
	}
	c.entry.digests = w.digests[digestLen:]
	r.block.covers = append(r.block.covers, c)
	return c
}

// element handles one element of the text.
func (r *reader) element(w *writtenArray, c *covering, key, raw string) {
	name := elementPointer(w.at, key)
	e, listed := r.take(name)
	switch {
	case listed && e.form == values && e.digests == r.of(name, raw):
		r.Doc.growTo(w.path).raiseElement(key, Register{Stamp: e.stamp, Value: raw})
		return
	case listed:
		r.putElement(w.path, key, e)
	case w.listed && w.form == values:
		c.leaves = append(c.leaves, found{path: w.path, raw: raw, digest: r.of(name, raw), element: key})
		return
	}
	r.edits = append(r.edits, edit{path: w.path, element: key, want: &View{Leaf: raw}, over: later(e.stamp, w.era)})
}

// putElement records the tombstone of an element.
func (r *reader) putElement(path []string, key string, e entry) {
	if e.form == tombstone || e.form == typedTombstone {
		r.Doc.growTo(path).raiseElement(key, Register{Stamp: e.stamp, Dead: true})
	}
}

// elements returns the keys of the array's elements that have an entry, in the
// order in which those that show stand in the text.
func (r *reader) elements(at string) []string {
	places := map[string]int{}
	for i, key := range elementsOf(r.block.at[at].order) {
		places[key] = i + 1
	}
	place := func(key string) int {
		if i := places[key]; i > 0 {
			return i
		}
		return len(places) + 1
	}
	keys := r.namedIn(at)
	slices.SortFunc(keys, func(x, y string) int {
		a, b := r.block.at[elementPointer(at, x)], r.block.at[elementPointer(at, y)]
		return cmp.Or(cmp.Compare(place(x), place(y)), a.stamp.Compare(b.stamp), strings.Compare(x, y))
	})
	return keys
}

func (r *reader) namedIn(at string) []string {
	if r.named == nil {
		r.named = map[string][]string{}
		for _, key := range sortedKeys(r.block.at) {
			if array, element, ok := splitElement(key); ok {
				r.named[array] = append(r.named[array], element)
			}
		}
	}
	return r.named[at]
}

// order judges the array itself, once its elements are.
func (r *reader) order(w *writtenArray) {
	is, vouched := w.is, w.form != values || !w.listed
	switch {
	case !w.listed:
	case w.form == tombstone || w.form == emptyObject:
		r.putMark(w.at, w.entry)
	case w.form == typedTombstone:
		r.Doc.growTo(w.path).raise(w.entry.register(is, "").normal())
	case w.form == values:
		value := orderText(unroll(w.entry.order, w.keys))
		if reg := w.register(is, value).normal(); w.digest(0) == r.of(w.at, reg.Value) {
			r.Doc.growTo(w.path).raise(reg)
			vouched = true
		}
	}
	if a := r.Doc.at(w.path).array(); !vouched || a == nil || a.text() == "" || !slices.EqualFunc(a.values(), w.raws, strictjson.Equal) {
		r.edits = append(r.edits, edit{path: w.path, order: w.keys, over: later(w.stamp, w.era)})
	}
}

// missingElement handles an entry whose element the text lacks.
func (r *reader) missingElement(array, element string, e entry) {
	path, err := strictjson.SplitPointer(array)
	is, _, _, ok := parseElement(element)
	if err != nil || !ok || ruleAt(r.fields, path) != is {
		return
	}
	r.putElement(path, element, e)
	if e.form == values {
		r.edits = append(r.edits, edit{path: path, element: element, over: e.stamp})
	}
}

// keep records a leaf that the entry lists.
func (r *reader) keep(leaf found, e entry) {
	if leaf.element != "" {
		r.Doc.growTo(leaf.path).raiseElement(leaf.element, Register{Stamp: e.stamp, Value: leaf.raw})
		return
	}
	r.Doc.growTo(leaf.path).raise(e.register(rule{}, leaf.raw))
}

// arrayLosses returns the elements that an array's entry lists, that the text
// lacks, and that we know by the same stamp.
func (a *adopter) arrayLosses(c *covering) []edit {
	digests := newDigester(a.file.Doc.Salt)
	n := a.doc.at(c.array.path)
	if n == nil {
		return nil
	}
	var out []edit
	there, lost := setOf(c.array.keys), setOf(c.lost)
	for _, key := range sortedKeys(n.elems) {
		r := n.elems[key]
		if !r.Dead && r.Stamp == c.entry.stamp && !there[key] && lost[digests.of(elementPointer(c.key, key), r.Value)] {
			out = append(out, edit{path: c.array.path, element: key, over: r.Stamp})
		}
	}
	return out
}
