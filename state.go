package cfgmerge

import (
	"errors"
	"maps"
	"reflect"
	"slices"

	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/schema"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// sighting is one look at the disk: the file and what the state folder
// remembers of it.
type sighting struct {
	main     fileio.Content
	memories []*memory
	spent    func(digest string) bool
	// earlier are texts that foreign programs wrote before main, and that
	// nobody has adopted: what killed processes left.
	earlier [][]byte
	// limits are those of the texts that are let in.
	limits strictjson.Limits
}

// same reports whether nothing moved between two looks.
func (s sighting) same(t sighting) bool {
	if s.main.Exists != t.main.Exists || s.main.Info.Inode != t.main.Info.Inode ||
		s.main.Digest != t.main.Digest || len(s.memories) != len(t.memories) {
		return false
	}
	for i := range s.memories {
		if s.memories[i].describes != t.memories[i].describes {
			return false
		}
	}
	return true
}

// origin says what a state was made from.
type origin uint8

const (
	fromFile    origin = iota // the file, and nothing contradicts it
	fromNew                   // there is no file, or an empty one
	fromMemory                // the file is damaged: the last good state
	fromSalvage               // the file is damaged: what is left of it
)

// state is the document as one look at the disk makes it out.
type state struct {
	sighting
	doc    *lww.Document
	past   *lww.History
	layout Layout // Auto: nothing is there to tell
	origin origin
	// tree is the text that edits start from; nil if there is none.
	tree *strictjson.Tree
	// shown is what the tree shows, before anything is adopted; nil if that
	// was not needed yet.
	shown *lww.View
	// file is the text taken apart; nil unless the origin is the file, and
	// this process did not write it.
	file *lww.Decoded
	// exact: a memory describes exactly this file, so nobody else wrote it.
	exact bool
	// removed: the file is gone, and what is remembered of it no longer
	// counts.
	removed bool
	// replaced: the file is another document than the remembered one.
	replaced bool
	lww.Adoption
	// undeclared are the program's policies that the file does not have yet.
	undeclared []string
	// losses are what a salvage could not read.
	losses []strictjson.Loss
	// before is the document as it was before the adoption.
	before *lww.Document
}

// assemble makes a state of a sighting. It decides, and touches nothing. The
// errors are *CorruptError and *VersionError.
func assemble(s sighting) (*state, error) {
	st := &state{sighting: s, doc: &lww.Document{}, past: &lww.History{}}
	if !s.main.Exists {
		st.origin, st.removed = fromNew, len(s.memories) > 0
		return st, nil
	}
	tree, err := strictjson.ParseObject(s.main.Data, s.limits)
	if err != nil {
		return st, st.recover(err)
	}
	st.tree = tree
	return st, st.decode()
}

// recover takes the last good state for a file that can't be read. An empty
// file without one is new; anything else is an error.
func (st *state) recover(reason error) error {
	if m, tree, file := st.lastGood(); m != nil {
		st.doc, st.past, st.layout, st.tree = file.Doc, m.history(), m.Layout, tree
		st.origin = fromMemory
		return nil
	}
	if len(st.main.Data) == 0 {
		st.origin = fromNew
		return nil
	}
	return corrupt(reason)
}

// lastGood returns the newest memory that was committed and can be decoded.
// One that was never committed would bring a failed save to life.
func (st *state) lastGood() (*memory, *strictjson.Tree, *lww.Decoded) {
	for _, m := range st.memories {
		if !m.committed {
			continue
		}
		if tree, file := m.decode(st.limits); file != nil {
			return m, tree, file
		}
	}
	return nil, nil, nil
}

// decode takes the file's text apart and adopts what others did to it.
func (st *state) decode() error {
	exact := st.matching()
	st.exact = exact != nil
	block, take := "", decodeText
	if exact != nil {
		st.past, st.layout, block, take = exact.history(), exact.Layout, exact.Block, recallText
	}
	file, err := take(st.tree, block)
	if err != nil {
		return err
	}
	st.file, file.Partial = file, st.origin == fromSalvage
	if st.exact && file.Block == lww.Intact && !file.Edited() {
		st.doc = file.Doc
		st.catchUp()
		return nil
	}
	st.exact = false
	st.adopt()
	return nil
}

// catchUp adopts the earlier texts. What they changed is older than what the
// file says, so the file's own edits come after them.
func (st *state) catchUp() {
	for _, text := range st.earlier {
		tree, err := strictjson.ParseObject(text, st.limits)
		if err != nil {
			continue
		}
		file, err := lww.Decode(tree.Root())
		if err != nil || isOther(file, st.doc) {
			continue
		}
		st.take(file)
	}
}

// isOther reports whether a text says that it is another document than doc.
func isOther(file *lww.Decoded, doc *lww.Document) bool {
	return file.Block == lww.Intact && doc.ID != "" && file.Doc.ID != doc.ID
}

// take adopts one text, and remembers what that superseded.
func (st *state) take(file *lww.Decoded) {
	st.past.Spent = st.spent
	before := st.doc.Clone()
	if st.before == nil {
		st.before = before
	}
	a := lww.Adopt(st.doc, st.past, file)
	st.past.Record(before, st.doc, before.Delta(st.doc))
	st.Adopted = append(st.Adopted, a.Adopted...)
	st.Rejected = append(st.Rejected, a.Rejected...)
}

// matching returns the memory of exactly this file, unless a newer one was
// committed since: then somebody has put an old file back.
func (st *state) matching() *memory {
	for _, m := range st.memories {
		if m.describes == st.main.Digest {
			return m
		}
		if m.committed {
			break
		}
	}
	return nil
}

// adopt judges a file that somebody else has written, by what is remembered.
func (st *state) adopt() {
	st.past = unite(st.memories)
	known := false
	for _, m := range st.memories {
		_, file := m.decode(st.limits)
		if file == nil || !m.committed {
			continue
		}
		if known && file.Doc.ID != st.doc.ID {
			continue // from before the file was removed and made anew
		}
		if !known {
			st.layout = m.Layout
		}
		known = true
		st.doc.Merge(file.Doc)
	}
	if st.file.Block == lww.Intact {
		st.layout = Embedded
		if known && st.doc.ID != st.file.Doc.ID {
			st.doc, st.past, st.replaced = &lww.Document{}, &lww.History{}, true
		}
	}
	st.catchUp()
	st.take(st.file)
	st.refuse()
}

// declared adds the program's own policies, under which it writes.
func (st *state) declared(shape *schema.Shape) *state {
	if st == nil || shape == nil {
		return st
	}
	table := shape.SpellTable(st.keys)
	if len(table) == 0 {
		return st
	}
	stored := maps.Clone(st.doc.Policies)
	if st.doc.Declare(table) {
		for name, p := range st.doc.Policies {
			if was, ok := stored[name]; !ok || !reflect.DeepEqual(was, p) {
				st.undeclared = append(st.undeclared, name)
			}
		}
		slices.Sort(st.undeclared)
	}
	st.doc.Lift()
	return st
}

// text returns what the file says, without the block and otherwise with the
// file's bytes; nil if there is no file.
func (st *state) text() ([]byte, error) {
	view := st.doc.View()
	if st.tree == nil && view.Len() == 0 {
		return nil, nil
	}
	return composeFrom(st.tree, st.textView(), view, "")
}

// refuse notes where the text shows something else than the document, though
// nothing of it was an edit: an older copy was put back, with its block.
func (st *state) refuse() {
	said := map[string]bool{}
	for _, key := range append(st.Adopted, st.Rejected...) {
		said[key] = true
		if array, ok := lww.ArrayOf(key); ok {
			said[array] = true
		}
	}
	st.doc.View().Diff(st.file.View, func(path []string, ours, theirs *lww.View) {
		key := st.doc.KeyOf(path)
		if !said[key] && st.file.Block == lww.Intact && ours != nil {
			said[key] = true
			st.Rejected = append(st.Rejected, key)
		}
	})
}

// textView is what the tree shows, before anything is adopted.
func (st *state) textView() *lww.View {
	switch {
	case st.shown != nil:
		return st.shown
	case st.file != nil:
		return st.file.View
	}
	return viewOf(st.tree)
}

// keys returns the keys of the text's object at path, in their order there.
func (st *state) keys(path []string) []string {
	if st.tree == nil {
		return nil
	}
	object, ok := st.tree.Root().At(path)
	if !ok {
		return nil
	}
	return keysOf(object)
}

// keysOf returns an object's keys, in the order of the text.
func keysOf(object strictjson.Node) []string {
	var keys []string
	for key := range object.Members() {
		keys = append(keys, key)
	}
	return keys
}

// doubtful reports whether another look may show something better: sync tools
// unlink before they rename, and old binaries truncate before they write.
func (st *state) doubtful(err error) bool {
	var damaged *CorruptError
	return errors.As(err, &damaged) || err == nil &&
		(st.removed || st.origin == fromMemory || st.origin == fromSalvage || st.main.Exists && len(st.main.Data) == 0)
}

// report is what the state says of itself.
func (st *state) report() Report {
	return Report{
		New: st.origin == fromNew, Recovered: st.origin == fromMemory, Replaced: st.replaced,
		Layout: st.layout, Adopted: st.Adopted, Rejected: st.Rejected,
	}
}
