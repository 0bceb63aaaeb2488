package cfgmerge

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"sync"

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

func (d *Doc) limits() strictjson.Limits { return strictjson.Limits{MaxSize: int(d.opts.MaxSize)} }

func (d *Doc) writer() lww.Writer { return lww.Writer{Actor: d.actor, Now: d.opts.now()} }

func (d *Doc) fail(op string, err error) error {
	var already *Error
	if err == nil || errors.As(err, &already) {
		return err
	}
	return &Error{Op: op, Path: d.path, Err: err}
}
