//go:build unix

package fileio

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// plant puts a file under a temp name for the digests of next and old.
func plant(t *testing.T, f *Folder, next, old, data string, mode os.FileMode) string {
	t.Helper()
	name := tempPrefix(Sum([]byte(next)), Sum([]byte(old))) + randomDigits()
	must(t, os.WriteFile(filepath.Join(f.Path(), name), []byte(data), mode))
	return name
}

func TestLeftoversAreJudgedByTheirBytes(t *testing.T) {
	for _, c := range []struct {
		why, data   string
		mode        os.FileMode
		adopted     bool
		quarantined bool
	}{
		{why: "never finished", data: "half", mode: unfinished},
		{why: "staged but not swapped in", data: "new", mode: 0o600},
		{why: "displaced but not removed", data: "old", mode: 0o600},
		{why: "whole, so somebody's work", data: "{}", mode: 0o600, adopted: true},
		{why: "torn, and nobody is writing any more", data: "{", mode: 0o600, quarantined: true},
	} {
		t.Run(c.why, func(t *testing.T) {
			txn, _ := begin(t, fixture(t, "main"), Options{})
			plant(t, txn.folder, "new", "old", c.data, c.mode)
			found, err := txn.Leftovers(func(b []byte) bool { return string(b) == "{}" })
			must(t, err)
			if adopted := len(found) == 1; adopted != c.adopted {
				t.Errorf("adopted: %v", adopted)
			}
			if gone := temps(t, txn.folder) == nil; gone == c.adopted {
				t.Errorf("removed: %v", gone)
			}
			_, err = os.Stat(filepath.Join(txn.folder.Path(), quarantineName))
			if quarantined := err == nil; quarantined != c.quarantined {
				t.Errorf("quarantined: %v", quarantined)
			}
		})
	}
}

func TestLeftoversCanBeLookedAtWithoutTouchingThem(t *testing.T) {
	txn, _ := begin(t, fixture(t, "main"), Options{})
	for _, data := range []string{"new", "old", "{}", "{"} {
		plant(t, txn.folder, "new", "old", data, 0o600)
	}
	plant(t, txn.folder, "new", "old", "{}", unfinished)
	found, err := txn.folder.Unsettled(func(b []byte) bool { return string(b) == "{}" })
	must(t, err)
	if len(found) != 1 || string(found[0].Data) != "{}" {
		t.Errorf("found %d", len(found))
	}
	if left := temps(t, txn.folder); len(left) != 5 {
		t.Errorf("%d of 5 are left", len(left))
	}
}

func TestALeftoverThatCannotBeReadKeepsNobodyFromSaving(t *testing.T) {
	path := fixture(t, "main")
	txn, _ := begin(t, path, Options{})
	name := plant(t, txn.folder, "new", "old", "{}", 0o600)
	must(t, os.Truncate(filepath.Join(txn.folder.Path(), name), 1<<40))
	must(t, os.Mkdir(filepath.Join(txn.folder.Path(), tempPrefix(Digest{}, Digest{})+"1"), 0o700))
	must(t, txn.Unlock())
	must(t, replaceOnce(path, "new", Options{}))
	if left := temps(t, txn.folder); len(left) != 2 {
		t.Error("not kept:", left)
	}
}

func TestALeftoverThatChangedSinceItWasAdoptedStays(t *testing.T) {
	txn, _ := begin(t, fixture(t, "main"), Options{})
	name := plant(t, txn.folder, "new", "old", "{}", 0o600)
	found, err := txn.Leftovers(func([]byte) bool { return true })
	must(t, err)
	must(t, os.WriteFile(filepath.Join(txn.folder.Path(), name), []byte("{} "), 0o600))
	must(t, found[0].Remove())
	if len(temps(t, txn.folder)) != 1 {
		t.Error("removed unread")
	}
}

func TestWhereWritersCannotBeSeenTwoQuietSecondsStandForNone(t *testing.T) {
	now := time.Unix(1000, 0)
	f := &Folder{opts: Options{Now: func() time.Time { return now }}}
	for age, want := range map[time.Duration]bool{time.Second: true, 3 * time.Second: false} {
		if got := f.mayChange(writerUnknown, Info{Mtime: now.Add(-age).UnixNano()}); got != want {
			t.Errorf("%v old: %v", age, got)
		}
	}
}
