//go:build unix

package fileio

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// inspected is the state of the one folder that the file has.
func inspected(t *testing.T, path string) FolderState {
	t.Helper()
	seen, err := Inspect(path, Options{StateHome: t.TempDir()})
	must(t, err)
	if len(seen.Folders) != 1 {
		t.Fatalf("%d folders", len(seen.Folders))
	}
	return seen.Folders[0]
}

func TestAnInspectionMakesNothing(t *testing.T) {
	path := fixture(t, "old")
	seen, err := Inspect(path, Options{StateHome: t.TempDir()})
	if err != nil || !seen.Exists || seen.Exposed || seen.Link || len(seen.Folders) != 0 {
		t.Errorf("%+v, %v", seen, err)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), ".config.json.cfgmerge")); err == nil {
		t.Error("it made a state folder")
	}
	seen, err = Inspect(filepath.Join(filepath.Dir(path), "none", "x"), Options{})
	if err != nil || seen.Exists {
		t.Errorf("a missing directory: %+v, %v", seen, err)
	}
}

func TestAFolderAfterASaveIsInOrder(t *testing.T) {
	path := fixture(t, "old")
	must(t, replaceOnce(path, "new", Options{}))
	s := inspected(t, path)
	if s.Shadows != 1 || s.Held || s.Exposed || s.Stranger || s.Misowned || s.Foreign || s.Err != nil || s.Unwritable != nil ||
		s.DamagedShadows+s.Unfinished+s.Copies+s.Busy+s.Unadopted+s.Kept+len(s.Misplaced)+len(s.Unreadable) != 0 {
		t.Errorf("%+v", s)
	}
}

// What a save has in the folder while it goes on is neither left over nor damaged.
func TestASaveUnderWayIsNotTakenForDamage(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("no other system tells that the lock is held")
	}
	path := fixture(t, "main")
	txn, _ := begin(t, path, Options{})
	for _, data := range []string{"new", "old", "{}"} {
		plant(t, txn.folder, "new", "old", data, 0o600)
	}
	plant(t, txn.folder, "new", "old", "half", unfinished)
	must(t, os.WriteFile(filepath.Join(txn.folder.Path(), slotName(0)), []byte("half"), 0o600))
	s := inspected(t, path)
	if !s.Held || s.Holder.PID != os.Getpid() || s.DamagedShadows+s.Unfinished+s.Copies+s.Unadopted != 0 {
		t.Errorf("under way: %+v", s)
	}
	must(t, txn.Unlock())
	s = inspected(t, path)
	if s.Held || s.DamagedShadows != 1 || s.Unfinished != 1 || s.Copies != 2 || s.Unadopted != 1 {
		t.Errorf("after the process's end: %+v", s)
	}
	if left := temps(t, txn.folder); len(left) != 4 {
		t.Errorf("%d of 4 are left", len(left))
	}
}

func TestAVoidedSlotIsNotDamaged(t *testing.T) {
	path := fixture(t, "main")
	txn, old := begin(t, path, Options{})
	must(t, txn.WriteSlot(Sum([]byte("x")), []byte("payload"), old.Digest, false))
	must(t, txn.Void())
	must(t, txn.Unlock())
	if s := inspected(t, path); s.Shadows != 0 || s.DamagedShadows != 0 {
		t.Errorf("voided: %+v", s)
	}
	must(t, os.WriteFile(filepath.Join(txn.folder.Path(), slotName(0)), []byte(strings.Repeat("\x00", 4096)), 0o600))
	if s := inspected(t, path); s.DamagedShadows != 1 {
		t.Errorf("zeroed: %+v", s)
	}
}

func TestEntriesThatAreNotWhatTheyHaveToBeAreNamed(t *testing.T) {
	path := fixture(t, "main")
	folder := openFolder(t, path, Options{}).Path()
	must(t, os.Mkdir(filepath.Join(folder, lockName), 0o700))
	must(t, os.WriteFile(filepath.Join(folder, quarantineName), nil, 0o600))
	must(t, os.Symlink("x", filepath.Join(folder, "shadow.0")))
	if s := inspected(t, path); !slices.Equal(s.Misplaced, []string{lockName, quarantineName, "shadow.0"}) {
		t.Errorf("%q", s.Misplaced)
	}
}
