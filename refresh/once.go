package refresh

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// Once is a field of a file whose value is made once, whoever comes first: a
// distinct id, an anonymous token. It is safe for concurrent use, by any number
// of processes. The field gets the policy first.
type Once struct {
	doc  *cfgmerge.Doc
	path []string
	mint func(context.Context) (string, error)
	opts OnceOptions
}

// OnceOptions configure a Once. The zero value is right.
type OnceOptions struct {
	// Timeout bounds one call of the function that makes the value; 0 means 30
	// s.
	Timeout time.Duration
	// LockTimeout bounds the wait for others that make it; 0 means 45 s,
	// negative as long as the context allows.
	LockTimeout time.Duration
}

// ErrEmptyValue: the function that makes the value has made an empty one.
var ErrEmptyValue = errors.New("the value that was made is empty")

// NewOnce returns the field at pointer (RFC 6901). mint makes a value, and may
// take its time: others can save the file meanwhile. The reason in the *Error
// is a *strictjson.PointerError or ErrNoName.
func NewOnce(doc *cfgmerge.Doc, pointer string, mint func(context.Context) (string, error), o OnceOptions) (*Once, error) {
	path, err := strictjson.SplitPointer(pointer)
	if err == nil && len(path) == 0 {
		err = ErrNoName
	}
	if err != nil {
		return nil, &Error{Op: "open", Name: pointer, Err: err}
	}
	if o.Timeout == 0 {
		o.Timeout = defaultExchangeTimeout
	}
	if o.LockTimeout == 0 {
		o.LockTimeout = defaultLockTimeout
	}
	return &Once{doc: doc, path: path, mint: mint, opts: o}, nil
}

func (o *Once) fail(op string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Op: op, Name: strictjson.JoinPointer(o.path...), Err: err}
}

// Get returns the value, and makes it if there is none: one call of one process
// does, and all others wait for it. The reasons in its *Error are the error of
// the function, ErrEmptyValue, *NestedError, *cfgmerge.LockError and those of
// the file.
func (o *Once) Get(ctx context.Context) (string, error) {
	value, err := o.load(ctx)
	if err != nil || value != "" {
		return value, o.fail("get", err)
	}
	if cfgmerge.Updating() {
		return "", o.fail("get", &NestedError{Name: strictjson.JoinPointer(o.path...)})
	}
	value, err = o.make(ctx)
	return value, o.fail("get", err)
}

// Discard removes the value if it still is old, so that the next Get makes
// another one. If it is another one already, that one stays: of many who find
// the same value wrong, one discards it. The reasons in its *Error are those of
// Doc.Update.
func (o *Once) Discard(ctx context.Context, old string) error {
	if cfgmerge.Updating() {
		return o.fail("discard", &NestedError{Name: strictjson.JoinPointer(o.path...)})
	}
	return o.fail("discard", o.doc.Update(ctx, func(d *lww.Document, w lww.Writer) error {
		if old == "" || textAt(d, o.path) != old {
			return nil
		}
		o.declare(d)
		return d.Write(w, lww.Change{Path: o.path})
	}))
}

func (o *Once) load(ctx context.Context) (string, error) {
	d, err := o.doc.Load(ctx)
	if err != nil {
		return "", err
	}
	return textAt(d, o.path), nil
}

// textAt returns a text of the document, empty if something else is there.
func textAt(d *lww.Document, path []string) string {
	var text string
	if v := d.At(path); v != nil {
		_ = json.Unmarshal([]byte(v.JSON()), &text)
	}
	return text
}

// make takes the lock, looks again, and makes the value.
func (o *Once) make(ctx context.Context) (string, error) {
	held, err := acquire(ctx, o.doc.Folder, "once-"+hash(o.path...)+".lock", o.opts.LockTimeout)
	if err != nil {
		return "", err
	}
	defer held.leave()
	if value, err := o.load(ctx); err != nil || value != "" {
		return value, err
	}
	if err := o.doc.Ready(ctx); err != nil {
		return "", err
	}
	minting, cancel := context.WithTimeout(ctx, o.opts.Timeout)
	value, err := o.mint(minting)
	cancel()
	if err == nil && value == "" {
		err = ErrEmptyValue
	}
	if err != nil {
		return "", err
	}
	return o.keep(context.WithoutCancel(ctx), value)
}

// keep saves the value, unless another one came from elsewhere meanwhile: that
// one is what everybody has seen.
func (o *Once) keep(ctx context.Context, value string) (string, error) {
	err := o.doc.Update(ctx, func(d *lww.Document, w lww.Writer) error {
		if now := textAt(d, o.path); now != "" {
			value = now
			return nil
		}
		o.declare(d)
		return d.Write(w, lww.Change{Path: o.path, Want: &lww.View{Leaf: strictjson.Quote(value)}})
	})
	var committed *cfgmerge.DurabilityError
	if errors.As(err, &committed) {
		err = nil
	}
	return value, err
}

// declare gives the field the policy first.
func (o *Once) declare(d *lww.Document) {
	var at lww.Pattern
	for _, key := range o.path {
		at = append(at, lww.Segment{Key: key})
	}
	d.Declare(lww.Table{lww.FieldName(slices.Clip(at)): {Kind: lww.First, At: at}})
	d.Lift()
}
