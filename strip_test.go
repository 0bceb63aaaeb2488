package cfgmerge

import (
	"encoding/binary"
	"errors"
	"os"
	"testing"
)

// A server that was asked for a new token has spent the old one. If the answer has
// no place any more, the user is logged out.
func TestAFolderIsNotRemovedWhileATokenIsExchanged(t *testing.T) {
	path := temp(t, `{"refresh_token":"RT-1"}`)
	patient := open(t, path, nil)
	update(t, patient, "/theme", `"dark"`)
	folder, err := patient.Folder(false)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	guard, err := folder.Acquire(context0(), "refresh-kcgcib77u5fegm43hmyxmpcq.lock")
	if err != nil {
		t.Fatal(err)
	}
	before := text(t, path)
	var busy *LockError
	if err := open(t, path, &Options{LockTimeout: 1}).Strip(context0(), true); !errors.As(err, &busy) || text(t, path) != before {
		t.Errorf("while it is exchanged: %v", err)
	}
	if err := patient.Strip(context0(), false); err != nil {
		t.Errorf("a strip that leaves the folder: %v", err)
	}
	if err := guard.Unlock(); err != nil {
		t.Fatal(err)
	}

	marker := folder.Path() + "/refresh-kcgcib77u5fegm43hmyxmpcq.marker"
	room := make([]byte, 33<<10)
	copy(room, `{"phase":"sent"  ,"v":1}`)
	binary.LittleEndian.PutUint32(room[512:], 90)
	if err := os.WriteFile(marker, room, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := patient.Strip(context0(), true); !errors.Is(err, ErrUnstored) {
		t.Errorf("with a token in the folder: %v", err)
	}
	binary.LittleEndian.PutUint32(room[512:], 0)
	if err := os.WriteFile(marker, room, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := patient.Strip(context0(), true); err != nil {
		t.Errorf("at last: %v", err)
	}
	if _, err := os.Stat(folder.Path()); err == nil {
		t.Error("the folder is still there")
	}
}
