package fileio

import (
	"bytes"
	"os"
)

// Append adds one line to a file of the state folder in a single write, and the newline if it lacks one. A file that
// would grow beyond maxBytes is renamed to name.1 first, in place of an older one; 0 means no limit. Nothing is synced.
// Whoever may rotate holds the lock. The error is a *FileError.
func (f *Folder) Append(name string, line []byte, maxBytes int64) error {
	if !f.Exists() {
		return &FileError{Op: "append", Path: f.given, Class: ClassMissing, Err: errNoFolder}
	}
	if err := f.opts.fault("append"); err != nil {
		return fail("append", f.in(name).path(), err)
	}
	line = append(bytes.TrimSuffix(bytes.Clone(line), []byte("\n")), '\n')
	file, err := f.openToAppend(name, int64(len(line)), maxBytes)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := file.write(line); err != nil {
		return fail("append", file.at.path(), err)
	}
	return nil
}

// openToAppend opens the file, or a new one in its place if it has no room for more bytes.
func (f *Folder) openToAppend(name string, more, maxBytes int64) (*handle, error) {
	const flag = os.O_WRONLY | os.O_APPEND
	file, err := f.create(name, flag)
	if err != nil || maxBytes == 0 {
		return file, err
	}
	info, err := file.info()
	if err != nil || info.Size == 0 || info.Size+more <= maxBytes {
		return file, nil // what is wrong with a file that can't be described, writing says better
	}
	_ = file.Close()
	if err := f.root.Rename(name, name+".1"); err != nil {
		return nil, fail("rotate", file.at.path(), err)
	}
	return f.create(name, flag)
}
