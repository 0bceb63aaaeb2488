package cfgmerge

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"runtime"
	"time"

	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
)

// Edit is what a save does to the document. It runs at most once, under the
// lock, and must not keep the document.
type Edit func(*lww.Document, lww.Writer) error

// Update changes the document, on its state of that moment: what others have
// saved and what foreign programs wrote is in it. The error of the function
// aborts the save. A change that changes nothing writes nothing.
//
// The reasons in its *Error are those of Load, *LockError, *DurabilityError
// (the change is committed), ErrUnsettled, *SpentError, *LimitError, and the
// error of the function.
func (d *Doc) Update(ctx context.Context, change Edit) error {
	return d.fail("update", d.commit(ctx, &intent{guarded: true, change: func(_ *state, doc *lww.Document, w lww.Writer) error {
		return change(doc, w)
	}}))
}

// Adopt gives the file a history in the given layout, whatever it had before,
// even if it shows the same as ever. Auto keeps the layout that it has. The
// reasons in its *Error are those of Update.
func (d *Doc) Adopt(ctx context.Context, layout Layout) error {
	return d.fail("adopt", d.commit(ctx, &intent{layout: layout, always: true}))
}

// intent is what a commit is for.
type intent struct {
	// change makes the caller's change to the clone of what st shows; nil for
	// none.
	change       func(st *state, doc *lww.Document, w lww.Writer) error
	layout       Layout // Auto: as it is
	always       bool   // write even if nothing changed
	plain        bool   // leave the block out of the file
	removeFolder bool
	kind         WriteKind // empty: KindSave
	salvage      bool      // a file beyond recovery is salvaged, not refused
	guarded      bool      // superseded secrets are not put back

	// purged is an instance that was in purges and is not to leave traces;
	// empty: none.
	purged string
	purges *lww.Document

	// delta is what change did, once it was called: a save that starts over
	// makes the same change, and not another one.
	delta *lww.Document
}

// maxRounds is how often a save adopts what came in between.
const maxRounds = 12

func (d *Doc) commit(ctx context.Context, in *intent) error {
	if d.isClosed() {
		return ErrClosed
	}
	return fileio.Follow(func() error { return d.commitOnce(ctx, in) })
}

func (d *Doc) commitOnce(ctx context.Context, in *intent) error {
	folder, err := fileio.OpenFolder(d.path, true, d.opts.files())
	if err != nil {
		return err
	}
	defer folder.Close()
	txn, err := folder.Lock(ctx)
	if err != nil {
		return err
	}
	defer txn.Unlock() // of a change that panics: the program may live on
	c := &commit{Doc: d, in: in, folder: folder, txn: txn, last: d.takeLast()}
	err = c.run(ctx)
	if err == nil && c.round == 0 {
		d.keepLast(c.last)
	}
	if c.report.Written || isCommitted(err) {
		c.writeJournal()
	}
	if err == nil && c.began {
		_ = c.txn.EraseOthers(true) // what was removed is in quarantine, and must not be joined again
	}
	if err == nil && in.purged != "" {
		err = c.purge(in.purges, in.purged)
	}
	if err == nil && in.removeFolder {
		err = txn.RemoveFolder()
	}
	_ = txn.Unlock() // an error would have the caller do again what is done; the lock goes with the process at the latest
	if folder.Fallback() {
		c.report.Folder = folder.Path()
	}
	d.conclude(c.report)
	return err
}

// commit is one save, from the lock to its release: SPEC.md section 6.
type commit struct {
	*Doc
	in     *intent
	folder *fileio.Folder
	txn    *fileio.Txn
	last   *written // by the save before, then by this one

	// doc is what is to be published, nil until the change is made; past is
	// what it supersedes.
	doc       *lww.Document
	past      *lww.History
	layout    Layout
	leftovers []fileio.Leftover
	round     int
	began     bool // the file had been removed, and is a new document
	// swaps have happened. Those that foreign writers overtook hold these
	// writers' bytes until they are settled.
	swaps   []*fileio.Swap
	entries []Entry // of the journal
	report  Report
}

