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

// state is what assemble would make of this sighting; nil if somebody else has
// written since.
func (w *written) state(main fileio.Content, slots []fileio.Slot) *state {
	if w == nil || !main.Exists || len(slots) == 0 || string(main.Data) != w.memory.Text {
		return nil
	}
	newest := slots[0]
	if newest.Foreign || !newest.Committed || newest.Describes != main.Digest || string(newest.Payload) != string(w.memory.payload) {
		return nil
	}
	m := *w.memory
	m.describes, m.committed = newest.Describes, true
	return &state{
		sighting: sighting{main: main, memories: []*memory{&m}},
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
