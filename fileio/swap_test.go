package fileio

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSwapReplacesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFolder(path, true, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	txn, err := f.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer txn.Unlock()
	old, err := txn.Read()
	if err != nil {
		t.Fatal(err)
	}
	next := ContentOf([]byte("new"))
	if err := txn.WriteSlot(next.Digest, []byte("shadow"), old.Digest, false); err != nil {
		t.Fatal(err)
	}
	s, err := txn.Swap(old, next, false)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := s.Displaced(); err != nil || string(out.Data) != "old" {
		t.Fatalf("displaced %q, %v", out.Data, err)
	}
	if done, err := s.Settle(t.Context()); err != nil || done.Kept || done.Late != nil {
		t.Fatal(done, err)
	}
	got, err := Read(path, 0)
	if err != nil || string(got.Data) != "new" || got.Info.Mode.Perm() != 0o644 {
		t.Fatalf("%q %v %v", got.Data, got.Info.Mode, err)
	}
}
