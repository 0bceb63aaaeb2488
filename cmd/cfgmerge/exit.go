package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/cfgmerge/cfgmerge"
)

// The exit codes.
const (
	exitOK      = 0
	exitFound   = 1 // check found something, files differ, a field is missing, a dry run would change something
	exitFailed  = 2 // wrong usage, or input and output
	exitLocked  = 3 // other processes held the lock for too long
	programName = "cfgmerge"
)

// exitCode is the only place that decides how the program ends.
func exitCode(err error) int {
	var (
		found *foundError
		lock  *cfgmerge.LockError
	)
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &found):
		return exitFound
	case errors.As(err, &lock) && errors.Is(lock.Cause, context.DeadlineExceeded):
		return exitLocked
	}
	return exitFailed
}

// foundError ends a command that worked, and whose answer is no: exit code 1.
type foundError struct {
	msg, hint string // empty if the output says it all
}

func (e *foundError) Error() string { return e.msg }

func (e *foundError) Hint() string { return e.hint }

// errFound is a foundError whose output says it all.
func errFound() error { return &foundError{} }

// usageError is the user's mistake. It quotes no argument that may be a value.
type usageError struct{ msg, hint string }

func (e *usageError) Error() string { return e.msg }

func (e *usageError) Hint() string { return e.hint }

// complain prints an error, and what to do about it.
func complain(s *screen, err error) {
	if err == nil || err.Error() == "" {
		return
	}
	fmt.Fprintf(s.w, "%s: %s\n", programName, printable(err.Error()))
	if hint := hintFor(err); hint != "" {
		fmt.Fprintf(s.w, "%s %s\n", s.bold("hint:"), printable(hint))
	}
}
