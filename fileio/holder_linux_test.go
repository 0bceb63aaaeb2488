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

func TestAProcessThatReusesThePidIsNotNamed(t *testing.T) {
	path := fixture(t, "old")
	c := hold(t, path)
	f := openFolder(t, path, Options{LockTimeout: 20 * time.Millisecond})
	longAgo := encodeHolder("codag", time.Unix(1, 0))
	copy(longAgo, []byte("1\n"))
	must(t, os.WriteFile(filepath.Join(f.Path(), holderOf(lockName)), longAgo, 0o600))
	if e := lockError(t, t.Context(), f); e.Holder.PID == c.Process.Pid || e.Holder.PID == os.Getpid() {
		t.Errorf("holder %+v", e.Holder)
	}
}
