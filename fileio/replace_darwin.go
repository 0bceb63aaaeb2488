package fileio

import (
	"os"

	"golang.org/x/sys/unix"
)

// exchange gives each of two existing files the other's name, atomically (renamex_np(2)).
func exchange(a, b place) error { return renameWith(a, b, unix.RENAME_SWAP) }

// renameNew renames unless the new name is taken.
func renameNew(from, to place) error { return renameWith(from, to, unix.RENAME_EXCL) }

func renameOver(from, to place) error { return renameWith(from, to, 0) }

func renameWith(from, to place, flags uint32) error {
	fromDir, fromName := from.at()
	toDir, toName := to.at()
	return unix.RenameatxNp(fromDir, fromName, toDir, toName, flags)
}

func linkFile(from, to place) error { return os.Link(from.path(), to.path()) }

// syncData is F_FULLFSYNC, as os.File.Sync is here: fsync(2) alone leaves the bytes in the drive's cache.
func syncData(h *handle) error {
	_, err := again(func() (int, error) { return unix.FcntlInt(uintptr(h.fd), unix.F_FULLFSYNC, 0) })
	return err
}

func syncDir(dir *os.File) error { return dir.Sync() }
