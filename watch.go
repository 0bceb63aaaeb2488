package cfgmerge

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// Change is what a Watch reports: by how much a state of the file differs from
// the one reported before. It holds no values; File.Get has them.
type Change struct {
	// Fields that differ, sorted. There are none in the first Change, which
	// says that watching has begun.
	Fields []FieldChange
	// Report says what was found, as that of a load does.
	Report Report
}

// FieldChange is one field of a Change.
type FieldChange struct {
	// Field is the JSON Pointer of the scalar, array or empty object.
	Field string
	// Removed: there is nothing at the pointer any more. Otherwise the field
	// was set.
	Removed bool
	// By says who did it and when, as far as can be known. Its own Field is
	// where the history has it: a group's name, or an object above.
	By Attribution
}

// defaultPollInterval is what PollInterval is by default.
const defaultPollInterval = 2 * time.Second

// Watch calls fn for each state of the file that it sees and that shows other
// values than the one before, until fn or the context ends it; the error is
// theirs. The first call comes as soon as watching has begun and lists no
// fields: a program that reads the file in every call misses nothing.
//
// All calls come from the goroutine that called Watch. They are coalesced:
// states in between may be skipped, also while fn runs, but the state that
// lasts is not. A change that is undone before it is seen is not reported. The
// saves of this process count like those of any other, so an fn that saves must
// not do so without end. Who wrote is read from the journal, which is written
// after the file: it may be missing.
//
// Changes are noticed through the directory, at once where the system reports
// them, and else within Options.PollInterval; network file systems and systems
// that have run out of watches do not. A file that is missing or has no bytes
// is one that is being replaced, until it has stayed so from one poll to the
// next; so is its directory.
//
// What Load would call damage is not reported, and neither is what it takes
// instead. The observer is told, once for each damage, with EventRecovered or
// EventUnreadable, and watching goes on.
func (f *File[T]) Watch(ctx context.Context, fn func(Change) error) error {
	return f.doc.Watch(ctx, func(c Change) error {
		f.outdate() // a Get in fn must not miss that the path leads elsewhere by now
		return fn(c)
	})
}

// Watch is [File.Watch] without a type.
func (d *Doc) Watch(ctx context.Context, fn func(Change) error) error {
	w := &watcher{Doc: d, fn: fn}
	defer w.close()
	ticks, stop := d.opts.ticks()
	defer stop()
	polled := false
	for {
		w.listen()
		if err := w.look(ctx, polled); err != nil {
			return err
		}
		var err error
		if polled, err = w.wait(ctx, ticks); err != nil {
			return err
		}
	}
}

func (o *Options) ticks() (ticks <-chan time.Time, stop func()) {
	interval := o.PollInterval
	if interval <= 0 {
		interval = defaultPollInterval
	}
	if o.tick != nil {
		return o.tick(interval)
	}
	t := time.NewTicker(interval)
	return t.C, t.Stop
}

// watcher is one Watch.
type watcher struct {
	*Doc
	fn func(Change) error

	notify *fsnotify.Watcher // nil if the system has none to spare
	deaf   bool              // it was asked
	names  []string          // of the file and of the link that leads to it

	shown   *lww.View // by the state that was reported last, nil before
	kept    *fileio.Kept
	missing int    // polls in a row at which there was no file
	trouble string // that the observer knows of
}

func (w *watcher) close() {
	w.forget()
	if w.notify != nil {
		_ = w.notify.Close()
	}
}

func (w *watcher) forget() {
	w.kept.Close()
	w.kept = nil
}

// listen watches the directories of the file and of the link that leads to it
// now. A directory that was made anew has to be added again; where that fails,
// the poll remains.
func (w *watcher) listen() {
	if w.notify == nil && !w.deaf {
		w.deaf = true
		if w.opts.fault == nil || w.opts.fault("notify") == nil {
			w.notify, _ = fsnotify.NewWatcher()
		}
	}
	if w.notify == nil {
		return
	}
	w.names = names(w.path)
	var dirs []string
	for _, name := range w.names {
		dirs = append(dirs, filepath.Dir(name))
		_ = w.notify.Add(filepath.Dir(name))
	}
	for _, dir := range w.notify.WatchList() {
		if !slices.Contains(dirs, dir) {
			_ = w.notify.Remove(dir)
		}
	}
}

// names returns the path and what it leads to. A link between the two that is
// changed is noticed by the poll.
func names(path string) []string {
	var out []string
	if abs, err := filepath.Abs(path); err == nil {
		out = append(out, abs)
	}
	if resolved, err := fileio.Resolve(path); err == nil {
		out = append(out, resolved)
	}
	return out
}

// wait returns when there may be something new, and whether it is time for a
// poll.
func (w *watcher) wait(ctx context.Context, ticks <-chan time.Time) (poll bool, err error) {
	var events chan fsnotify.Event
	var errs chan error
	if w.notify != nil {
		events, errs = w.notify.Events, w.notify.Errors
	}
	for {
		select {
		case <-ctx.Done():
			return false, context.Cause(ctx)
		case <-ticks:
			return true, nil
		case <-errs: // too many at once, for example
			return false, nil
		case e := <-events:
			if w.concerns(e) {
				return false, nil
			}
		}
	}
}

