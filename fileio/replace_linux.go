package fileio

import (
	"os"

	"golang.org/x/sys/unix"
)

// exchange gives each of two existing files the other's name, atomically.
func exchange(a, b place) error { return rename2(a, b, unix.RENAME_EXCHANGE) }

// renameNew renames unless the new name is taken. File systems without RENAME_NOREPLACE have link, which refuses too.
func renameNew(from, to place) error {
	err := rename2(from, to, unix.RENAME_NOREPLACE)
	if !isUnsupported(err) {
		return err
	}
	if err := linkFile(from, to); err != nil {
		return err
	}
	dir, name := from.at()
	_ = unix.Unlinkat(dir, name, 0)
	return nil
}

func renameOver(from, to place) error { return rename2(from, to, 0) }

func rename2(from, to place, flags uint) error {
	fromDir, fromName := from.at()
	toDir, toName := to.at()
	_, err := again(func() (int, error) { return 0, unix.Renameat2(fromDir, fromName, toDir, toName, flags) })
	return err
}

func linkFile(from, to place) error {
	fromDir, fromName := from.at()
	toDir, toName := to.at()
	return unix.Linkat(fromDir, fromName, toDir, toName, 0)
}

// syncData flushes the bytes of a file, but not its times.
func syncData(h *handle) error {
	_, err := again(func() (int, error) { return 0, unix.Fdatasync(h.fd) })
	return err
}

func syncDir(dir *os.File) error { return dir.Sync() }
