//go:build unix

package fileio

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// dressLike gives the new file the owner, extended attributes, ACL and mode of the old one. The mode comes last: a
// change of owner clears bits of it, and until then nobody but the owner may read.
func dressLike(file *os.File, fresh Info, oldPath string, old Info, secret, anyOwner bool) error {
	mode, err := giveTo(file, fresh, old, anyOwner)
	if err != nil {
		return err
	}
	acl, err := copyAttributes(file, oldPath)
	if err != nil {
		return err
	}
	return file.Chmod(replacementMode(mode, secret, acl))
}

// giveTo changes owner and group where they differ. Rights that would go to another owner or group than before are
// withdrawn.
func giveTo(file *os.File, fresh, old Info, anyOwner bool) (fs.FileMode, error) {
	mode := old.Mode.Perm()
	if fresh.UID == old.UID && fresh.GID == old.GID {
		return mode, nil
	}
	err := file.Chown(int(old.UID), int(old.GID))
	if err == nil {
		return mode, nil
	}
	if !errors.Is(err, syscall.EPERM) && !errors.Is(err, syscall.EINVAL) {
		return 0, err
	}
	if !anyOwner {
		return 0, &FileError{Op: "chown", Path: file.Name(), Class: ClassOwner, Err: err}
	}
	if file.Chown(-1, int(old.GID)) != nil {
		mode &^= 0o070
	}
	return mode, nil
}
