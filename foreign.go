package cfgmerge

import (
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// What a save does with texts that it did not write: adopt them, or keep their
// bytes.

// earlier returns, in the first round, what killed processes left: the bytes of
// foreign writers that nobody has seen since.
func (c *commit) earlier() [][]byte {
	if c.doc != nil {
		return nil
	}
	if c.leftovers == nil {
		found, err := c.txn.Leftovers(c.isSound)
		if err != nil {
			return nil // the next save tries again
		}
		c.leftovers = found
	}
	var texts [][]byte
	for _, l := range c.leftovers {
		texts = append(texts, l.Data)
	}
	return texts
}

// isSound reports whether a text can be adopted at all.
func (d *Doc) isSound(text []byte) bool {
	return d.damageOf(text) == nil
}

// adoptInto adopts a foreign text into doc.
func (c *commit) adoptInto(doc *lww.Document, text []byte) error {
	tree, err := strictjson.ParseObject(text, c.limits())
	if err != nil {
		return err
	}
	file, err := lww.Decode(tree.Root())
	if err != nil {
		return err
	}
	if isOther(file, doc) {
		_, err := c.txn.Quarantine(text, "replaced")
		return err
	}
	c.adopt(doc, file)
	return nil
}

func (c *commit) adopt(doc *lww.Document, file *lww.Decoded) {
	before := doc.Clone()
	a := lww.Adopt(doc, c.past, file)
	c.past.Record(before, doc, before.Delta(doc))
	c.report.Adopted = append(c.report.Adopted, a.Adopted...)
	c.report.Rejected = append(c.report.Rejected, a.Rejected...)
	c.logForeign(file, before, doc, a)
}

// takeOver adopts the bytes of a foreign writer, or keeps them if they are
// torn.
func (c *commit) takeOver(text []byte) error {
	if c.adoptInto(c.doc, text) == nil {
		return nil
	}
	_, err := c.txn.Quarantine(text, "torn")
	return err
}

// setAside quarantines what this save is about to forget.
func (c *commit) setAside(st *state) error {
	var class string
	var data []byte
	switch {
	case st.origin == fromMemory, st.origin == fromSalvage:
		class, data = "damaged", st.main.Data
	case st.removed:
		class, data = "removed", st.memories[0].Text
	case st.replaced:
		class, data = "replaced", st.memories[0].Text
	case len(st.Rejected) > 0:
		class, data = "rejected", st.main.Data
	}
	if len(data) == 0 {
		return nil
	}
	_, err := c.txn.Quarantine(data, class)
	c.opts.observe(Event{Kind: EventQuarantined, Path: c.path, Err: err})
	return err
}
