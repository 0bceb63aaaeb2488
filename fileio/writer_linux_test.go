package fileio

import (
	"context"
	"path/filepath"
	"testing"
)

func TestAWriterIsSeen(t *testing.T) {
	path := fixture(t, "old")
	if busy, err := WriterPresent(path); busy || err != nil {
		t.Fatal(busy, err)
	}
	c := start(t, "write", path)
	c.expect(t, "open")
	if busy, err := WriterPresent(path); !busy || err != nil {
		t.Fatal(busy, err)
	}
}

func TestAnInPlaceWriterIsWaitedForAndItsBytesAreHandedOver(t *testing.T) {
	path := fixture(t, "old")
	c := start(t, "write", path)
	c.expect(t, "open")
	txn, old := begin(t, path, Options{})
	s := swap(t, txn, old, "new")
	if out, err := s.Displaced(); err != nil || string(out.Data) != "old" {
		t.Fatalf("displaced %q, %v", out.Data, err)
	}
	c.release()
	done := settle(t, s)
	if done.Kept || done.Late == nil || string(done.Late.Data) != "foreign" {
		t.Fatalf("%+v", done)
	}
	wantFile(t, path, "new")
	if left := temps(t, txn.folder); left != nil {
		t.Error("left behind:", left)
	}
}

func TestAWriterThatStaysIsLeftToTheNextSave(t *testing.T) {
	path := fixture(t, "old")
	c := start(t, "write", path)
	c.expect(t, "open")
	txn, old := begin(t, path, Options{})
	s := swap(t, txn, old, "new")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	done, err := s.Settle(ctx)
	if err != nil || !done.Kept || len(temps(t, txn.folder)) != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	c.release()
	must(t, c.Wait())
	found, err := txn.Leftovers(func(b []byte) bool { return string(b) == "foreign" })
	if err != nil || len(found) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	must(t, found[0].Remove())
	if left := temps(t, txn.folder); left != nil {
		t.Error("left behind:", left)
	}
}

func TestALeftoverWithAWriterIsLeftAlone(t *testing.T) {
	txn, _ := begin(t, fixture(t, "main"), Options{})
	name := plant(t, txn.folder, "new", "old", "{", 0o600)
	start(t, "write", filepath.Join(txn.folder.Path(), name)).expect(t, "open")
	found, err := txn.Leftovers(func([]byte) bool { return false })
	if err != nil || len(found) != 0 || len(temps(t, txn.folder)) != 1 {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestACopyOfTheOldBytesStaysAsLongAsItHasAWriter(t *testing.T) {
	txn, _ := begin(t, fixture(t, "main"), Options{})
	name := plant(t, txn.folder, "new", "old", "old", 0o600)
	c := start(t, "write", filepath.Join(txn.folder.Path(), name))
	c.expect(t, "open")
	found, err := txn.Leftovers(func([]byte) bool { return true })
	if err != nil || len(found) != 0 || len(temps(t, txn.folder)) != 1 {
		t.Errorf("%+v, %v", found, err)
	}
	c.release()
	must(t, c.Wait())
	found, err = txn.Leftovers(func(b []byte) bool { return string(b) == "foreign" })
	if err != nil || len(found) != 1 {
		t.Errorf("%+v, %v", found, err)
	}
}
