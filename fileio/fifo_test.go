//go:build unix

package fileio

import (
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// Whoever opens a FIFO waits for its other end, and what waits under the lock keeps everybody else waiting. A wait here
// ends with the time that the tests have.
func TestAFIFOInTheStateFolderIsNotWaitedFor(t *testing.T) {
	for _, name := range []string{"journal.jsonl", slotName(0), slotName(1), quarantineName, lockName, holderOf(lockName)} {
		t.Run(name, func(t *testing.T) {
			path := fixture(t, "x")
			f := openFolder(t, path, Options{})
			must(t, f.root.RemoveAll(name))
			must(t, unix.Mkfifo(f.in(name).path(), 0o600))
			if txn, err := f.Lock(t.Context()); err == nil {
				_, _ = txn.Quarantine([]byte("bytes"), "rejected")
				_ = txn.WriteSlot(Sum(nil), nil, Sum(nil), false)
				_ = f.Append(name, []byte("a line"), 1<<20)
				must(t, txn.Unlock())
			}
			_, err := Inspect(path, Options{})
			must(t, err)
		})
	}
}

func TestAFIFOInQuarantineIsNoneOfItsEntries(t *testing.T) {
	txn, _ := begin(t, fixture(t, "x"), Options{})
	name, err := txn.Quarantine([]byte("bytes"), "rejected")
	must(t, err)
	must(t, unix.Mkfifo(filepath.Join(txn.folder.Path(), quarantineName, "20261122T120000.000Z-torn-digest"), 0o600))
	must(t, txn.Redact(func([]byte) []byte { return nil }))
	if left := quarantined(t, txn); slices.Contains(left, name) {
		t.Errorf("left: %q", left)
	}
}
