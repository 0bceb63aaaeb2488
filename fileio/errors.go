package fileio

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Class says what kind of obstacle a FileError is, so that callers need not know any system's error numbers.
type Class string

// The classes of FileError.
const (
	ClassMissing    Class = "missing"         // the file or its directory is not there
	ClassNotRegular Class = "not a file"      // a directory, device, FIFO or socket is in its place
	ClassTooLarge   Class = "too large"       // above Options.MaxSize
	ClassPermission Class = "not permitted"   // this user may not
	ClassReadOnly   Class = "read-only"       // the file system is mounted read-only
	ClassNoSpace    Class = "no space"        // the disk or the quota is full
	ClassOwner      Class = "foreign owner"   // another user owns it and Options.AnyOwner is off
	ClassMount      Class = "mounted"         // a mount point or unwritable directory, and Options.InPlace is off
	ClassChanged    Class = "changed"         // it appeared, vanished or changed since it was read: read again
	ClassMoved      Class = "moved"           // the path leads elsewhere than when the folder was opened: open again
	ClassLoop       Class = "symlink loop"    // the links lead in a circle
	ClassCorrupt    Class = "write corrupted" // what was read back is not what was written
	ClassIO         Class = "failed"          // anything else
)

// FileError is a failed operation on one path. Nothing was committed.
type FileError struct {
	Op    string // what was attempted, e.g. "open"
	Path  string
	Class Class
	Err   error // the system's own error, nil if there is none
}

// Error never contains bytes of the file.
func (e *FileError) Error() string {
	reason := string(e.Class)
	if e.Err != nil {
		reason = e.Err.Error()
	}
	return e.Op + " " + e.Path + ": " + reason
}

// Unwrap returns the system's error.
func (e *FileError) Unwrap() error { return e.Err }

// InTheWay returns the name of an entry of the state folder that is not what belongs there; empty if it is not that.
func (e *FileError) InTheWay() string {
	dir, name := filepath.Split(e.Path)
	if e.Class != ClassNotRegular && e.Class != ClassLoop || !strings.HasSuffix(filepath.Base(dir), folderSuffix) {
		return ""
	}
	return name
}

// Hint is one sentence on what the user can do, or empty.
func (e *FileError) Hint() string {
	if e.InTheWay() != "" {
		return "move it away; the state folder is " + filepath.Dir(e.Path)
	}
	switch e.Class {
	case ClassMissing:
		return "check the path"
	case ClassNotRegular:
		return "name a regular file"
	case ClassTooLarge:
		return "raise the size limit if the file is meant to be this large"
	case ClassPermission:
		return "check the owner and mode of the file, its directory and the state folder beside it"
	case ClassReadOnly:
		return "remount the file system writable, or keep the file elsewhere"
	case ClassNoSpace:
		return "free some space; the file is as it was"
	case ClassOwner:
		return "run as the file's owner, or allow any owner"
	case ClassMount:
		return "mount the directory instead of the single file, or allow writing in place"
	case ClassLoop:
		return "correct the symbolic links"
	case ClassCorrupt:
		return "check the disk; the file is as it was"
	}
	return ""
}

// LockError says that a lock was not had in time. Nothing was done.
type LockError struct {
	Path   string        // of the file whose lock it is
	Waited time.Duration // in all
	Holder Holder        // zero if unknown
	Cause  error         // context.DeadlineExceeded or context.Canceled, or the context's own cause
}

// Error names the holder if it is known.
func (e *LockError) Error() string {
	verb := "lock busy after "
	if errors.Is(e.Cause, context.Canceled) {
		verb = "gave up on the lock after "
	}
	s := "lock " + e.Path + ": " + verb + e.Waited.Round(time.Millisecond).String()
	if e.Holder.PID != 0 {
		s += " (held by " + e.Holder.String() + ")"
	}
	return s
}

// Unwrap returns the context's error.
func (e *LockError) Unwrap() error { return e.Cause }

// Hint is one sentence on what the user can do.
func (e *LockError) Hint() string {
	if e.Holder.Stopped {
		return "continue the stopped process with `kill -CONT " + strconv.Itoa(e.Holder.PID) + "`, or end it"
	}
	return "allow a longer wait, or end the process that holds the lock"
}

// DurabilityError says that the new bytes are in place but may not survive a loss of power: committed, durability
// unknown. The caller must not repeat what cannot be done twice.
type DurabilityError struct {
	Op   string
	Path string
	Err  error
}

// Error states that the change is in place.
func (e *DurabilityError) Error() string {
	return fmt.Sprintf("%s %s: committed, durability unknown: %v", e.Op, e.Path, e.Err)
}

// Unwrap returns the system's error.
func (e *DurabilityError) Unwrap() error { return e.Err }

// Hint is one sentence on what the user can do.
func (e *DurabilityError) Hint() string {
	return "the change is in the file; check the disk, and do not repeat a token exchange"
}

// fail makes a FileError of a system error. It strips the wrappings that repeat the operation and the path.
func fail(op, path string, err error) error {
	var known *FileError
	if errors.As(err, &known) {
		return err
	}
	var ofPath *fs.PathError
	var ofLink *os.LinkError
	switch {
	case errors.As(err, &ofPath):
		err = ofPath.Err
	case errors.As(err, &ofLink):
		err = ofLink.Err
	}
	return &FileError{Op: op, Path: path, Class: classify(err), Err: err}
}

func classify(err error) Class {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ClassMissing
	case errors.Is(err, syscall.EROFS):
		return ClassReadOnly
	case errors.Is(err, fs.ErrPermission):
		return ClassPermission
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return ClassNoSpace
	case errors.Is(err, syscall.ELOOP):
		return ClassLoop
	case errors.Is(err, syscall.EBUSY):
		return ClassMount
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EISDIR):
		return ClassNotRegular
	}
	return ClassIO
}

func uncertain(err error) bool {
	var e *DurabilityError
	return errors.As(err, &e)
}

// is reports whether err is a FileError of the class.
func is(err error, c Class) bool {
	if err == nil {
		return false // for nothing: errors.As needs memory
	}
	var e *FileError
	return errors.As(err, &e) && e.Class == c
}
