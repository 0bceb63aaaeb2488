package cfgmerge

import (
	"bytes"
	"cmp"
	"context"
	"errors"

	"github.com/cfgmerge/cfgmerge/fileio"
)

// How a save brings its document to the disk: SPEC.md section 6, steps 4 to 8.

// publish puts the document in the place of the file that st read.
// errOvertaken means that a foreign writer came first.
func (c *commit) publish(ctx context.Context, st *state) error {
	m, err := c.compose(st)
	if err != nil || (c.round > 0 || c.in.plain) && bytes.Equal(m.Text, st.main.Data) {
		return err
	}
	if err := c.writeSlot(m, st); err != nil {
		return err
	}
	swap, err := c.txn.Swap(st.main, m.file, c.doc.Secret())
	if err == nil {
		c.swaps = append(c.swaps, swap)
		return c.inspect(ctx, swap, st)
	}
	if isCommitted(err) {
		return err // the slot may describe the file
	}
	_ = c.txn.Void()
	var changed *FileError
	if errors.As(err, &changed) && changed.Class == fileio.ClassChanged {
		return errOvertaken
	}
	return err
}

// compose renders the document as the file's text and as the memory of it.
func (c *commit) compose(st *state) (*memory, error) {
	view, block := c.doc.Encode()
	m := &memory{Layout: c.layout, Past: c.past}
	embedded := block
	if c.layout == Sidecar || c.in.plain {
		m.Block, embedded = block, ""
	}
	line := append(m.appendLine(make([]byte, 0, 1<<10)), '\n')
	payload, err := appendComposed(line, st.tree, st.textView(), view, embedded)
	if err != nil {
		return nil, cmp.Or(limitError(err), err)
	}
	tree, err := verify(payload[len(line):], view, embedded, c.limits())
	if err != nil {
		return nil, err
	}
	m.hold(payload, len(line))
	c.last = c.wrote(m, tree, view)
	return m, nil
}

// writeSlot writes the shadow. For an embedded file it is a cache, and only
// reported if it can't be written; for a sidecar it is where the history is.
func (c *commit) writeSlot(m *memory, st *state) error {
	vital := c.layout == Sidecar
	err := c.txn.WriteSlot(m.file.Digest, m.payload, st.main.Digest, vital && c.opts.Durability == Full)
	if err == nil || vital {
		return err
	}
	c.opts.observe(Event{Kind: EventUncached, Path: c.path, Err: err})
	return nil
}

// inspect looks at what came out. If it is not what was read, a foreign writer
// was faster: his bytes are adopted.
func (c *commit) inspect(ctx context.Context, swap *fileio.Swap, st *state) error {
	out, err := swap.Displaced()
	if err != nil {
		return err
	}
	if out.Exists == st.main.Exists && out.Digest == st.main.Digest {
		return nil
	}
	// Its writer may still be at it, and what he writes now is older than what
	// anybody writes into the file from here on.
	if out, err = swap.Await(ctx); err != nil {
		return err
	}
	if err := c.takeOver(out.Data); err != nil {
		return err
	}
	return errOvertaken
}

// settle makes the swaps durable. Foreign programs may still have written into
// a displaced file.
func (c *commit) settle(ctx context.Context) error {
	if len(c.swaps) == 0 {
		return nil
	}
	c.report.Written = true
	_ = c.txn.Confirm()
	late := false
	for len(c.swaps) > 0 {
		swap := c.swaps[0]
		c.swaps = c.swaps[1:]
		settled, err := swap.Settle(ctx)
		if err != nil {
			return err
		}
		if settled.Late != nil {
			late = true
			if err := c.takeOver(settled.Late.Data); err != nil {
				return err
			}
		}
		c.report.LinksBroken = c.report.LinksBroken || swap.BrokeLinks()
	}
	if late {
		return errOvertaken
	}
	c.report.Durable = c.opts.Durability == Full
	for _, l := range c.leftovers {
		_ = l.Remove()
	}
	c.leftovers = nil
	return nil
}

// undo ends a save that fails: the last swap that is not settled is taken
// back. What can't be taken back is committed, and said to be.
func (c *commit) undo(err error) error {
	if err == nil || len(c.swaps) == 0 || isCommitted(err) {
		return err
	}
	_ = c.txn.Void()
	if undoErr := c.swaps[len(c.swaps)-1].Undo(); undoErr != nil {
		return undoErr
	}
	return err
}
