//go:build unix

package scenarios

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/examples/proctest"
)

// flock is a process that locks a file, exclusively, and holds it.
func flock(args []string) int {
	return hold(args[0], func(fd uintptr) error { return syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB) })
}

// fcntl does the same with a POSIX lock.
func fcntl(args []string) int {
	return hold(args[0], func(fd uintptr) error {
		return syscall.FcntlFlock(fd, syscall.F_SETLK, &syscall.Flock_t{Type: syscall.F_WRLCK})
	})
}

func hold(path string, lock func(fd uintptr) error) int {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return report(err)
	}
	if err := lock(file.Fd()); err != nil {
		return report(err)
	}
	err = proctest.Meet(bufio.NewReader(os.Stdin), "locked")
	return report(errors.Join(err, file.Close()))
}

// trySave saves another theme, and waits for no lock for long.
func trySave(path, theme string) error {
	var s Settings
	snap, err := cfgmerge.LoadContext(context.Background(), path, &s, &cfgmerge.Options{LockTimeout: 50 * time.Millisecond})
	if err != nil {
		return err
	}
	s.Theme = theme
	return snap.Save(&s)
}

// Scenario 15: what another program's lock on the data file means is its own
// affair.
func TestASaveIsNotHeldUpByALockOnTheDataFile(t *testing.T) {
	for _, kind := range []string{"flock", "fcntl"} {
		t.Run(kind, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config.json")
			set(t, path, logIn)
			other := proctest.Start(t, kind, path)
			other.Expect("locked")
			must(t, trySave(path, "blue"))
			other.Finish()
		})
	}
}

// Scenario 15, the proof that the test bites: the lock that counts holds up.
func TestASaveIsHeldUpByALockOnTheStateFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	set(t, path, logIn)
	other := proctest.Start(t, "flock", filepath.Join(stateFolder(path), "lock"))
	other.Expect("locked")
	var busy *cfgmerge.LockError
	if err := trySave(path, "blue"); !errors.As(err, &busy) {
		t.Errorf("got %v, not a LockError", err)
	}
	other.Finish()
	must(t, trySave(path, "blue"))
}

// Scenario 15: and the other way round, in the middle of a save.
func TestAProgramCanLockTheDataFileWhileItIsSaved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	set(t, path, logIn)
	file, err := cfgmerge.Open[Settings](path, nil)
	must(t, err)
	defer func() { _ = file.Close() }()
	must(t, file.Update(t.Context(), func(s *Settings) error {
		for _, kind := range []string{"flock", "fcntl"} {
			other := proctest.Start(t, kind, path)
			other.Expect("locked")
			other.Finish()
		}
		s.Theme = "blue"
		return nil
	}))
}

// Scenario 15: other tools make <file>.lock with O_EXCL, and leave it there
// when they are killed.
func TestAForeignLockFileNeitherBlocksNorIsMade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	set(t, path, logIn)
	if _, err := os.Lstat(path + ".lock"); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a lock file was made beside the data file:", err)
	}
	write(t, path+".lock", "4121\n")
	other := proctest.Start(t, "flock", path+".lock")
	other.Expect("locked")
	before := stat(t, path+".lock")
	must(t, trySave(path, "blue"))
	after := stat(t, path+".lock")
	if read(t, path+".lock") != "4121\n" || !os.SameFile(before, after) || !after.ModTime().Equal(before.ModTime()) {
		t.Error("the foreign lock file was touched")
	}
	other.Finish()
}