// errOvertaken sends a save into another round.
var errOvertaken = errors.New("overtaken by a foreign writer")

func (c *commit) run(ctx context.Context) error {
	for ; c.round < maxRounds; c.round++ {
		if err := c.attempt(ctx); !errors.Is(err, errOvertaken) {
			return c.undo(err)
		}
	}
	return c.undo(c.entrust(ctx))
}

// entrust ends a save that foreign writers overtook again and again. Its change
// was in the file, and theirs is adopted; what is not yet in the file is
// committed to the shadow, from which the next load and save take it.
func (c *commit) entrust(ctx context.Context) error {
	if len(c.swaps) == 0 {
		return ErrUnsettled
	}
	if err := c.keepInShadow(ctx); err != nil {
		return err
	}
	err := c.settle(ctx)
	if !errors.Is(err, errOvertaken) {
		return err
	}
	// A writer finished late. There is no swap left that could be overtaken.
	if err = c.keepInShadow(ctx); err == nil {
		err = c.txn.Confirm()
	}
	return err
}

// keepInShadow writes the document, with what the file says by now, into the
// slot alone.
func (c *commit) keepInShadow(ctx context.Context) error {
	st, err := c.read(ctx)
	if err != nil {
		return err
	}
	if err := c.apply(st); err != nil {
		return err
	}
	m, err := c.compose(st)
	if err != nil {
		return err
	}
	return c.txn.WriteSlot(m.file.Digest, m.payload, st.main.Digest, c.opts.Durability == Full)
}

func (c *commit) attempt(ctx context.Context) error {
	st, err := c.read(ctx)
	if err != nil {
		return err
	}
	if err := c.apply(st); err != nil {
		return err
	}
	if !c.pending(st) {
		return nil
	}
	if err := c.setAside(st); err != nil {
		return err
	}
	if err := c.publish(ctx, st); err != nil {
		return err
	}
	c.began = c.began || st.removed
	return c.settle(ctx)
}

// read looks at the file until it is whole or nobody is writing it any more.
func (c *commit) read(ctx context.Context) (*state, error) {
	for doubts := 0; ; doubts++ {
		main, err := c.txn.ReadLike(c.last.content())
		if err != nil {
			return nil, err
		}
		stands := false
		if c.doc == nil {
			if stands, err = c.last.stands(c.txn, main); err != nil {
				return nil, err
			}
		}
		seen := sighting{main: main, earlier: c.earlier(), spent: c.spent(), limits: c.limits()}
		if stands && len(seen.earlier) == 0 {
			return c.last.state(seen).declared(c.shape), nil
		}
		slots, err := c.txn.Slots()
		if err != nil {
			return nil, err
		}
		seen.memories = remember(slots, main.Digest)
		st, err := c.assemble(seen)
		if !st.doubtful(err) || !c.wait(ctx, doubts) {
			return st.declared(c.shape), err
		}
	}
}

func (c *commit) assemble(s sighting) (*state, error) {
	if c.in.salvage {
		return c.assembleDamaged(s)
	}
	return assemble(s)
}

// wait pauses before another look, longer while the file has a writer.
func (c *commit) wait(ctx context.Context, doubts int) bool {
	tries := doubtTries
	if busy, err := fileio.WriterPresent(c.path); busy && err == nil {
		tries *= 8
	}
	if doubts >= tries || ctx.Err() != nil {
		return false
	}
	c.opts.pause(doubtPause << min(doubts, doubtTries-1))
	return true
}

// apply makes the change, in the first round; in later ones it adopts what
// came in between.
func (c *commit) apply(st *state) error {
	if c.doc == nil {
		return c.change(st)
	}
	switch {
	case st.removed:
		c.doc = &lww.Document{}
		c.doc.Merge(c.in.delta)
		mint(c.doc)
	case st.file != nil:
		c.adopt(c.doc, st.file)
	}
	return nil
}

