package fileio

import "os"

// RemoveFolder removes the state folder with all that it remembers, while the lock is held: those who wait for the
// lock find it gone, and make a new folder. The error is a *FileError.
func (t *Txn) RemoveFolder() error {
	f := t.folder
	entry, err := entryInfo(place{name: f.path})
	if err != nil {
		return err
	}
	if !entry.Same(f.info) {
		return &FileError{Op: "remove", Path: f.path, Class: ClassMoved}
	}
	if err := os.RemoveAll(f.path); err != nil {
		return fail("remove", f.path, err)
	}
	return nil
}
