package cfgmerge

import (
	"context"
	"reflect"
	"sync"
	"time"

	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
)

// File is a file whose root is encoded as a T, for programs that live long:
// Get is cheap while nothing changes, Update changes what is on disk at that
// moment. It is safe for concurrent use.
type File[T any] struct {
	doc  *Doc
	flat bool // a T that is copied shares nothing

	mu    sync.Mutex   // guards the cache:
	kept  *fileio.Kept // the file; nil if there is nothing to go by
	text  []byte       // what it says, without the block
	value T            // and, if flat, what that is
}

// Open returns the file at path, which need not exist yet. The tags of T declare
// the merge policies. The file is not read before it is asked for. The reasons in
// the *Error are *TagError, and *BuildError for Options.Policies.
func Open[T any](path string, o *Options) (*File[T], error) {
	t := reflect.TypeFor[*T]()
	doc, err := openFor(path, t, o)
	if err != nil {
		return nil, err
	}
	return &File[T]{doc: doc, flat: isFlat(t.Elem())}, nil
}

// Get returns the file's value; the caller owns it. A missing file is the zero
// T, with nil maps made. While the file is unchanged nothing is read: a change
// of its bytes is noticed at once, its replacement within 100 ms.
//
// The reasons in the *Error are those of Load.
func (f *File[T]) Get() (T, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kept.Unchanged() {
		if f.flat {
			return f.value, nil
		}
		return f.decode(f.text)
	}
	return f.read()
}

// read fills the cache.
func (f *File[T]) read() (value T, err error) {
	f.forget()
	st, kept, err := f.doc.lookKeeping(context.Background(), f.doc.opts.Now)
	if err != nil {
		return value, f.doc.fail("load", err)
	}
	f.doc.conclude(st.report())
	text, err := st.text()
	if err == nil {
		value, err = f.decode(text)
	}
	if err != nil {
		kept.Close()
		return value, f.doc.fail("load", err)
	}
	f.kept, f.text = kept, text
	if f.flat {
		f.value = value // else it is the caller's
	}
	return value, nil
}

func (f *File[T]) decode(text []byte) (T, error) {
	var v T
	if text != nil {
		if err := decode(text, &v); err != nil {
			return v, f.doc.fail("load", err)
		}
	}
	f.doc.shape.MakeMaps(&v)
	return v, nil
}

func (f *File[T]) forget() {
	f.kept.Close()
	f.kept = nil
}

// outdate has the next Get look at the path again.
func (f *File[T]) outdate() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget()
}

// Update takes the lock, calls fn with the value that the file has then, and
// saves the fields that fn changed. Unlike a Save it has no base but that value: a
// field may be set back to what it was before. fn is called at most once, and must
// not use the file by other ways, which would wait for the lock; its error aborts
// the save and is the reason in the *Error. The other reasons are those of
// Doc.Update, *DecodeError and *EncodeError.
func (f *File[T]) Update(ctx context.Context, fn func(*T) error) error {
	f.outdate()
	return f.doc.fail("update", f.doc.commit(ctx, &intent{guarded: true, change: func(st *state, d *lww.Document, w lww.Writer) error {
		return f.change(st, d, w, fn)
	}}))
}

func (f *File[T]) change(st *state, d *lww.Document, w lww.Writer, fn func(*T) error) error {
	var v T
	b, err := takeBase(st, &v, f.doc.shape)
	if err != nil {
		return err
	}
	if err := fn(&v); err != nil {
		return err
	}
	now, err := encode(&v)
	if err != nil {
		return err
	}
	changed, _ := b.changes(nil, now)
	return d.Write(w, b.whole(d, now, changed)...)
}

// Report says what the last operation found and did.
func (f *File[T]) Report() Report { return f.doc.Report() }

// Doc returns the untyped handle of the same file.
func (f *File[T]) Doc() *Doc { return f.doc }

// Close releases what Get keeps open.
func (f *File[T]) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget()
	return f.doc.Close()
}

// isFlat reports whether a copy of a t shares nothing that can be changed
// through it.
func isFlat(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			return true // what it points to is never changed
		}
		for i := range t.NumField() {
			if !isFlat(t.Field(i).Type) {
				return false
			}
		}
		return true
	case reflect.Array:
		return isFlat(t.Elem())
	case reflect.Map, reflect.Slice, reflect.Pointer, reflect.Interface, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return false
	}
	return true
}
