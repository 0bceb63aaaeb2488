package cfgmerge

import (
	"context"
	"sync"

	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
)

// glance is what a Doc keeps of its file for those who ask often.
type glance struct {
	mu   sync.Mutex // guards what follows
	kept *fileio.Kept
	doc  *lww.Document // of kept; lifted, and nobody changes it any more
}

// GlanceGroup is Group for those who ask often. While the file is unchanged
// nothing is read: a change of its bytes is noticed at once, its replacement
// within 100 ms. The reasons in the *Error are those of Group.
func (d *Doc) GlanceGroup(ctx context.Context, r GroupRef) (GroupState, error) {
	doc, err := d.glanced(ctx)
	if err != nil {
		return GroupState{}, err
	}
	state, err := groupLifted(doc, r)
	return state, d.fail("load", err)
}

// glanced returns the document as it was at the last look, if that was at the
// same file.
func (d *Doc) glanced(ctx context.Context) (*lww.Document, error) {
	g := &d.glance
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.kept.Unchanged() && !d.isClosed() {
		return g.doc, nil
	}
	g.forget()
	st, kept, err := d.lookKeeping(ctx, d.opts.Now)
	if err != nil {
		return nil, d.fail("load", err)
	}
	d.conclude(st.report())
	st.doc.Lift()
	g.kept, g.doc = kept, st.doc
	return st.doc, nil
}

func (g *glance) forget() {
	g.kept.Close()
	g.kept, g.doc = nil, nil
}

// close releases the descriptor.
func (g *glance) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.forget()
}
