package fileio

import (
	"errors"
	"io/fs"
	"os"
)

// Record is a small file of the state folder that is written before something that can be done only once, with room for
// what comes of it: a disk that fills up meanwhile can't take that room away. Whoever makes one holds a lock that nobody
// else makes it under.
type Record struct {
	file   *handle
	folder *Folder
}

// CreateRecord makes the file, in place of an older one, with data and then zeros up to size. It and its entry in the
// folder are on disk when it returns, whatever Options.Durability says. The older one may say that something was done
// which must not be done twice, so it is there until the new one is whole: also after a kill. The error is a *FileError.
func (f *Folder) CreateRecord(name string, data []byte, size int) (*Record, error) {
	if err := f.opts.fault("record"); err != nil {
		return nil, fail("create", f.in(name).path(), err)
	}
	temp := name + ".new"
	if err := f.remove(temp); err != nil {
		return nil, err
	}
	whole := make([]byte, max(size, len(data)))
	copy(whole, data)
	err := f.writeWhole(temp, whole)
	if err == nil {
		err = f.opts.step("record-rename", func() error { return f.root.Rename(temp, name) })
	}
	if err != nil {
		_ = f.remove(temp)
		return nil, fail("write", f.in(name).path(), err)
	}
	if err := f.syncFolder(); err != nil {
		return nil, fail("sync", f.in(name).path(), err)
	}
	file, err := openFile(f.in(name), os.O_WRONLY, 0)
	if err != nil {
		return nil, fail("open", f.in(name).path(), err)
	}
	return &Record{file: file, folder: f}, nil
}

// writeWhole makes a new file that is on disk when it returns; its entry in the folder need not be. It is closed by
// then: not every system renames what is open.
func (f *Folder) writeWhole(name string, data []byte) error {
	file, err := f.create(name, os.O_WRONLY|os.O_EXCL)
	if err != nil {
		return err
	}
	r := &Record{file: file, folder: f}
	return errors.Join(r.Overwrite(data, 0), file.Close())
}

// Overwrite changes bytes of the file, which are on disk when it returns. The error is a *FileError.
func (r *Record) Overwrite(data []byte, offset int64) error {
	err := r.folder.opts.step("record-write", func() error { return r.file.writeAt(data, offset) })
	if err == nil {
		err = r.folder.opts.step("record-sync", func() error { return syncData(r.file) })
	}
	if err != nil {
		return fail("write", r.file.at.path(), err)
	}
	return nil
}

// Close releases the descriptor; the file stays.
func (r *Record) Close() error {
	if r == nil {
		return nil
	}
	return r.file.Close()
}

// ReadFile returns a file of the state folder, nil if there is none. Symbolic links are not followed, and more than
// most bytes are refused. The error is a *FileError.
func (f *Folder) ReadFile(name string, most int64) ([]byte, error) {
	if !f.Exists() {
		return nil, nil
	}
	c, err := readEntry(f.in(name), most)
	return c.Data, err
}

// WriteFile replaces a file of the state folder, whole or not at all, also in a power cut. Whoever calls it holds a lock
// that nobody else writes the file under. The error is a *FileError.
func (f *Folder) WriteFile(name string, data []byte) error {
	r, err := f.CreateRecord(name, data, 0)
	if err != nil {
		return err
	}
	return r.Close()
}

// Remove removes a file of the state folder; one that is missing is no error. The error is a *FileError.
func (f *Folder) Remove(name string) error {
	if !f.Exists() {
		return nil
	}
	return f.remove(name)
}

// Names lists what is in the state folder. The error is a *FileError.
func (f *Folder) Names() ([]string, error) {
	if !f.Exists() {
		return nil, nil
	}
	return f.names()
}

func (f *Folder) syncFolder() error {
	if err := f.opts.fault("dir-sync"); err != nil {
		return err
	}
	if err := syncDir(f.dir); err != nil && !errors.Is(err, fs.ErrInvalid) && !isUnsupported(err) {
		return err
	}
	return nil
}