// concerns leaves out the other files of the directory, and what only reading
// does.
func (w *watcher) concerns(e fsnotify.Event) bool {
	return e.Op != fsnotify.Chmod && slices.ContainsFunc(w.names, func(name string) bool {
		return e.Name == name || e.Name == filepath.Dir(name)
	})
}

// look reports the state of the file if it shows something new.
func (w *watcher) look(ctx context.Context, polled bool) error {
	if w.isClosed() {
		return w.fail("watch", ErrClosed)
	}
	if polled && w.missing == 0 && w.trouble == "" && w.kept.Unchanged() {
		return nil
	}
	w.forget()
	// The program's clock may stand still; that of kept must not.
	st, kept, err := w.lookKeeping(ctx, nil)
	w.kept = kept
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, ErrClosed):
		return w.fail("watch", ErrClosed)
	case w.isTroubled(st, err), w.mayComeBack(st, polled):
		return nil
	}
	return w.report(ctx, st)
}

// isTroubled tells the observer, once, of a state that is none.
func (w *watcher) isTroubled(st *state, err error) bool {
	e := Event{Kind: EventUnreadable, Path: w.path, Err: err}
	var seen fileio.Digest
	if st != nil {
		seen = st.main.Digest
	}
	if err == nil && (st.origin == fromFile || st.origin == fromNew) {
		w.trouble = ""
		return false
	}
	if err == nil {
		e.Kind = EventRecovered
		e.Err = w.damageOf(st.main.Data)
	}
	if trouble := e.Err.Error() + string(seen[:]); trouble != w.trouble {
		w.trouble = trouble
		w.opts.observe(e)
	}
	return true
}

// mayComeBack reports whether a file that is gone may be one that is just
// being replaced: sync tools unlink before they rename.
func (w *watcher) mayComeBack(st *state, polled bool) bool {
	if st.origin != fromNew {
		w.missing = 0
		return false
	}
	if polled {
		w.missing++
	}
	return w.shown != nil && w.missing < 2
}

// report calls the function, unless it knows.
func (w *watcher) report(ctx context.Context, st *state) error {
	now := st.doc.View()
	c := Change{Report: st.report()}
	if w.shown != nil {
		if w.shown.Equal(now) {
			return nil
		}
		c.Fields = w.fields(ctx, st, now)
	}
	w.shown = now
	return w.fn(c)
}

// fields returns by what the views differ, and who did it.
func (w *watcher) fields(ctx context.Context, st *state, now *lww.View) []FieldChange {
	showing := st.doc.Showing()
	var out []FieldChange
	w.shown.Diff(now, func(path []string, old, now *lww.View) {
		for leaf := range now.Leaves(path) {
			out = append(out, FieldChange{Field: strictjson.JoinPointer(leaf...), By: lastWrite(st.doc, showing, leaf)})
		}
		for leaf := range old.Leaves(path) {
			if now == nil || len(leaf) > len(path) {
				out = append(out, FieldChange{strictjson.JoinPointer(leaf...), true, lastWrite(st.doc, showing, leaf)})
			}
		}
	})
	slices.SortFunc(out, func(a, b FieldChange) int { return strings.Compare(a.Field, b.Field) })
	w.attribute(ctx, st.doc, showing, out)
	return out
}

// lastWrite names the register that decides what shows at path: that of a
// group, the leaf's own, or a tombstone above it.
func lastWrite(doc *lww.Document, showing map[string]lww.Register, path []string) Attribution {
	if _, _, grouped := doc.GroupAt(path); grouped {
		instance := doc.KeyOf(path)
		if _, ok := showing[instance]; ok {
			return Attribution{Field: instance}
		}
	}
	for n := len(path); n > 0; n-- {
		key := strictjson.JoinPointer(path[:n]...)
		if _, ok := showing[key]; ok {
			return Attribution{Field: newestOf(showing, key)}
		}
	}
	return Attribution{Field: strictjson.JoinPointer(path...)}
}

// newestOf returns, of an array whose elements merge, the register that was
// written last.
func newestOf(showing map[string]lww.Register, key string) string {
	newest := key
	for k, r := range showing {
		if array, ok := lww.ArrayOf(k); ok && array == key && showing[newest].Stamp.Less(r.Stamp) {
			newest = k
		}
	}
	return newest
}

// justWritten is how old a write may be whose journal entry is still to come.
const justWritten = time.Second

// attribute completes what lastWrite has begun. The journal is written after
// the file, so it may have to be read again.
func (w *watcher) attribute(ctx context.Context, doc *lww.Document, showing map[string]lww.Register, fields []FieldChange) {
	for try := 0; ; try++ {
		entries, _ := w.Journal(ctx) // it explains, and nothing is decided by it
		log := indexJournal(entries)
		early := false
		for i := range fields {
			by := &fields[i].By
			if r, ok := showing[by.Field]; ok && by.By == nil {
				*by = log.attribute(by.Field, r, doc)
				early = early || by.By == nil && r.Stamp.Actor() != 0 && w.opts.now().Sub(by.Written) < justWritten
			}
		}
		if !early || try == doubtTries {
			return
		}
		w.opts.pause(doubtPause << try)
	}
}
