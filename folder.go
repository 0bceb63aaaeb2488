package cfgmerge

import (
	"context"
	"path/filepath"

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

// folderPath is where the state folder is, or would be.
func (d *Doc) folderPath() string {
	folder, err := fileio.OpenFolder(d.path, false, d.opts.files())
	if err != nil {
		return stateFolder(d.path)
	}
	defer folder.Close()
	if folder.Exists() {
		return folder.Path()
	}
	return stateFolder(folder.Target())
}

// stateFolder is where the state folder of a file lies if it can lie there.
func stateFolder(file string) string {
	return filepath.Join(filepath.Dir(file), "."+filepath.Base(file)+folderSuffix)
}

const folderSuffix = ".cfgmerge"
