package fileio

import (
	"errors"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// The outcomes of ReplaceFile that leave a mixture (its documentation, "Return value").
const (
	errorUnableToRemoveReplaced       = syscall.Errno(1175) // nothing happened
	errorUnableToMoveReplacementAside = syscall.Errno(1177) // the replaced file has the backup's name, its own is free
)

// exchange lets ReplaceFile put a in the place of b, which keeps b's ACL and attributes, with the old file as backup,
// and then gives the backup a's name: the result is that of an exchange.
func exchange(a, b place) error {
	backup := a.path() + ".old"
	if err := patiently(func() error { return replaceFile(b.path(), a.path(), backup) }); err != nil {
		if errors.Is(err, errorUnableToMoveReplacementAside) {
			return errors.Join(err, move(backup, b.path(), 0))
		}
		return err
	}
	return patiently(func() error { return move(backup, a.path(), 0) })
}

// renameNew renames unless the new name is taken.
func renameNew(from, to place) error {
	return patiently(func() error { return move(from.path(), to.path(), 0) })
}

func renameOver(from, to place) error {
	return patiently(func() error { return move(from.path(), to.path(), windows.MOVEFILE_REPLACE_EXISTING) })
}

func linkFile(from, to place) error { return os.Link(from.path(), to.path()) }

func move(from, to string, flags uint32) error {
	a, err := windows.UTF16PtrFromString(from)
	if err != nil {
		return err
	}
	b, err := windows.UTF16PtrFromString(to)
	if err != nil {
		return err
	}
	return windows.MoveFileEx(a, b, flags|windows.MOVEFILE_WRITE_THROUGH)
}

// replaceFile is ReplaceFileW, which x/sys lacks.
func replaceFile(replaced, replacement, backup string) error {
	proc := windows.NewLazySystemDLL("kernel32.dll").NewProc("ReplaceFileW")
	var names [3]*uint16
	for i, s := range []string{replaced, replacement, backup} {
		p, err := windows.UTF16PtrFromString(s)
		if err != nil {
			return err
		}
		names[i] = p
	}
	ok, _, err := proc.Call(uintptr(unsafe.Pointer(names[0])), uintptr(unsafe.Pointer(names[1])),
		uintptr(unsafe.Pointer(names[2])), 0, 0, 0)
	if ok == 0 {
		return err
	}
	return nil
}

// patiently repeats what fails because a virus scanner or an indexer has the file open, for at most 2 s.
func patiently(do func() error) error {
	deadline := time.Now().Add(2 * time.Second)
	for {
		err := do()
		if !isSharing(err) || time.Now().After(deadline) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func isSharing(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_LOCK_VIOLATION) ||
		errors.Is(err, errorUnableToRemoveReplaced)
}

func isUnsupported(err error) bool {
	return errors.Is(err, windows.ERROR_NOT_SUPPORTED) || errors.Is(err, windows.ERROR_INVALID_FUNCTION) ||
		errors.Is(err, syscall.ENOSYS)
}

func syncData(h *handle) error { return h.f.Sync() }

// syncDir does nothing: the system has no such call, and MOVEFILE_WRITE_THROUGH stands for it.
func syncDir(*os.File) error { return nil }
