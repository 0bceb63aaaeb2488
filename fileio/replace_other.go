//go:build unix && !linux && !darwin

package fileio

import (
	"os"

	"golang.org/x/sys/unix"
)

// exchange does not exist on these systems: the caller checks and renames.
func exchange(place, place) error { return unix.ENOSYS }

// renameNew links, because link refuses a name that is taken and rename does not.
func renameNew(from, to place) error {
	if err := linkFile(from, to); err != nil {
		return err
	}
	_ = os.Remove(from.path())
	return nil
}

func renameOver(from, to place) error { return os.Rename(from.path(), to.path()) }

func linkFile(from, to place) error { return os.Link(from.path(), to.path()) }

func syncData(h *handle) error {
	_, err := again(func() (int, error) { return 0, unix.Fsync(h.fd) })
	return err
}

func syncDir(dir *os.File) error { return dir.Sync() }
