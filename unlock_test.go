package cfgmerge

import (
	"errors"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/lww"
)

// An error makes callers repeat what they did, and a rotated token can't be
// rotated again. The lock is gone with the process at the latest.
func TestASaveThatCanNotReleaseItsLockIsASave(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.json")
	o := at(&Options{}, "unlock", func() error { return errors.New("the lock sticks") })
	update(t, open(t, path, o), "/theme", `"dark"`)
	shows(t, path, `{"theme":"dark"}`)
}

// A server recovers from a panic of one request, and lives on for weeks: its lock
// must not outlive the panic.
func TestAnUpdateThatPanicsReleasesTheLock(t *testing.T) {
	for name, leave := range map[string]func(){
		"a panic":              func() { panic("the program's own") },
		"the goroutine's exit": runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			path := temp(t, `{"theme":"light"}`)
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer func() { _ = recover() }()
				_ = open(t, path, nil).Update(context0(), func(*lww.Document, lww.Writer) error { leave(); return nil })
			}()
			<-done
			update(t, open(t, path, &Options{LockTimeout: time.Second}), "/theme", `"dark"`)
			shows(t, path, `{"theme":"dark"}`)
		})
	}
}
