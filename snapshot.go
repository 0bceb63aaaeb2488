package cfgmerge

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"sync"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/schema"
)

// Snapshot remembers what a program has seen of a file, so that a save writes
// what the program changed and nothing else. It is safe for concurrent use;
// the values passed to it are not guarded.
type Snapshot struct {
	doc *Doc

	mu   sync.Mutex // guards what follows
	err  error      // of a load that failed: saving would be guessing
	base *base
	held held
	kept []string
}

// held is what the program's value held when it was last loaded or saved. That
// tells a value that was set back from a copy that is out of date.
type held struct {
	by   any // the pointer to it
	view *lww.View
}

// before returns what the value that v points to held; nil if it is another one.
func (h held) before(v any) *lww.View {
	if reflect.ValueOf(v).Kind() != reflect.Pointer || h.by != v {
		return nil
	}
	return h.view
}

// Load reads the file at path into v, which must be a pointer, and returns
// the snapshot to save with. A missing file is no error and leaves v
// as it is: defaults set before Load stay, and are not written until they
// change. Nil maps in v are made.
//
// The snapshot is never nil: after an error its Save returns that error. The
// reasons in the *Error are *CorruptError, *DecodeError, *VersionError,
// *FileError, *TagError, ErrNotPointer, and ErrNotObject for a v that is not
// encoded as a JSON object.
func Load(path string, v any) (*Snapshot, error) {
	return LoadContext(context.Background(), path, v, nil)
}

// LoadContext is Load with options, of which nil stands for the defaults; a
// *BuildError says what is wrong with Options.Policies. The context bounds the
// wait for a file that another program is just writing.
func LoadContext(ctx context.Context, path string, v any, o *Options) (*Snapshot, error) {
	s := &Snapshot{}
	doc, err := openFor(path, reflect.TypeOf(v), o)
	if err == nil {
		s.doc = doc
		err = doc.fail("load", s.load(ctx, v, doc.shape))
	}
	s.err = err
	return s, err
}

// openFor opens path for values of type t, whose tags declare the policies.
func openFor(path string, t reflect.Type, o *Options) (*Doc, error) {
	doc, err := OpenDoc(path, o)
	if err != nil {
		return nil, err
	}
	shape, err := schema.Of(t)
	if err == nil {
		err = doc.declares(shape)
	}
	if err != nil {
		return nil, doc.fail("open", err)
	}
	if doc.opts.Layout == Auto && shape.IsMap() {
		doc.opts.Layout = Sidecar
	}
	return doc, nil
}

func (s *Snapshot) load(ctx context.Context, v any, shape *schema.Shape) error {
	if rv := reflect.ValueOf(v); rv.Kind() != reflect.Pointer || rv.IsNil() {
		return ErrNotPointer
	}
	st, err := s.doc.loaded(ctx)
	if err != nil {
		return err
	}
	b, err := takeBase(st, v, shape)
	if err != nil {
		return err
	}
	s.base, s.held = b, held{v, b.latest}
	return nil
}

// takeBase decodes what the file shows into v and returns the base of later
// saves. The block is no part of what the decoder sees.
func takeBase(st *state, v any, shape *schema.Shape) (*base, error) {
	text, err := st.text()
	if err != nil {
		return nil, err
	}
	if text != nil {
		if err := decode(text, v); err != nil {
			return nil, err
		}
	}
	shape.MakeMaps(v)
	now, err := encode(v)
	if err != nil {
		return nil, err
	}
	return &base{shape: shape, latest: now, file: st.doc.View(), keys: st.keys}, nil
}

// decode is json.Unmarshal without the values in its errors.
func decode(text []byte, v any) error {
	err := json.Unmarshal(text, v)
	if err == nil {
		return nil
	}
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) {
		return &DecodeError{Field: mismatch.Field, Type: mismatch.Type.String()}
	}
	return &DecodeError{}
}

// Save writes the fields by which v differs from what this snapshot has seen,
// and waits at most Options.LockTimeout for other processes. A save that
// changes nothing writes nothing. If v is another value than the one that was
// loaded or saved last, such as a copy, the fields that it holds in an older state
// than the last save are stale, not changed; Report lists them as Kept. To set a
// field of a copy back to a value that it had before, use File.Update, or Reload
// first.
//
// The reasons in the *Error are *LockError, *DurabilityError (the change is
// committed), *FileError, *CorruptError, *VersionError, *SpentError, *LimitError,
// *EncodeError, ErrNotObject, ErrUnsettled, and ErrNoBase for a Snapshot that does
// not come from Load.
func (s *Snapshot) Save(v any) error { return s.SaveContext(context.Background(), v) }

// SaveContext is Save with a context, whose end is a *LockError.
func (s *Snapshot) SaveContext(ctx context.Context, v any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.unusable("save"); err != nil {
		return err
	}
	now, err := encode(v)
	if err != nil {
		return s.doc.fail("save", err)
	}
	changed, kept := s.base.changes(s.held.before(v), now)
	s.kept = kept
	if len(changed) == 0 {
		s.held = held{v, now}
		return s.doc.fail("save", s.doc.mend(ctx))
	}
	err = s.doc.commit(ctx, &intent{guarded: true, change: func(_ *state, d *lww.Document, w lww.Writer) error {
		return d.Write(w, s.base.whole(d, now, changed)...)
	}})
	if err == nil || isCommitted(err) {
		s.base.advance(changed, now)
		s.held = held{v, now}
	}
	return s.doc.fail("save", err)
}

// unusable is why the snapshot can't be saved with: its load failed, or there was
// none.
func (s *Snapshot) unusable(op string) error {
	if s.err == nil && s.doc == nil {
		return &Error{Op: op, Path: `""`, Err: ErrNoBase}
	}
	return s.err
}

// mend ends a save that has nothing to say. Where the load had to take the last
// good state, or had to refuse what a stale program wrote, the file is put
// right all the same: others would go by it.
func (d *Doc) mend(ctx context.Context) error {
	r := d.Report()
	if r.Recovered || len(r.Rejected) > 0 {
		return d.commit(ctx, &intent{})
	}
	r.Written, r.Durable, r.Changed = false, false, nil
	d.setReport(r)
	return nil
}

// Rebase makes v the base of later saves without writing anything: call it
// after environment variables or flags have overridden fields that shall not
// be persisted. The reasons in the *Error are *EncodeError, ErrNotObject, and
// ErrNoBase for a Snapshot that does not come from Load.
func (s *Snapshot) Rebase(v any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.unusable("rebase"); err != nil {
		return err
	}
	now, err := encode(v)
	if err != nil {
		return s.doc.fail("rebase", err)
	}
	s.base.latest, s.base.past, s.held = now, nil, held{v, now}
	return nil
}

// Reload reads the file into v, as LoadContext does and with the same errors,
// and makes it the base of later saves. It may also follow a load that failed
// because of what the file held. After an error the snapshot is as it was.
//
// As json.Unmarshal does, it leaves in v what the file lacks, such as the entry
// of a map that another process has removed. No save puts that back.
func (s *Snapshot) Reload(ctx context.Context, v any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.doc == nil {
		return s.unusable("load")
	}
	shape, err := schema.Of(reflect.TypeOf(v))
	if err == nil {
		err = s.load(ctx, v, shape)
	}
	if err == nil {
		s.err = nil
	}
	return s.doc.fail("load", err)
}

// Report says what the last load or save found and did.
func (s *Snapshot) Report() Report {
	if s.doc == nil {
		return Report{}
	}
	r := s.doc.Report()
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Kept = s.kept
	return r
}
