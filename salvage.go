package cfgmerge

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// remains is what is whole in a text that may be damaged.
type remains struct {
	// file is nil if nothing is whole.
	file   *lww.Decoded
	whole  bool // the text is sound
	source string
	losses []strictjson.Loss
	// removed is what the block lists and the text lacks, by pointer.
	removed map[string][]string
}

// salvage takes a text apart, with the block that was kept beside it, if any.
// Its error is *VersionError. An adoption consumes the result's file.
func (d *Doc) salvage(text []byte, block string) (remains, error) {
	tree, err := strictjson.ParseObject(text, d.limits())
	r := remains{whole: err == nil}
	if !r.whole {
		tree, r.losses = d.salvageTree(text)
	}
	if tree == nil {
		return r, nil
	}
	r.source = tree.Source()
	r.file, err = decodeText(tree, block)
	if err != nil {
		return r, err
	}
	r.file.Partial = !r.whole
	r.removed = map[string][]string{}
	for _, e := range r.file.Edits() {
		if e.Removed && !r.whole {
			r.removed[strictjson.JoinPointer(e.Path...)] = e.Path
		}
	}
	if !r.whole && r.file.Doc.Salt == "" {
		r.file.Doc.ID = "" // half an identity is none
	}
	return r, nil
}

// salvageTree returns what is whole in a damaged text. Of a text with git's
// conflict markers it is our side.
func (d *Doc) salvageTree(text []byte) (*strictjson.Tree, []strictjson.Loss) {
	if ours, _, ok := conflictSides(string(text)); ok {
		tree, _ := strictjson.ParseObject([]byte(ours), d.limits())
		return tree, nil
	}
	tree, losses := strictjson.Salvage(text, d.limits())
	if tree != nil && d.shape != nil {
		st := &state{tree: tree}
		tree, losses = withoutHalves(tree, losses, d.shape.SpellTable(st.keys))
	}
	return tree, losses
}

// assembleDamaged is assemble for files that may be beyond recovery: then the
// state is what can be salvaged of them.
func (d *Doc) assembleDamaged(s sighting) (*state, error) {
	st, err := assemble(s)
	var damaged *CorruptError
	if !errors.As(err, &damaged) {
		return st, err
	}
	st.origin = fromSalvage
	if st.tree, st.losses = d.salvageTree(s.main.Data); st.tree == nil {
		return st, nil
	}
	if err := st.decode(); err != nil {
		return st, err
	}
	if st.doc.Salt == "" {
		st.doc.ID = ""
	}
	return st, nil
}

// damageOf is what is wrong with a text; nil if nothing is.
func (d *Doc) damageOf(text []byte) *CorruptError {
	var damaged *CorruptError
	_, err := strictjson.ParseObject(text, d.limits())
	errors.As(corrupt(err), &damaged)
	return damaged
}

// withoutHalves drops the groups of which not every member is left, unless the
// object that holds them is known to be whole: half a pair of tokens is worth
// nothing.
func withoutHalves(tree *strictjson.Tree, losses []strictjson.Loss, table lww.Table) (*strictjson.Tree, []strictjson.Loss) {
	groups := &lww.Document{}
	groups.Declare(table)
	var edits []strictjson.Edit
	for path := range lww.ViewOf(tree.Root()).Leaves(nil) {
		holder, members, ok := groups.GroupAt(path)
		if !ok || isWhole(holder, losses) || hasAll(tree, holder, members) {
			continue
		}
		member := path[:len(holder)+1]
		edits = append(edits, strictjson.Edit{Path: member})
		losses = append(losses, strictjson.Loss{Path: member})
	}
	if len(edits) == 0 {
		return tree, losses
	}
	text, err := strictjson.Apply(tree, edits)
	if err != nil {
		return nil, losses
	}
	tree, _ = strictjson.ParseObject(text, ourOwn())
	return tree, losses
}

// isWhole reports whether nothing was lost in the object at path. Of the root
// nobody knows.
func isWhole(path []string, losses []strictjson.Loss) bool {
	return len(path) > 0 && !slices.ContainsFunc(losses, func(l strictjson.Loss) bool {
		return len(l.Path) >= len(path) && slices.Equal(l.Path[:len(path)], path)
	})
}