func (c *commit) change(st *state) error {
	c.report = st.report()
	c.past, c.layout = st.past, c.layoutOf(st, c.in)
	c.past.Spent = st.spent
	c.report.Layout = c.layout
	c.logFound(st)
	doc := st.doc.Clone()
	if c.in.delta != nil {
		doc.Merge(c.in.delta)
	} else if c.in.change != nil {
		salt(doc) // of the digests of what the change supersedes
		if err := c.in.change(st, doc, c.writer()); err != nil {
			return err
		}
	}
	if c.in.guarded {
		if names := lww.PutBack(st.doc, doc, st.spent); len(names) > 0 {
			return &SpentError{Groups: names}
		}
	}
	c.doc, c.in.delta = doc, st.doc.Delta(doc)
	c.report.Changed = c.in.delta.Keys()
	mint(doc)
	c.past.Record(st.doc, doc, c.in.delta)
	c.collect(doc)
	c.log(cmp.Or(c.in.kind, KindSave), st.doc, doc, c.report.Changed)
	return c.recordSpent(st.doc)
}

// Updating reports whether the calling goroutine is inside a function that an
// Update runs, and so holds the lock of a file. Whatever waits for that lock in
// there, or takes long, has to wait until it has returned.
//
// It goes by the stack: nothing obliges that function to hand a context on, and a
// goroutine has no other name.
func Updating() bool {
	pcs := make([]uintptr, 64)
	for skip := 2; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs)
		frames := runtime.CallersFrames(pcs[:n])
		for more := n > 0; more; {
			var frame runtime.Frame
			frame, more = frames.Next()
			if frame.Function == changing {
				return true
			}
		}
		if n < len(pcs) {
			return false
		}
	}
}

// changing is the function above, below which the callers' own run.
const changing = "github.com/cfgmerge/cfgmerge.(*commit).change"

// When deletions are forgotten: SPEC.md section 3.7.
const (
	maxTombstones = 1000
	horizon       = 180 * 24 * time.Hour
)

// collect forgets old deletions once there are many.
func (c *commit) collect(doc *lww.Document) {
	if doc.Tombstones() > maxTombstones {
		doc.Prune(lww.NewStamp(0, c.opts.now().Add(-horizon).UnixMilli(), 0, 0))
	}
}

// mint makes the document's identity. A document without one is new.
func mint(doc *lww.Document) {
	if doc.ID != "" {
		return
	}
	salt(doc)
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails
	doc.ID = hex.EncodeToString(b[:])
}

// salt gives the document that will be new a salt, unless it has one.
func salt(doc *lww.Document) {
	if doc.ID != "" || doc.Salt != "" {
		return
	}
	var b [6]byte
	_, _ = rand.Read(b[:])
	doc.Salt = base64.RawURLEncoding.EncodeToString(b[:])
}

// layoutOf settles the layout: what is asked for, else what the file has.
func (d *Doc) layoutOf(st *state, in *intent) Layout {
	if in.plain {
		return cmp.Or(in.layout, st.layout)
	}
	return cmp.Or(in.layout, st.layout, d.opts.Layout, Embedded)
}

// pending reports whether there is anything to write.
func (c *commit) pending(st *state) bool {
	return c.in.always || c.round > 0 || len(c.leftovers) > 0 || st.needs(c.in.delta)
}

// needs reports whether the file has to be written to say what the state and the
// delta do.
func (st *state) needs(delta *lww.Document) bool {
	return st.origin == fromMemory || st.origin == fromSalvage || len(st.Rejected) > 0 || len(delta.Keys()) > 0 ||
		delta.ID != st.doc.ID || len(delta.Policies) > 0 // what a merge may bring without a field
}
