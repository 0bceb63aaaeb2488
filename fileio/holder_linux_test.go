package fileio

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestAStoppedHolderIsNamedAsStopped(t *testing.T) {
	path := fixture(t, "old")
	c := hold(t, path)
	must(t, c.Process.Signal(syscall.SIGSTOP))
	var status unix.WaitStatus
	_, err := unix.Wait4(c.Process.Pid, &status, unix.WUNTRACED, nil)
	must(t, err)
	e := lockError(t, t.Context(), openFolder(t, path, Options{LockTimeout: 20 * time.Millisecond}))
	if !e.Holder.Stopped || e.Holder.PID != c.Process.Pid {
		t.Errorf("holder %+v", e.Holder)
	}
}

func TestTheSystemIsBelievedRatherThanTheRecord(t *testing.T) {
	path := fixture(t, "old")
	c := hold(t, path)
	f := openFolder(t, path, Options{LockTimeout: 20 * time.Millisecond})
	must(t, os.WriteFile(filepath.Join(f.Path(), holderOf(lockName)), encodeHolder("go", "another", time.Now()), 0o600))
	e := lockError(t, t.Context(), f)
	if e.Holder.PID != c.Process.Pid || e.Holder.Exe != "fileio.test" || e.Holder.App != "" {
		t.Errorf("holder %+v", e.Holder)
	}
}

func TestARecordOlderThanItsProcessIsNotBelieved(t *testing.T) {
	f := openFolder(t, fixture(t, "old"), Options{})
	record := filepath.Join(f.Path(), holderOf(lockName))
	for when, want := range map[time.Time]int{time.Unix(1, 0): 0, time.Now(): os.Getpid()} {
		must(t, os.WriteFile(record, encodeHolder("go", "app", when), 0o600))
		if got := f.heldBy(lockName); got.PID != want {
			t.Errorf("recorded at %v: %+v", when, got)
		}
	}
}

func TestASecondLockOfOneProcessWritesNoRecord(t *testing.T) {
	path := fixture(t, "old")
	txn, _ := begin(t, path, Options{Now: func() time.Time { return time.Unix(1, 0) }})
	must(t, txn.Unlock())
	record := filepath.Join(txn.folder.Path(), holderOf(lockName))
	before, err := os.ReadFile(record)
	must(t, err)
	begin(t, path, Options{})
	wantFile(t, record, string(before))
}
