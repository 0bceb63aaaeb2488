package fileio

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

const maxLinks = 40 // what Linux allows in one path

// Resolve follows the symbolic links that path itself is, absolute, relative or dangling, and returns the absolute
// path of the file to read or create. Links among the directories are left to the system. The error is a *FileError,
// of ClassLoop when the links lead in a circle.
func Resolve(path string) (string, error) {
	if path == "" {
		return "", &FileError{Op: "resolve", Path: path, Class: ClassMissing, Err: errEmptyPath}
	}
	at, err := filepath.Abs(path)
	if err != nil {
		return "", fail("resolve", path, err)
	}
	for range maxLinks {
		to, err := os.Readlink(at)
		if err != nil {
			return at, notALink(path, err)
		}
		if !filepath.IsAbs(to) {
			to = besides(at, to)
		}
		at = filepath.Clean(to)
	}
	return "", &FileError{Op: "resolve", Path: path, Class: ClassLoop}
}

var errEmptyPath = errors.New("the path is empty")

// besides resolves a relative link. The directory is resolved first, because `..` in a link is meant from where the
// directory really is, which a lexical join gets wrong when the directory is itself a link.
func besides(link, to string) string {
	dir := filepath.Dir(link)
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	return filepath.Join(dir, to)
}

// notALink separates the ordinary ends of a walk (a file, or nothing) from real failures.
func notALink(path string, err error) error {
	switch {
	case errors.Is(err, syscall.EINVAL), errors.Is(err, fs.ErrNotExist), isNotReparsePoint(err):
		return nil
	case errors.Is(err, syscall.ENOTDIR):
		return nil // reading says so better
	}
	return fail("resolve", path, err)
}
