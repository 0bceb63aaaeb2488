package cfgmerge

import (
	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// written is what a save has left on disk, with what it meant. While the file
// and the slot that describes it are byte for byte that, the next save of this
// process need not take them apart again.
type written struct {
	memory *memory
	doc    *lww.Document
	tree   *strictjson.Tree
	view   *lww.View
}

// mostKept is the size, in bytes, of the largest text that is kept.
const mostKept = 4 << 20

func (c *commit) wrote(m *memory, tree *strictjson.Tree, view *lww.View) *written {
	if c.in.plain || len(m.Text) > mostKept {
		return nil
	}
	return &written{m, c.doc, tree, view}
}

// content is what the file holds if nobody has written since.
func (w *written) content() fileio.Content {
	if w == nil {
		return fileio.Content{}
	}
	return w.memory.file
}

// stands reports whether nobody else has written since.
func (w *written) stands(txn *fileio.Txn, main fileio.Content) (bool, error) {
	if w == nil || !main.Exists || main.Digest != w.memory.file.Digest {
		return false, nil
	}
	return txn.Remembers(main.Digest, w.memory.payload)
}

// state is what assemble would make of the sighting, while w stands.
func (w *written) state(s sighting) *state {
	m := *w.memory
	m.describes, m.committed = s.main.Digest, true
	s.memories = []*memory{&m}
	return &state{
		sighting: s,
		doc:      w.doc, past: m.history(), layout: m.Layout, tree: w.tree, shown: w.view, exact: true,
	}
}

// takeLast returns what the last save has left, to one caller only: the state
// that is made of it is changed.
func (d *Doc) takeLast() *written {
	d.mu.Lock()
	defer d.mu.Unlock()
	last := d.last
	d.last = nil
	return last
}

func (d *Doc) keepLast(w *written) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = w
}