func hasAll(tree *strictjson.Tree, holder, members []string) bool {
	object, ok := tree.Root().At(holder)
	return ok && !slices.ContainsFunc(members, func(m string) bool {
		_, has := object.Get(m)
		return !has
	})
}

// fields are the leaves of what is whole.
func (r remains) fields() [][]string {
	if r.file == nil || r.file.View.Len() == 0 {
		return nil
	}
	return slices.Collect(r.file.View.Leaves(nil))
}

// hasHoles reports whether bytes were lost that may have named fields. Brackets
// and commas name nothing.
func (r remains) hasHoles(damage *CorruptError, text []byte) bool {
	switch strictjson.Class(damage.Class) {
	case strictjson.TrailingGarbage, strictjson.DuplicateKey, strictjson.UTF16, strictjson.ConflictMarkers:
		return false
	case strictjson.Truncated, strictjson.NULFilled, strictjson.Empty, strictjson.WhitespaceOnly:
		return true
	}
	return bare(r.source) != bare(string(text))
}

func bare(text string) string {
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune(" \t\r\n,{}[]\ufeff", c) {
			return -1
		}
		return c
	}, text)
}

// namesHistory reports whether the file has a block, or something left of one.
func (r remains) namesHistory() bool {
	return r.file != nil && r.file.Block != lww.Absent || r.lostInBlock()
}

func (r remains) lostInBlock() bool {
	return slices.ContainsFunc(r.losses, func(l strictjson.Loss) bool { return len(l.Path) > 0 && l.Path[0] == lww.BlockKey })
}

// historyLost reports whether the file had, or may have had, a history that is
// not all there.
func (r remains) historyLost(holes bool) bool {
	if r.file != nil && r.file.Block == lww.Intact {
		return r.lostInBlock()
	}
	return r.namesHistory() || holes
}

// wouldLose reports whether doc lacks a field that is whole in the file. Known
// to be removed, replaced by something newer, or half of a group is not lacking.
func (r remains) wouldLose(doc *lww.Document) bool {
	return slices.ContainsFunc(r.fields(), func(path []string) bool {
		_, _, grouped := doc.GroupAt(path)
		return !grouped && doc.At(path) == nil && !isSuperseded(doc, path)
	})
}

// isSuperseded reports whether the document knows that path was removed, or
// shows a value in the place of an object that it was in.
func isSuperseded(doc *lww.Document, path []string) bool {
	for depth := range len(path) + 1 {
		reg, ok := doc.Register(strictjson.JoinPointer(path[:depth]...))
		v := doc.At(path[:depth])
		if ok && reg.Dead || v != nil && !v.IsObject() {
			return true
		}
	}
	return false
}

// lost returns the pointers of what the file names and no source has.
func (r *repair) lost(doc *lww.Document) []string {
	named := map[string][]string{}
	for _, l := range r.file.losses {
		named[strictjson.JoinPointer(l.Path...)] = l.Path
	}
	for _, path := range r.file.fields() {
		if doc.At(path) == nil {
			named[strictjson.JoinPointer(path...)] = path
		}
	}
	for pointer, path := range r.file.removed {
		named[pointer] = path
	}
	var out []string
	for _, pointer := range slices.Sorted(maps.Keys(named)) {
		path := named[pointer]
		if (len(path) == 0 || path[0] != lww.BlockKey) && !r.elsewhere(path) && (doc.At(path) != nil || !isSuperseded(doc, path)) {
			out = append(out, pointer)
		}
	}
	return out
}

// elsewhere reports whether a source other than the file has the field.
func (r *repair) elsewhere(path []string) bool {
	return slices.ContainsFunc(r.report.Sources, func(s RepairSource) bool {
		return s.doc != nil && s.Name != "file" && s.doc.At(path) != nil
	})
}

func sortedFields(registers map[string]lww.Register) []string {
	return slices.Sorted(maps.Keys(registers))
}
