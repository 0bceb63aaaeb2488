package cfgmerge

import (
	"errors"
	"path/filepath"
	"testing"
)

// An error makes callers repeat what they did, and a rotated token can't be
// rotated again. The lock is gone with the process at the latest.
func TestASaveThatCanNotReleaseItsLockIsASave(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.json")
	o := at(&Options{}, "unlock", func() error { return errors.New("the lock sticks") })
	update(t, open(t, path, o), "/theme", `"dark"`)
	shows(t, path, `{"theme":"dark"}`)
}
