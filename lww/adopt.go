package lww

import (
	"slices"

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
// the text. A file without a block is judged by past. ours is changed.
//
// The result depends on nothing but the arguments, so that every device that
// sees the same file comes to the same state: a foreign write carries the
// reserved actor and the successor of the stamp that it overwrote.
func Adopt(ours *Document, past History, file *Decoded) Adoption {
	a := &adopter{doc: ours, past: past, file: file}
	if file.Block != Intact {
		if ours.empty() {
			a.importAll(nil, file.View)
			return a.Adoption
		}
		a.withoutBlock()
		return a.Adoption
	}
	lost := a.losses() // judged against ours as the file found it
	ours.Merge(file.Doc)
	for _, e := range file.edits {
		a.edit(e)
	}
	for _, e := range lost {
		a.edit(e)
	}
	return a.Adoption
}

// empty reports whether nothing was ever written.
func (d *Document) empty() bool {
	return !d.root.has && len(d.root.kids) == 0 && len(d.tuples) == 0
}

type adopter struct {
	Adoption
	doc  *Document
	past History
	file *Decoded
}

// edit writes one edit, unless the document shows that value already.
func (a *adopter) edit(e edit) {
	changes, key := e.changes()
	changes = slices.DeleteFunc(changes, func(c Change) bool { return same(a.doc.At(c.Path), c.Want) })
	if len(changes) == 0 {
		return
	}
	if err := a.doc.Write(Writer{Actor: Foreign, Over: e.over}, changes...); err != nil {
		a.Rejected = append(a.Rejected, key)
		return
	}
	a.Adopted = append(a.Adopted, key)
}

// changes returns the writes that make up the edit: one, or one for each
// member of a group.
func (e edit) changes() ([]Change, string) {
	if e.tuple == nil {
		return []Change{{e.path, e.want}}, pointer(e.path)
	}
	var out []Change
	for _, m := range e.tuple.owned {
		out = append(out, Change{append(slices.Clone(e.path), m), e.want.Kid(m)})
	}
	return out, e.tuple.name
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
		digests := newDigester(a.file.Doc.Salt)
		path, _ := strictjson.SplitPointer(c.key)
		a.doc.at(path).each(c.key, func(at string, r Register) bool {
			p, _ := strictjson.SplitPointer(at)
			if r.Policy == LWW && !r.Dead && r.Stamp == c.entry.stamp && a.file.View.At(p) == nil &&
				slices.Contains(c.lost, digests.of(at, r.Value)) {
				out = append(out, edit{path: p, over: r.Stamp})
			}
			return true
		})
	}
	slices.SortFunc(out, func(x, y edit) int { return slices.Compare(x.path, y.path) })
	return out
}

// importAll takes a file without any history: everything at the zero stamp.
func (a *adopter) importAll(path []string, v *View) {
	if v.IsObject() && (len(v.Kids) > 0 || len(path) == 0) {
		for key, kid := range v.Kids {
			a.importAll(append(path[:len(path):len(path)], key), kid)
		}
		return
	}
	a.doc.growTo(path).raise(Register{Value: v.JSON()})
}

// withoutBlock judges a rewrite by a program that drops what it does not know.
// What it lacks is no removal: it may never have known it. What it puts back
// is no edit.
func (a *adopter) withoutBlock() {
	a.doc.Lift()
	groups := a.doc.Policies.groups()
	for _, e := range a.differences(groups, nil, a.doc.View(), a.file.View) {
		key, value := pointer(e.path), e.want.JSON()
		if e.tuple != nil {
			key = e.tuple.name
		}
		if a.past.Has(key, a.doc.Digest(key, value)) {
			a.Rejected = append(a.Rejected, key)
			continue
		}
		a.edit(e)
	}
}

// differences lists where theirs shows something else than ours.
func (a *adopter) differences(groups []named, path []string, ours, theirs *View) []edit {
	if !theirs.IsObject() || len(theirs.Kids) == 0 {
		if theirs.IsObject() && ours.IsObject() || same(ours, theirs) {
			return nil
		}
		return []edit{{path: path, want: theirs}}
	}
	var out []edit
	owned := map[string]bool{}
	for _, s := range seatsAt(groups, path) {
		e := edit{path: path, want: &View{}, tuple: &s}
		for _, m := range s.owned {
			owned[m] = true
			if kid := theirs.Kid(m); kid != nil {
				e.want.put(m, kid)
			}
		}
		if len(e.want.Kids) > 0 {
			out = append(out, e)
		}
	}
	for _, key := range sortedKeys(theirs.Kids) {
		if !owned[key] {
			out = append(out, a.differences(groups, append(path[:len(path):len(path)], key), ours.Kid(key), theirs.Kids[key])...)
		}
	}
	return out
}
