//go:build unix

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/examples/proctest"
)

// nobody is a user who may read nothing that is not everybody's.
const nobody = 65534

// stranger is a process of another user: it loads, changes and saves. The
// arguments are the file and the way.
func stranger(args []string) int {
	if os.Getuid() == 0 {
		if err := errors.Join(syscall.Setgroups(nil), syscall.Setgid(nobody), syscall.Setuid(nobody)); err != nil {
			fmt.Println(err)
			return 1
		}
	}
	way := load
	if args[1] == "naive" {
		way = loadNaively
	}
	var cfg Config
	save, loadErr := way(args[0], &cfg)
	cfg.DistinctID = "stranger"
	saveErr := save()
	fmt.Println("load:", verdict(loadErr))
	fmt.Println("save:", verdict(saveErr))
	return 0
}

func verdict(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, fs.ErrPermission):
		return "permission"
	}
	return err.Error()
}

// Scenario 7: EACCES. Root, who may read anyway, sends another user.
func TestAFileThatMayNotBeReadIsNoEmptyConfig(t *testing.T) {
	m := newMachine(t)
	for dir := filepath.Dir(m.path); dir != filepath.Clean(os.TempDir()) && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	const text = `{"refresh_token": "RT-1"}`
	m.write(text)
	mode := fs.FileMode(0o600)
	if os.Getuid() != 0 {
		mode = 0o200 // the owner may write, but not read
	}
	if err := os.Chmod(m.path, mode); err != nil {
		t.Fatal(err)
	}
	out := proctest.Start(t, "stranger", m.path, "cfgmerge").Finish()
	if out != "load: permission\nsave: permission\n" {
		t.Error(out)
	}
	m.wantAlone()
	if err := os.Chmod(m.path, 0o602); err != nil { // writable, but not readable: the worst case
		t.Fatal(err)
	}
	if m.text() != text {
		t.Errorf("the file is now %q", m.text())
	}
	if os.Getuid() != 0 {
		t.Skip("the naive way is shown by root only, who owns the file and sends another user")
	}
	proctest.Start(t, "stranger", m.path, "naive").Finish()
	if m.config().RefreshToken != "" {
		t.Error("the naive way kept a token that it can't have read")
	}
}

// Scenario 7: EIO. Linux answers so to a read of the first page of a process,
// which is never mapped; /proc/self/mem passes for a regular file.
func TestAFileThatCannotBeReadIsNoEmptyConfig(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("EIO is to be had from /proc/self/mem")
	}
	m := newMachine(t)
	if err := os.Symlink("/proc/self/mem", m.path); err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadFile(m.path); !errors.Is(err, syscall.EIO) {
		t.Skip("here reading the first page is no EIO:", err)
	}
	var cfg Config
	snap, err := cfgmerge.Load(m.path, &cfg)
	if !errors.Is(err, syscall.EIO) {
		t.Errorf("load: %v", err)
	}
	cfg.DistinctID = "new"
	if err := snap.Save(&cfg); !errors.Is(err, syscall.EIO) {
		t.Errorf("save: %v", err)
	}
	if target, err := os.Readlink(m.path); err != nil || target != "/proc/self/mem" {
		t.Errorf("the file is now %s, %v", target, err)
	}
	m.wantAlone()
	var old Config
	if _, err := loadNaively(m.path, &old); err != nil || old != (Config{}) {
		t.Errorf("naively: %+v, %v", old, err)
	}
}
