//go:build unix

package fileio

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// isPublic reports whether those may read or write who are neither owner nor group.
func isPublic(mode fs.FileMode) bool { return mode.Perm()&0o006 != 0 }

func isShared(mode fs.FileMode) bool { return mode.Perm()&0o060 != 0 }

// mayWrite asks whether this user could make files in the directory.
func mayWrite(dir *os.File) error {
	err := unix.Faccessat(int(dir.Fd()), ".", unix.W_OK|unix.X_OK, unix.AT_EACCESS)
	if err != nil {
		return fail("write", dir.Name(), err)
	}
	return nil
}
