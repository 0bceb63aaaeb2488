package cfgmerge

import (
	"context"
	"runtime"

	"github.com/cfgmerge/cfgmerge/fileio"
)

// Folder opens the file's state folder, for those that coordinate more than
// saves: its locks are named for what they guard. The caller closes it. With
// create it is made if it is missing. The reason in the *Error is a *FileError.
//
// Its locks are waited for as long as the context allows, whatever
// Options.LockTimeout says.
func (d *Doc) Folder(create bool) (*fileio.Folder, error) {
	o := d.opts.files()
	o.LockTimeout = -1
	folder, err := fileio.OpenFolder(d.path, create, o)
	return folder, d.fail("open", err)
}

// Ready finds out whether a save could be made now, by taking the lock and
// giving it back: before something that can be done only once, and whose result
// must be saved. The reasons in the *Error are *LockError and *FileError.
func (d *Doc) Ready(ctx context.Context) error {
	if d.isClosed() {
		return d.fail("lock", ErrClosed)
	}
	return d.fail("lock", fileio.Follow(func() error { return d.tryLock(ctx) }))
}

func (d *Doc) tryLock(ctx context.Context) error {
	folder, err := fileio.OpenFolder(d.path, true, d.opts.files())
	if err != nil {
		return err
	}
	defer folder.Close()
	if folder.Fallback() && !d.opts.InPlace {
		return &FileError{Op: "save", Path: d.path, Class: fileio.ClassMount}
	}
	txn, err := folder.Lock(ctx)
	if err != nil {
		return err
	}
	return txn.Unlock()
}

// Updating reports whether the calling goroutine is inside a function that an
// Update runs, and so holds the lock of a file. Whatever waits for that lock in
// there, or takes long, has to wait until it has returned.
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

// changing is the function below which the callers' own run.
const changing = "github.com/cfgmerge/cfgmerge.(*commit).change"
