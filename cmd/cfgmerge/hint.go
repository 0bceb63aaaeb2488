package main

import (
	"errors"
	"io/fs"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/refresh"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// hintFor returns what to do about an error: what the table says, which knows
// the flags, or else what the error itself says.
func hintFor(err error) string {
	for _, h := range hints() {
		if h.fits(err) {
			return h.hint
		}
	}
	var own interface{ Hint() string }
	if errors.As(err, &own) {
		return own.Hint()
	}
	return ""
}

type hint struct {
	fits func(error) bool
	hint string
}

// hints is the table of what to do about errors that are the same for every
// command.
func hints() []hint {
	return []hint{
		{isA(func(e *cfgmerge.LockError) bool { return !e.Holder.Stopped }), "raise --lock-timeout, or stop the process that holds the lock"},
		{isA(func(e *cfgmerge.VersionError) bool { return true }), "use a newer cfgmerge; nothing was changed"},
		{isA(func(e *cfgmerge.IdentityError) bool { return true }), "if they are meant to become one, use --force"},
		{isA(func(e *cfgmerge.FutureError) bool { return true }), "look at it with cfgmerge check; --allow-future takes it all the same"},
		{isFile(fileio.ClassTooLarge), "raise --max-size if the file is meant to be this large"},
		{isFile(fileio.ClassOwner), "run as the file's owner, or use --any-owner"},
		{isFile(fileio.ClassMount), "mount the directory instead of the single file, or use --in-place"},
		{is(lww.ErrReserved), "cfgmerge strip takes the history out of a file"},
		{is(lww.ErrHolder), "change the fields in it one by one, or with cfgmerge patch"},
		{is(lww.ErrNotObject), "write an object, such as {\"theme\": \"dark\"}"},
		{isA(func(e *cfgmerge.LimitError) bool { return e.Class == string(strictjson.TooLarge) }), "raise --max-size if the file is meant to become this large"},
		{isA(func(e *cfgmerge.LimitError) bool { return e.Class == string(strictjson.TooDeep) }), "nothing may be nested deeper than 1,000 levels"},
		{isA(func(e *refresh.InterruptedError) bool { return e.RetryAt.IsZero() }), "log in again; or, if the server takes a spent token within a grace period, use --resume"},
		{is(cfgmerge.ErrNothingLeft), "look for a backup; move the file away to start anew"},
		{is(cfgmerge.ErrOtherDocument), "move the file's state folder away to salvage the file, or the file to go without it"},
		{is(cfgmerge.ErrWouldLose), "move the file away, restore what it had by hand, and keep its bytes until then"},
		{is(cfgmerge.ErrConflict), "resolve the conflict by hand"},
		{is(cfgmerge.ErrNotQuarantined), "without a NAME, cfgmerge restore lists what is there"},
		{is(cfgmerge.ErrNotInText), "cfgmerge restore FILE shows in which fields each text differs"},
		{is(cfgmerge.ErrUnstored), "cfgmerge token exec stores it, or token logout removes it"},
		{is(cfgmerge.ErrUnsettled), "find out which program writes it all the time"},
		{is(fs.ErrPermission), "check the owner and mode of the file, its directory and the state folder beside it"},
	}
}

// isA fits errors of a type for which more holds.
func isA[E error](more func(E) bool) func(error) bool {
	return func(err error) bool {
		var e E
		return errors.As(err, &e) && more(e)
	}
}

func isFile(c fileio.Class) func(error) bool {
	return isA(func(e *cfgmerge.FileError) bool { return e.Class == c })
}

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}
