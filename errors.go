package cfgmerge

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/schema"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// Error is what all operations on a file return: what was attempted, on which
// file, and why it failed. Use errors.As for the reason, which is one of the
// types below or an error of the operating system. No error carries a value.
type Error struct {
	Op   string // "load", "update", …
	Path string
	Err  error
}

func (e *Error) Error() string { return e.Op + " " + e.Path + ": " + reason(e.Err) }

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// reason leaves out the operation and the path where they would only be said
// again.
func reason(err error) string {
	var (
		file *FileError
		lock *LockError
		sync *DurabilityError
		said string
	)
	switch {
	case errors.As(err, &lock):
		said = "lock " + lock.Path + ": "
	case errors.As(err, &sync):
		said = sync.Op + " " + sync.Path + ": "
	case errors.As(err, &file):
		said = file.Op + " " + file.Path + ": "
	}
	short := strings.TrimPrefix(err.Error(), said)
	if file != nil && file.InTheWay() != "" {
		return strconv.Quote(file.InTheWay()) + " in the state folder: " + short
	}
	return short
}

// Reasons that come from the packages below.
type (
	// LockError: other processes held the lock for too long, or the context
	// ended. It names the holder.
	LockError = fileio.LockError
	// FileError: the file, or its directory, can't be used as it is.
	FileError = fileio.FileError
	// DurabilityError: the save is committed, but may not survive a power
	// cut. Don't repeat what can be done only once.
	DurabilityError = fileio.DurabilityError
	// VersionError: the file's format is newer than this package.
	VersionError = lww.VersionError
	// TagError: a cfgmerge struct tag that makes no sense.
	TagError = schema.TagError
	// BuildError: one of Options.Policies makes no sense.
	BuildError = schema.BuildError
)

// isCommitted reports whether a save that failed has changed the file all the same.
func isCommitted(err error) bool {
	var committed *DurabilityError
	return errors.As(err, &committed)
}

// ErrNoBase is returned by a Snapshot that does not come from Load: what to leave
// alone could only be guessed.
var ErrNoBase = errors.New("the snapshot does not come from a load")

// ErrNotObject is returned for a value that is not encoded as a JSON object.
var ErrNotObject = errors.New("the value is not encoded as a JSON object")

// ErrNotPointer is returned by a load into something that can't be changed.
var ErrNotPointer = errors.New("the value to load into is not a pointer, or nil")

// ErrClosed is returned by a File or Doc after Close.
var ErrClosed = errors.New("closed")

// ErrUnsettled is returned when other programs kept replacing the file for as
// long as a save tried.
var ErrUnsettled = errors.New("other programs keep replacing the file")

// CorruptError: the file is damaged, and there is no good state to take
// instead. Its bytes are untouched.
type CorruptError struct {
	// Class is the kind of damage, "truncated" for example.
	Class string
	// Offset in bytes, Line and Column of the damage; lines and columns count
	// from 1.
	Offset, Line, Column int
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("damaged at line %d, column %d (%s)", e.Line, e.Column, e.Class)
}

// Hint says what to do.
func (e *CorruptError) Hint() string {
	return "see what is wrong with: cfgmerge check FILE; mend the file or move it away, nothing was changed"
}

// DecodeError: the file is sound, but does not fit the program's type.
type DecodeError struct {
	// Field is where, in the dotted form of encoding/json; empty if unknown.
	Field string
	// Type is the Go type that it does not fit.
	Type string
}

func (e *DecodeError) Error() string {
	if e.Type == "" {
		return "the file does not fit the program's type"
	}
	if e.Field == "" {
		return "a value does not fit the type " + e.Type
	}
	return fmt.Sprintf("the value of %s does not fit the type %s", e.Field, e.Type)
}

// Hint says what to do.
func (e *DecodeError) Hint() string {
	return "correct the value in the file, or the type in the program; nothing was changed"
}

// corrupt translates what the strict scanner says. It carries no bytes of the
// file.
func corrupt(err error) error {
	var syntax *strictjson.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	return &CorruptError{Class: string(syntax.Class), Offset: syntax.Offset, Line: syntax.Line, Column: syntax.Column}
}

// EncodeError: the program's value can't be encoded as JSON.
type EncodeError struct {
	// Type is the Go type of the value.
	Type string
}

func (e *EncodeError) Error() string {
	return "a value of type " + e.Type + " can't be encoded as JSON"
}

// SpentError: the save would have put back a token, or another secret of a
// group, that was superseded. Nothing was saved.
type SpentError struct {
	// Groups are the names of the instances, sorted.
	Groups []string
}

func (e *SpentError) Error() string {
	return "a superseded secret of " + strings.Join(e.Groups, ", ") + " was not put back"
}

// Hint says what to do.
func (e *SpentError) Hint() string {
	return "load the file again before changing it; to put a token back on purpose, log in with it"
}
