//go:build unix

package fileio

import (
	"path/filepath"
	"testing"
)

// The older record may say that something was done already which must not be
// done twice.
func TestARecordThatCanNotBeMadeLeavesTheOlderOne(t *testing.T) {
	for _, point := range []string{"record", "record-write", "record-sync", "record-rename"} {
		t.Run(point, func(t *testing.T) {
			path := fixture(t, "1")
			txn, _ := begin(t, path, Options{})
			older, err := txn.folder.CreateRecord("once", []byte("older"), 100)
			must(t, err)
			must(t, older.Close())
			txn.folder.opts.Fault = failAt(point, errInjected)
			if _, err := txn.folder.CreateRecord("once", []byte("newer"), 100); err == nil {
				t.Fatal("no error")
			}
			got, err := txn.folder.ReadFile("once", 1000)
			must(t, err)
			if string(got[:5]) != "older" {
				t.Errorf("%q", got)
			}
			if left, err := filepath.Glob(filepath.Join(txn.folder.Path(), "once.*")); err != nil || len(left) > 0 {
				t.Errorf("left over: %v %v", left, err)
			}
		})
	}
}

func TestARecordIsReplacedWhileItsBytesAreStillWritten(t *testing.T) {
	txn, _ := begin(t, fixture(t, "1"), Options{})
	for _, text := range []string{"one", "two"} {
		r, err := txn.folder.CreateRecord("once", []byte(text), 100)
		must(t, err)
		must(t, r.Overwrite([]byte("!"), 3))
		must(t, r.Close())
		got, err := txn.folder.ReadFile("once", 1000)
		must(t, err)
		if string(got[:4]) != text+"!" || len(got) != 100 {
			t.Errorf("%q", got)
		}
	}
}
