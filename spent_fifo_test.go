//go:build unix

package cfgmerge

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Whoever opens a FIFO waits for its other end: here for ever, under the lock.
func TestAFIFOInPlaceOfTheSpentRecordIsNotWaitedFor(t *testing.T) {
	type login struct {
		Access  string `json:"access" cfgmerge:"token=login,access"`
		Refresh string `json:"refresh" cfgmerge:"token=login,refresh"`
	}
	path := filepath.Join(t.TempDir(), "app.json")
	rotate := func(generation string) error {
		file, err := Open[login](path, nil)
		try(t, err)
		defer file.Close()
		return file.Update(t.Context(), func(l *login) error {
			l.Access, l.Refresh = "AT-"+generation, "RT-"+generation
			return nil
		})
	}
	try(t, rotate("1"))
	try(t, rotate("2"))
	for _, name := range []string{spentName, spentOlder} {
		at := inFolder(path, name)
		try(t, os.RemoveAll(at))
		try(t, syscall.Mkfifo(at, 0o600))
		var refused *FileError
		if err := rotate("3 " + name); name == spentName && !errors.As(err, &refused) {
			t.Errorf("%s: what a rotation supersedes can't be recorded, and it says %v", name, err)
		}
		// By a program that knows no block, so that the record is asked for.
		try(t, os.WriteFile(path, []byte(`{"access":"AT-1","refresh":"RT-1"}`), 0o600))
		if _, err := Load(path, &login{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		try(t, os.Remove(at))
		try(t, rotate("4 "+name))
	}
}
