package fosite

import (
	"encoding/json"
	"errors"
	"os"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/refresh"
)

// told is what a process says of one refresh. Tests need the secrets in it;
// Error and Hint are what a person would see.
type told struct {
	Access      string // the token that it got
	Error, Hint string
	Interrupted bool
	Transient   bool
	// Carried is the refresh token in an error; Kept says that it is in the
	// state folder, too.
	Carried string
	Kept    bool
	// Busy is the process that has the lock; Stopped says that it stands still.
	Busy    int
	Stopped bool
}

// tell writes it to where the test looks: a symbolic link, as no error that is
// injected into other calls keeps one from being made.
func (p part) tell(t refresh.Token, err error) error {
	out := told{Access: t.Access}
	if err != nil {
		out.Error = err.Error()
		var hint interface{ Hint() string }
		if errors.As(err, &hint) {
			out.Hint = hint.Hint()
		}
		var transient *refresh.TransientError
		out.Interrupted, out.Transient = isInterrupted(err), errors.As(err, &transient)
		var unsaved *refresh.PersistError
		if errors.As(err, &unsaved) {
			out.Carried, out.Kept = unsaved.Token.Refresh, unsaved.Kept
		}
		var lock *cfgmerge.LockError
		if errors.As(err, &lock) {
			out.Busy, out.Stopped = lock.Holder.PID, lock.Holder.Stopped
		}
	}
	if p.Bug == bugTalks {
		out.Hint += t.Refresh
	}
	text, err := json.Marshal(out)
	if err != nil || p.Told == "" {
		return err
	}
	return os.Symlink(string(text), p.Told)
}
