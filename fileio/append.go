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
	path := f.in(name).path
	if err := f.opts.fault("append"); err != nil {
		return fail("append", path, err)
	}
	line = append(bytes.TrimSuffix(bytes.Clone(line), []byte("\n")), '\n')
	if err := f.rotate(name, int64(len(line)), maxBytes); err != nil {
		return fail("rotate", path, err)
	}
	file, err := f.create(name, os.O_WRONLY|os.O_APPEND)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := writeAll(file, line); err != nil {
		return fail("append", path, err)
	}
	return nil
}

func (f *Folder) rotate(name string, more, maxBytes int64) error {
	if maxBytes == 0 {
		return nil
	}
	info, err := entryInfo(f.in(name))
	if err != nil || info.Size == 0 || info.Size+more <= maxBytes {
		return nil // a missing file needs no rotation, and any other error comes again at opening
	}
	return f.root.Rename(name, name+".1")
}
