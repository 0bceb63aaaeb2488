package fileio

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func TestANamedLockBesideTheFileAlsoTakesTheFallbacks(t *testing.T) {
	path := fixture(t, "old")
	home := t.TempDir()
	fallback, err := fallbackFolder(t, path, Options{StateHome: home}).Acquire(t.Context(), "refresh-x.lock")
	must(t, err)
	defer fallback.Unlock()
	// Time enough for the lock beside the file, which is free.
	f := openFolder(t, path, Options{StateHome: home, LockTimeout: 100 * shortPause})
	_, err = f.Acquire(t.Context(), "refresh-x.lock")
	var e *LockError
	if !errors.As(err, &e) || e.Holder.PID != os.Getpid() {
		t.Errorf("got %v", err)
	}
	other, err := f.Acquire(t.Context(), "refresh-y.lock")
	must(t, err)
	must(t, other.Unlock())
}

func TestAProcessIsAliveUntilItEndsAndItsNumberAloneProvesNothing(t *testing.T) {
	if first, second := BootID(), BootID(); first == "" || first != second {
		t.Errorf("boot ids %q and %q", first, second)
	}
	now := time.Now()
	if !Alive(os.Getpid(), now) {
		t.Error("this process is dead")
	}
	if Alive(os.Getpid(), now.Add(-24*time.Hour)) {
		t.Error("this process is taken for one of yesterday")
	}
	cmd := exec.Command("true")
	must(t, cmd.Start())
	_ = cmd.Wait()
	if Alive(cmd.Process.Pid, now) {
		t.Error("a dead process is alive")
	}
}

func TestARecordIsThereWithItsRoomOrNotAtAll(t *testing.T) {
	path := fixture(t, "old")
	f := openFolder(t, path, Options{})
	r, err := f.CreateRecord("r", []byte("data"), 100)
	must(t, err)
	defer r.Close()
	must(t, r.Overwrite([]byte("DA"), 0))
	data, err := f.ReadFile("r", 100)
	must(t, err)
	if len(data) != 100 || string(data[:4]) != "DAta" {
		t.Errorf("%d bytes, %q", len(data), data[:4])
	}
	info, err := os.Stat(filepath.Join(f.Path(), "r"))
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if _, err := f.ReadFile("r", 99); err == nil {
		t.Error("a file larger than the limit was read")
	}
	must(t, f.Remove("r"))
	must(t, f.Remove("r"))
	if data, err := f.ReadFile("r", 100); data != nil || err != nil {
		t.Errorf("%q %v", data, err)
	}
	f = openFolder(t, path, Options{Fault: failAt("dir-sync", errors.New("io"))})
	if _, err := f.CreateRecord("r", nil, 10); err == nil {
		t.Error("a record whose directory is not on disk was made")
	}
}

func TestAFileOfTheFolderIsNeverReadOrWrittenThroughALink(t *testing.T) {
	path := fixture(t, "old")
	f := openFolder(t, path, Options{})
	elsewhere := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(elsewhere, []byte("theirs"), 0o600))
	must(t, os.Symlink(elsewhere, filepath.Join(f.Path(), "r")))
	if data, err := f.ReadFile("r", 100); err == nil {
		t.Errorf("read %q through a link", data)
	}
	must(t, f.WriteFile("r", []byte("ours")))
	data, err := f.ReadFile("r", 100)
	must(t, err)
	if string(data) != "ours" {
		t.Errorf("got %q", data)
	}
	wantFile(t, elsewhere, "theirs")
}
