package fileio

import (
	"errors"
)

// Txn is the right to change one file: the lock of its state folder is held until Unlock.
type Txn struct {
	folder  *Folder
	guard   *Guard
	slot    *handle      // the slot that WriteSlot wrote last, nil if none
	written int          // its index
	heads   *[slots]head // of the slots, once read; under the lock nobody else changes them
}

// Read returns the file as it is now. When its symbolic link leads elsewhere than at OpenFolder the error is a
// *FileError of ClassMoved; others are as for the function Read.
func (t *Txn) Read() (Content, error) { return t.ReadLike(Content{}) }

// ReadLike is Read for a caller who has reason to think that the file is as before: if it has the same bytes they are
// neither copied nor digested again.
func (t *Txn) ReadLike(before Content) (Content, error) {
	f := t.folder
	now, err := Resolve(f.given)
	if err != nil {
		return Content{}, err
	}
	if now != f.target {
		return Content{}, &FileError{Op: "read", Path: f.given, Class: ClassMoved}
	}
	if err := f.opts.fault("read"); err != nil {
		return Content{}, fail("read", f.target, err)
	}
	h, err := openHandle(f.main())
	if is(err, ClassMissing) {
		return Content{}, nil
	}
	if err != nil {
		return Content{}, err
	}
	defer h.Close()
	return h.contentLike(before, f.opts.maxSize())
}

// Unlock ends the transaction. A second call does nothing.
func (t *Txn) Unlock() error {
	if t == nil || t.guard == nil {
		return nil
	}
	t.closeSlot()
	err := errors.Join(t.guard.Unlock(), t.folder.opts.fault("unlock"))
	t.guard = nil // what did not come off goes with its descriptor
	if err != nil {
		return fail("unlock", t.folder.target, err)
	}
	return nil
}

var errUnlocked = errors.New("the transaction has ended")
