//go:build unix

package fileio

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

// isPublic reports whether those may read or write who are neither owner nor group.
func isPublic(mode fs.FileMode) bool { return mode.Perm()&0o006 != 0 }

func isShared(mode fs.FileMode) bool { return mode.Perm()&0o060 != 0 }

// mayWrite asks whether this user could make files in the folder.
func (f *Folder) mayWrite() error {
	err := unix.Faccessat(int(f.dir.Fd()), ".", unix.W_OK|unix.X_OK, unix.AT_EACCESS)
	if err != nil {
		return fail("write", f.path, err)
	}
	return nil
}
