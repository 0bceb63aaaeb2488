package cfgmerge

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/schema"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// Doc is one file, untyped: what [Snapshot] and [File] are made of, and what
// tools use that know no Go type for it. It is safe for concurrent use.
type Doc struct {
	path  string
	opts  Options
	actor lww.Actor
	self  func() identity
	// shape is that of the program's type, with the policies of the options; nil
	// if there is neither.
	shape *schema.Shape

	mu     sync.Mutex // guards what follows
	closed bool
	report Report
	last   *written // what the last save left, nil if another look is needed

	glance glance
}

// OpenDoc returns a handle for the file at path, which need not exist yet.
// Nothing is read or made before the first operation. The error is *Error, with
// a *BuildError for policies that make no sense.
func OpenDoc(path string, o *Options) (*Doc, error) {
	if path == "" {
		return nil, &Error{Op: "open", Path: `""`, Err: errors.New("the path is empty")}
	}
	d := &Doc{path: path, opts: o.orDefault(), actor: newActor(), self: sync.OnceValue(thisProcess)}
	if err := d.declares(nil); err != nil {
		return nil, d.fail("open", err)
	}
	return d, nil
}

// declares makes d write under the policies of a type's tags, if there is one,
// and those of the options.
func (d *Doc) declares(shape *schema.Shape) error {
	if len(d.opts.Policies) > 0 {
		if err := schema.Valid(d.opts.Policies); err != nil {
			return err
		}
		if shape == nil {
			shape, _ = schema.Of(nil) // of which nothing is known
		}
		shape = shape.With(d.opts.Policies)
	}
	d.shape = shape
	return nil
}

// newActor draws the 40 random bits that tell processes apart. The reserved
// actor of foreign writers is not among them.
func newActor() lww.Actor {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return lww.Actor(binary.LittleEndian.Uint64(b[:]))%lww.MaxActor + 1
}

// Close ends the use of the handle. Further operations return ErrClosed.
func (d *Doc) Close() error {
	d.glance.close()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	return nil
}

// Report says what the last operation found and did.
func (d *Doc) Report() Report {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.report
}

func (d *Doc) setReport(r Report) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.report = r
}

// conclude keeps the report of an operation and tells the observer what
// happened besides what was asked for.
func (d *Doc) conclude(r Report) {
	d.setReport(r)
	tell := func(kind EventKind, happened bool, fields []string) {
		if happened {
			d.opts.observe(Event{Kind: kind, Path: d.path, Fields: fields})
		}
	}
	tell(EventRecovered, r.Recovered, nil)
	tell(EventReplaced, r.Replaced, nil)
	tell(EventAdopted, len(r.Adopted) > 0, r.Adopted)
	tell(EventRejected, len(r.Rejected) > 0, r.Rejected)
}

func (d *Doc) isClosed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.closed
}

// Load returns the document as it is now: a copy that the caller owns. It
// takes no lock and changes nothing. A missing file is an empty document.
// The reasons in its *Error are *CorruptError, *VersionError and *FileError.
func (d *Doc) Load(ctx context.Context) (*lww.Document, error) {
	st, err := d.look(ctx)
	if err != nil {
		return nil, d.fail("load", err)
	}
	d.conclude(st.report())
	return st.doc, nil
}

// Text returns the file's text as Load understands it, without the block and
// otherwise with the bytes of the file; nil if there is no file.
func (d *Doc) Text(ctx context.Context) ([]byte, error) {
	st, err := d.look(ctx)
	if err != nil {
		return nil, d.fail("load", err)
	}
	d.conclude(st.report())
	text, err := st.text()
	return text, d.fail("load", err)
}

// Query evaluates a query of gjson's path language over Text and returns the
// JSON of the matches, nil if there are none. It is for people: a key that
// holds one of the language's characters is better asked for by pointer.
func (d *Doc) Query(ctx context.Context, path string) ([]byte, error) {
	text, err := d.Text(ctx)
	if err != nil {
		return nil, err
	}
	return query(text, path), nil
}

func (d *Doc) limits() strictjson.Limits { return strictjson.Limits{MaxSize: int(d.opts.MaxSize)} }

func (d *Doc) writer() lww.Writer { return lww.Writer{Actor: d.actor, Now: d.opts.now()} }

func (d *Doc) fail(op string, err error) error {
	var already *Error
	if err == nil || errors.As(err, &already) {
		return err
	}
	return &Error{Op: op, Path: d.path, Err: err}
}

// How often, and for how long, a look that shows nothing good is repeated.
const (
	doubtTries = 5
	doubtPause = 5 * time.Millisecond
	calmTries  = 20
)

// look reads the state without a lock. A file that nothing remembered
// describes was written by somebody else only if nothing moves meanwhile.
func (d *Doc) look(ctx context.Context) (*state, error) { return d.lookWith(ctx, assemble) }

// lookWith is look with another way to make a state of a sighting.
func (d *Doc) lookWith(ctx context.Context, assemble func(sighting) (*state, error)) (*state, error) {
	if d.isClosed() {
		return nil, ErrClosed
	}
	var last sighting
	doubts := 0
	for try := 0; ; try++ {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		now, err := d.sight()
		if err != nil {
			return nil, err
		}
		st, err := assemble(now)
		switch {
		case st.doubtful(err) && doubts < doubtTries:
			d.opts.pause(doubtPause << doubts)
			doubts++
		case err != nil, st.exact, try > 0 && now.same(last), try == calmTries:
			return st.declared(d.shape), err
		}
		last = now
	}
}

// lookKeeping is look, and keeps the file open: while that is unchanged, another
// look would show the same. It is opened before the look, so that what changes
// in between shows the next time. Nil if there is no such file.
func (d *Doc) lookKeeping(ctx context.Context, now func() time.Time) (*state, *fileio.Kept, error) {
	kept, keepErr := fileio.Keep(d.path, d.opts.MaxSize, now)
	st, err := d.look(ctx)
	if keepErr != nil {
		return st, nil, err // why it can't be opened, the look says
	}
	if err != nil || kept.Content().Digest != st.main.Digest {
		kept.Close()
		kept = nil
	}
	return st, kept, err
}

// sight looks at the file and at the state folder, if there is one.
func (d *Doc) sight() (sighting, error) {
	main, err := fileio.Read(d.path, d.opts.MaxSize)
	if err != nil {
		return sighting{}, err
	}
	folder, err := fileio.OpenFolder(d.path, false, d.opts.files())
	if errors.Is(err, fs.ErrPermission) {
		return sighting{main: main, spent: d.spent()}, nil // of one who may only read: the file speaks for itself
	}
	if err != nil {
		return sighting{}, err
	}
	defer folder.Close()
	slots, err := folder.Slots()
	if err != nil {
		return sighting{}, err
	}
	return sighting{main: main, memories: remember(slots, main.Digest), spent: d.spent(), limits: d.limits()}, nil
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
