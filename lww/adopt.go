package lww

import (
	"slices"
	"strings"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// Adoption says what became of the edits that a foreign writer made. Keys are
// JSON Pointers, or names of group instances.
type Adoption struct {
	// Adopted edits are part of the document now.
	Adopted []string
	// Rejected edits are not: they would have put back a value that was
	// superseded, or can't be shown.
	Rejected []string
}

// Adopt joins a file's text into ours, the last state known: first the
// registers that the file's block vouches for, then what other programs did to
// the text. A file without a block is judged by past, which may be nil, and
// which remembers the file. ours is changed.
//
// The result depends on nothing but the arguments, so that every device that
// sees the same file comes to the same state: a foreign write carries the
// reserved actor and the successor of the stamp that it overwrote.
func Adopt(ours *Document, past *History, file *Decoded) Adoption {
	if past == nil {
		past = &History{}
	}
	a := &adopter{doc: ours, past: past, file: file}
	if file.Block != Intact {
		if ours.empty() {
			a.importAll(nil, file.View)
			ours.Lift() // as the next adoption would
			return a.Adoption
		}
		a.withoutBlock()
		return a.Adoption
	}
	ours.Lift()
	removed := a.losses() // judged against ours as the file found it
	ours.Merge(file.Doc)
	ours.Lift() // as the next adoption would
	var missing, orders []edit
	for _, e := range file.edits {
		switch {
		case e.order != nil:
			orders = append(orders, e)
		case file.Partial && e.removes(), e.element != "" && e.want == nil && !a.knows(e):
		case e.want == nil && e.element == "":
			missing = append(missing, e)
		case a.onlyRemoves(e):
		case a.putsBack(e):
			a.reject(e)
			a.remember(e)
		default:
			a.edit(e)
		}
	}
	if !file.Partial {
		removed = append(removed, slices.DeleteFunc(missing, func(e edit) bool { return !a.saw(e) })...)
		for _, e := range a.whole(a.shrink(removed)) {
			a.edit(e)
		}
	}
	for _, e := range orders {
		a.edit(e)
	}
	return a.Adoption
}

// saw reports whether what the program removed is what we have: of an object
// that was empty, that it still is.
func (a *adopter) saw(e edit) bool {
	r, ok := a.doc.Register(pointer(e.path))
	shown := a.doc.at(e.path).array()
	switch {
	case e.hollow, ok && r.Policy == LWW && r.Stamp == e.over:
		return a.doc.At(e.path).Equal(a.file.Doc.At(e.path))
	case shown != nil && isArray(shown.text()):
		return true // its elements are judged one by one
	}
	return ok && r.Stamp == e.over
}

// removes reports whether the edit is, or may be, the lack of something.
func (e edit) removes() bool {
	return e.want == nil && e.order == nil || e.tuple != nil && e.want.Len() < len(e.tuple.owned)
}

// onlyRemoves reports whether the edit put an empty object where ours has one that
// is not. What it lacks of that is judged by what the block lists.
func (a *adopter) onlyRemoves(e edit) bool {
	return e.tuple == nil && e.want.IsObject() && e.want.Len() == 0 && a.doc.At(e.path).IsObject() &&
		ruleAt(a.doc.Policies.fields(), e.path).kind == LWW
}

// empty reports whether nothing was ever written.
func (d *Document) empty() bool {
	return !d.root.has && d.root.kids.len() == 0 && len(d.tuples) == 0
}

type adopter struct {
	Adoption
	doc  *Document
	past *History
	file *Decoded
}

// edit writes one edit, unless the document shows that value already.
func (a *adopter) edit(e edit) {
	changes, key := e.changes()
	changes = slices.DeleteFunc(changes, a.says)
	if len(changes) == 0 {
		return
	}
	if a.isOfAnotherRule(e) {
		a.Rejected = append(a.Rejected, key)
		return
	}
	err := a.doc.Write(Writer{Actor: Foreign, Over: e.over}, changes...)
	if err != nil || !slices.ContainsFunc(changes, a.says) {
		a.Rejected = append(a.Rejected, key) // a first that has a value keeps it
		return
	}
	a.Adopted = append(a.Adopted, key)
}

// isOfAnotherRule reports whether the edit is of an element that the array hides
// whatever its stamp: written, it would be written anew with each look at the file.
func (a *adopter) isOfAnotherRule(e edit) bool {
	if e.element == "" {
		return false
	}
	is := ruleAt(a.doc.Policies.fields(), e.path)
	if n := a.doc.at(e.path); n != nil && n.has && is.less(n.reg.rule()) {
		is = n.reg.rule()
	}
	return is.kind.Elements() && !is.owns(e.element)
}

// key is what the edit is about: a pointer, or the name of an instance.
func (e edit) key() string {
	if e.tuple != nil {
		return e.tuple.name
	}
	if e.element != "" {
		return elementPointer(pointer(e.path), e.element)
	}
	return pointer(e.path)
}

// says reports whether the document shows already what the change wants.
func (a *adopter) says(c Change) bool {
	switch {
	case c.edit == nil:
		return same(a.doc.At(c.Path), c.Want)
	case c.edit.element != "":
		return same(a.doc.element(c.Path, c.edit.element), c.Want)
	}
	shown := a.doc.at(c.Path).array()
	return shown != nil && isArray(shown.text()) && slices.Equal(refill(shown.keys, c.edit.order), shown.keys)
}

// knows reports whether ours has the element by the stamp of the entry that
// lists it.
func (a *adopter) knows(e edit) bool {
	r, has := a.doc.at(e.path).elem(e.element)
	return has && r.Stamp == e.over
}

// shrink removes elements, and leaves away the removals of arrays that have
// others yet.
func (a *adopter) shrink(removed []edit) []edit {
	for _, e := range removed {
		if e.element != "" {
			a.edit(e)
		}
	}
	return slices.DeleteFunc(slices.Clone(removed), func(e edit) bool {
		shown := a.doc.at(e.path).array()
		return e.element != "" || e.want == nil && shown != nil && len(shown.keys) > 0
	})
}

// changes returns the writes that make up the edit: one, or one for each
// member of a group.
func (e edit) changes() ([]Change, string) {
	switch {
	case e.element != "" || e.order != nil:
		return []Change{{Path: e.path, Want: e.want, edit: &arrayEdit{e.element, e.order}}}, e.key()
	case e.tuple == nil:
		return []Change{{Path: e.path, Want: e.want}}, e.key()
	}
	var out []Change
	for _, m := range e.tuple.owned {
		out = append(out, Change{Path: append(slices.Clone(e.path), m), Want: e.want.Kid(m)})
	}
	return out, e.key()
}

// same reports whether theirs is no edit of ours: equal, or spelled as a
// program that reads numbers as float64 would write it back.
func same(ours, theirs *View) bool {
	if ours.Equal(theirs) {
		return true
	}
	return ours != nil && theirs != nil && isNumber(ours.Leaf) && isNumber(theirs.Leaf) &&
		strictjson.SameNumber(ours.Leaf, theirs.Leaf)
}

func isNumber(raw string) bool {
	return raw != "" && (raw[0] == '-' || '0' <= raw[0] && raw[0] <= '9')
}

// losses returns the removals by hand of leaves that the block covers: those
// that the entry lists and we know by the same stamp. Of a leaf that we don't
// know there is nothing left to remove.
func (a *adopter) losses() []edit {
	var out []edit
	for _, c := range a.file.block.losses() {
		if c.array != nil {
			out = append(out, a.arrayLosses(c)...)
			continue
		}
		digests := newDigester(a.file.Doc.Salt)
		path, _ := strictjson.SplitPointer(c.key)
		a.doc.at(path).each(c.key, func(at string, r Register) bool {
			p, err := strictjson.SplitPointer(at)
			if err == nil && !r.Dead && r.Stamp == c.entry.stamp && a.file.View.At(p) == nil &&
				slices.Contains(c.lost, digests.of(at, r.Value)) {
				out = append(out, edit{path: p, over: r.Stamp})
			}
			return true
		})
	}
	return out
}

// whole makes one removal of those by which an object lost all that it showed
// and is gone itself: else it would stay behind, empty.
func (a *adopter) whole(removed []edit) []edit {
	slices.SortFunc(removed, func(x, y edit) int { return slices.Compare(x.path, y.path) })
	gone := map[string]bool{}
	for _, e := range removed {
		changes, _ := e.changes()
		for _, c := range changes {
			gone[pointer(c.Path)] = true
		}
	}
	var out []edit
	done := map[string]int{}
	for _, e := range removed {
		if top, ok := a.emptied(e, gone); ok {
			e = edit{path: top, over: e.over}
		}
		if i, ok := done[e.key()]; ok {
			out[i].over = later(out[i].over, e.over)
			continue
		}
		done[e.key()] = len(out)
		out = append(out, e)
	}
	return out
}

// emptied returns the topmost object around the removal that the text lacks and
// of which nothing is left.
func (a *adopter) emptied(e edit, gone map[string]bool) ([]string, bool) {
	objects := len(e.path) // on the path, the root included
	if e.tuple != nil {
		objects++
	}
	for depth := 1; depth < objects; depth++ {
		if top := e.path[:depth]; a.file.View.At(top) == nil && a.allGone(top, gone) {
			return top, true
		}
	}
	return nil, false
}

// allGone reports whether all that ours shows below path is among the removed.
func (a *adopter) allGone(path []string, gone map[string]bool) bool {
	all := true
	a.doc.At(path).eachLeaf(pointer(path), func(at string) { all = all && isWithin(at, gone) })
	return all
}

// isWithin reports whether one of the pointers is that of the place or of one
// above it.
func isWithin(at string, pointers map[string]bool) bool {
	for !pointers[at] {
		cut := strings.LastIndexByte(at, '/')
		if cut < 0 {
			return false
		}
		at = at[:cut]
	}
	return true
}

// importAll takes a file without any history: everything at the zero stamp.
func (a *adopter) importAll(path []string, v *View) {
	if v.IsObject() && (v.Len() > 0 || len(path) == 0) {
		for key, kid := range v.Members() {
			a.importAll(append(path[:len(path):len(path)], key), kid)
		}
		return
	}
	a.doc.growTo(path).raise(Register{Value: v.JSON()})
}

// withoutBlock judges a rewrite by a program that drops what it does not know:
// SPEC.md section 5.1.
func (a *adopter) withoutBlock() {
	a.doc.Lift()
	groups, fields := a.doc.Policies.groups(), a.doc.Policies.fields()
	digests, now := newDigester(a.doc.Salt), a.present(groups, fields)
	var known []witness
	var edits []edit
	found, orders := a.itemise(fields, leaves(groups, fields, nil, a.file.View))
	for _, e := range found {
		w := witness{key: e.key(), past: a.past.Past[e.key()]}
		r, shows := now[w.key]
		if shows {
			w.now = digests.ofRegister(w.key, r)
		}
		e.witness = len(known)
		if shows || len(w.past) > 0 {
			w.digest = digests.ofView(w.key, e.want)
			if shows && a.agrees(e) {
				w.now = w.digest
			}
			known = append(known, w)
		} else {
			e.witness = -1
		}
		edits = append(edits, e)
	}
	base := inferBase(known, len(known) < len(edits))
	var removed []edit
	if !a.file.Partial {
		removed = a.removals(digests, now, base)
	}
	for _, e := range edits {
		a.judge(e, known, base)
	}
	for _, e := range a.whole(removed) {
		a.edit(e)
	}
	for _, e := range orders {
		a.edit(e)
	}
}

// present returns the registers that say what ours shows. An empty object that only
// tombstones keep open has none; it counts as one of the zero stamp.
func (a *adopter) present(groups []named, fields []Policy) map[string]Register {
	now := a.doc.Showing()
	for _, e := range leaves(groups, fields, nil, a.doc.View()) {
		if key := e.key(); e.tuple == nil && e.want.IsObject() && e.want.Len() == 0 && now[key].Value == "" {
			now[key] = Register{Value: "{}"}
		}
	}
	return now
}

// judge adopts what the program changed. What it only had is old news.
func (a *adopter) judge(e edit, known []witness, base uint64) {
	switch {
	case e.element != "":
		a.judgeElement(e, known, base)
		return
	case e.tuple == nil && same(a.doc.At(e.path), e.want), a.file.Partial && e.removes():
		return
	case e.tuple == nil && e.want.IsObject() && e.want.Len() == 0 && a.doc.At(e.path).IsObject():
		return // an empty object deletes nothing
	case e.witness >= 0 && a.isOld(e, known[e.witness].judge(base)), a.putsBack(e):
		a.reject(e)
		a.refuse(e, known)
		return
	}
	a.edit(e)
}

// refuse remembers what the file showed though it was only old.
func (a *adopter) refuse(e edit, known []witness) {
	if e.witness >= 0 && known[e.witness].digest != known[e.witness].now {
		a.past.refuse(e.key(), known[e.witness].digest)
	}
}

// judgeElement adopts what the program did to an element of an array. It had all
// elements of its base, so one that it lacks was removed, if the base had it.
func (a *adopter) judgeElement(e edit, known []witness, base uint64) {
	v := edited
	if e.witness >= 0 {
		v = known[e.witness].judge(base)
	}
	switch {
	case same(a.doc.element(e.path, e.element), e.want):
	case e.want == nil && (v != edited || a.file.Partial):
	case v == stale:
		a.Rejected = append(a.Rejected, e.key())
		a.refuse(e, known)
	default:
		a.edit(e)
	}
}

// itemise replaces the arrays whose elements merge by edits of each element that
// the file or ours has, and of their orders.
func (a *adopter) itemise(fields []Policy, all []edit) (items, orders []edit) {
	for _, e := range all {
		is := ruleAt(fields, e.path)
		if e.tuple != nil || !is.kind.Elements() || !isArray(e.want.JSON()) {
			items = append(items, e)
			continue
		}
		ours := a.doc.at(e.path).array()
		if ours == nil {
			ours = &array{}
		}
		raws := elementsOf(e.want.Leaf)
		keys := is.name(raws, ours.keys, func(key, raw string) bool { return strictjson.Equal(ours.elems[key].Value, raw) })
		for i, key := range keys {
			if key != "" {
				items = append(items, edit{path: e.path, element: key, want: &View{Leaf: raws[i]}})
			}
		}
		there := setOf(keys)
		for _, key := range ours.keys {
			if !there[key] {
				items = append(items, edit{path: e.path, element: key, over: ours.elems[key].Stamp})
			}
		}
		orders = append(orders, edit{path: e.path, order: compact(keys)})
	}
	return items, orders
}

// isOld reports whether the program only had the value. Where the history does
// not reach back, a value that it does not know may be older or new: of a
// single field the write counts, of a group what we have, because to put back
// half of what belongs together, or a token, is worse than to lose an edit.
func (a *adopter) isOld(e edit, v verdict) bool {
	return v == stale || v == unproven && e.tuple != nil
}

func (a *adopter) reject(e edit) {
	if !a.agrees(e) {
		a.Rejected = append(a.Rejected, e.key())
	}
}

// agrees reports whether ours shows already what the edit is to make of it.
func (a *adopter) agrees(e edit) bool {
	changes, _ := e.changes()
	return !slices.ContainsFunc(changes, func(c Change) bool { return !a.says(c) })
}

// putsBack reports whether the edit of a group holds a secret that was spent
// and is not the present one.
func (a *adopter) putsBack(e edit) bool {
	if e.tuple == nil {
		return false
	}
	for _, m := range a.doc.Policies.secrets(*e.tuple) {
		theirs, ours := e.want.Kid(m), a.doc.At(append(slices.Clone(e.path), m))
		if !theirs.isBlank() && !theirs.Equal(ours) && a.isSpent(e, theirs) {
			return true
		}
	}
	return false
}

// remember keeps what the entry of a refused tuple says, if nothing else is known
// of the instance: the list, for the next time. The tuple itself is lost, and
// any copy that has it wins.
func (a *adopter) remember(e edit) {
	if _, known := a.doc.tuples[e.tuple.name]; !known && e.entry.spent != "" {
		a.doc.Put(e.tuple.name, e.entry.register(e.tuple.policy.rule(), "{}"))
	}
}

// isSpent reports whether the secret was superseded: as the folder remembers, or
// by what our register or the file's entry lists.
func (a *adopter) isSpent(e edit, v *View) bool {
	return a.past.isSpent(a.doc, v) ||
		lists(a.doc.tuples[e.tuple.name].Spent, a.doc.spentDigest(v)) ||
		lists(e.entry.spent, a.file.Doc.spentDigest(v))
}

// removals returns what the file lacks and is meant to: the leaves that an
// earlier file without a block had, and that this one had exactly, but for
// them. A single file says nothing: its writer may never have known them.
func (a *adopter) removals(digests *digester, now map[string]Register, base uint64) []edit {
	words, all := vocabulary(digests, a.file.View)
	missing := a.past.missing(words)
	a.past.see(all)
	var out []edit
	for _, key := range sortedKeys(now) {
		r := now[key]
		if isInstance(key) {
			if e, ok := a.logout(key, r, base, missing, digests); ok {
				out = append(out, e)
			}
			continue
		}
		path, err := strictjson.SplitPointer(key)
		if err == nil && !r.Dead && r.view().isMissing(key, digests, missing) && a.file.View.At(path) == nil {
			out = append(out, edit{path: path, over: r.Stamp})
		}
	}
	return out
}

// logout returns the removal of a group. It is one only if the program had the
// present tuple when it removed it.
func (a *adopter) logout(key string, r Register, base uint64, missing map[string]bool, digests *digester) (edit, bool) {
	path, ok := a.doc.Policies.seatPath(key)
	if !ok || base < (witness{past: a.past.Past[key]}).since() {
		return edit{}, false
	}
	for _, s := range seatsAt(a.doc.Policies.groups(), path) {
		if s.name != key {
			continue
		}
		for _, m := range s.owned {
			at := append(slices.Clone(path), m)
			if ours := a.doc.At(at); a.file.View.At(at) != nil || ours != nil && !ours.isMissing(pointer(at), digests, missing) {
				return edit{}, false
			}
		}
		return edit{path: path, want: &View{}, over: r.Stamp, tuple: &s}, r.Value != "{}"
	}
	return edit{}, false
}

// leaves lists the leaves of a text; its groups and the fields that have a policy
// of their own each as one, whatever they hold.
func leaves(groups []named, fields []Policy, path []string, v *View) []edit {
	if !v.IsObject() || v.Len() == 0 || ruleAt(fields, path).kind != LWW {
		return []edit{{path: path, want: v}}
	}
	var out []edit
	owned := map[string]bool{}
	for _, s := range seatsAt(groups, path) {
		e := edit{path: path, want: &View{}, tuple: &s}
		for _, m := range s.owned {
			owned[m] = true
			if kid := v.Kid(m); kid != nil {
				e.want.Put(m, kid)
			}
		}
		if e.want.Len() > 0 {
			out = append(out, e)
		}
	}
	for key, kid := range v.Members() {
		if !owned[key] {
			out = append(out, leaves(groups, fields, append(path[:len(path):len(path)], key), kid)...)
		}
	}
	return out
}
