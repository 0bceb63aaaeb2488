//go:build unix

package fileio

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestSwapReplacesTheFileAndHandsOutTheOldOne(t *testing.T) {
	path := fixture(t, "old")
	txn, old := begin(t, path, Options{})
	s := swap(t, txn, old, "new")
	if out, err := s.Displaced(); err != nil || string(out.Data) != "old" || out.Digest != old.Digest {
		t.Fatalf("displaced %q, %v", out.Data, err)
	}
	if done := settle(t, s); done != (Settled{}) {
		t.Fatalf("%+v", done)
	}
	wantFile(t, path, "new")
	if left := temps(t, txn.folder); left != nil {
		t.Error("left behind:", left)
	}
}

func TestLinksStayLinks(t *testing.T) {
	for name, to := range map[string]string{
		"absolute": "", "relative": "real/config.json", "dangling": "real/config.json",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			target := filepath.Join(dir, "real", "config.json")
			must(t, os.Mkdir(filepath.Dir(target), 0o700))
			if name == "absolute" {
				to = target
			}
			if name != "dangling" {
				must(t, os.WriteFile(target, []byte("old"), 0o600))
			}
			link := filepath.Join(dir, "link")
			must(t, os.Symlink(to, link))
			must(t, replaceOnce(link, "new", Options{}))
			if got, err := os.Readlink(link); err != nil || got != to {
				t.Errorf("the link is %q, %v", got, err)
			}
			wantFile(t, target, "new")
			if _, err := os.Stat(filepath.Join(dir, "real", ".config.json.cfgmerge")); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestALinkThatWasRepointedIsNoticed(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	must(t, os.Symlink("a", link))
	f := openFolder(t, link, Options{})
	must(t, os.Remove(link))
	must(t, os.Symlink("b", link))
	txn, err := f.Lock(t.Context())
	must(t, err)
	defer txn.Unlock()
	_, err = txn.Read()
	wantClass(t, err, ClassMoved)
}

func TestAForeignReplacementComesOutOfTheSwap(t *testing.T) {
	path := fixture(t, "old")
	txn, old := begin(t, path, Options{})
	must(t, os.WriteFile(path+".tmp", []byte("foreign"), 0o600))
	must(t, os.Rename(path+".tmp", path))
	s := swap(t, txn, old, "new")
	if out, _ := s.Displaced(); string(out.Data) != "foreign" {
		t.Fatalf("displaced %q", out.Data)
	}
	settle(t, s)
}

func TestAFileThatAppearedIsNotOverwritten(t *testing.T) {
	path := fixture(t, "")
	txn, old := begin(t, path, Options{})
	must(t, os.WriteFile(path, []byte("foreign"), 0o600))
	_, err := txn.Swap(old, ContentOf([]byte("new")), false)
	wantClass(t, err, ClassChanged)
	wantFile(t, path, "foreign")
	if left := temps(t, txn.folder); left != nil {
		t.Error("left behind:", left)
	}
}

func TestAFileThatVanishedIsNotRecreatedUnasked(t *testing.T) {
	path := fixture(t, "old")
	txn, old := begin(t, path, Options{})
	must(t, os.Remove(path))
	_, err := txn.Swap(old, ContentOf([]byte("new")), false)
	wantClass(t, err, ClassChanged)
	if _, err := os.Lstat(path); err == nil {
		t.Error("the file is back")
	}
}

func TestUndoPutsTheOldFileBack(t *testing.T) {
	path := fixture(t, "old")
	txn, old := begin(t, path, Options{})
	before, err := os.Stat(path)
	must(t, err)
	must(t, swap(t, txn, old, "new").Undo())
	wantFile(t, path, "old")
	after, err := os.Stat(path)
	must(t, err)
	if !os.SameFile(before, after) || temps(t, txn.folder) != nil {
		t.Error("not the same file, or something was left behind")
	}
}

func TestUndoOfACreationRemovesTheFile(t *testing.T) {
	path := fixture(t, "")
	txn, old := begin(t, path, Options{})
	must(t, swap(t, txn, old, "new").Undo())
	if _, err := os.Lstat(path); err == nil || temps(t, txn.folder) != nil {
		t.Error("the file or a temp file is still there")
	}
}

func TestUndoKeepsWhatAnotherProgramPutThere(t *testing.T) {
	path := fixture(t, "old")
	txn, old := begin(t, path, Options{})
	s := swap(t, txn, old, "new")
	must(t, os.Remove(path))
	must(t, os.WriteFile(path, []byte("foreign"), 0o600))
	if err := s.Undo(); !uncertain(err) {
		t.Fatalf("got %v", err)
	}
	wantFile(t, path, "old")
	must(t, txn.Unlock())
	again, _ := begin(t, path, Options{})
	found, err := again.Leftovers(func([]byte) bool { return true })
	if err != nil || len(found) != 1 || string(found[0].Data) != "foreign" {
		t.Errorf("%+v, %v", found, err)
	}
}

// A disk that fails for good after the swap: the old file is back, so "committed" would be untrue.
func TestUndoIsDoneEvenIfWhatItTookOutCanNotBeRead(t *testing.T) {
	path := fixture(t, "old")
	txn, old := begin(t, path, Options{MaxSize: int64(len("old"))})
	must(t, swap(t, txn, old, "too long to be read").Undo())
	wantFile(t, path, "old")
	must(t, txn.Unlock())
	again, _ := begin(t, path, Options{})
	found, err := again.Leftovers(func([]byte) bool { return true })
	if left := temps(t, again.folder); err != nil || len(found) > 0 || left != nil {
		t.Errorf("the next save adopts %d texts and leaves %v, %v", len(found), left, err)
	}
}

func TestWithoutExchangeTheFileIsCheckedAndRenamed(t *testing.T) {
	path := fixture(t, "old")
	txn, old := begin(t, path, Options{Fault: failAt("exchange", syscall.ENOSYS)})
	s := swap(t, txn, old, "new")
	if out, err := s.Displaced(); err != nil || string(out.Data) != "old" {
		t.Fatalf("displaced %q, %v", out.Data, err)
	}
	settle(t, s)
	wantFile(t, path, "new")
	if left := temps(t, txn.folder); left != nil {
		t.Error("left behind:", left)
	}
}

func TestWithoutExchangeAChangedFileIsNotReplaced(t *testing.T) {
	path := fixture(t, "old")
	txn, old := begin(t, path, Options{Fault: failAt("exchange", syscall.EINVAL)})
	must(t, os.WriteFile(path, []byte("foreign"), 0o600))
	_, err := txn.Swap(old, ContentOf([]byte("new")), false)
	wantClass(t, err, ClassChanged)
	wantFile(t, path, "foreign")
}

func TestWithoutExchangeASwapCanBeUndone(t *testing.T) {
	path := fixture(t, "old")
	txn, old := begin(t, path, Options{Fault: failAt("exchange", syscall.ENOSYS)})
	must(t, swap(t, txn, old, "new").Undo())
	wantFile(t, path, "old")
	if left := temps(t, txn.folder); left != nil {
		t.Error("left behind:", left)
	}
}

func TestAFailureBeforeTheSwapLeavesTheOldBytes(t *testing.T) {
	for _, point := range []string{"temp", "write", "verify", "attributes", "sync", "exchange", "rename"} {
		for _, errno := range []error{syscall.ENOSPC, syscall.EIO, syscall.EROFS, syscall.EMFILE, syscall.EDQUOT} {
			path := fixture(t, "old")
			txn, old := begin(t, path, Options{Fault: func(p string) error {
				if p == "exchange" && point == "rename" {
					return syscall.ENOSYS // the way to the rename
				}
				return failAt(point, errno)(p)
			}})
			_, err := txn.Swap(old, ContentOf([]byte("new")), false)
			var e *FileError
			if !errors.As(err, &e) || !errors.Is(err, errno) {
				t.Errorf("%s, %v: got %v", point, errno, err)
			}
			wantFile(t, path, "old")
			if left := temps(t, txn.folder); left != nil {
				t.Errorf("%s: left behind: %v", point, left)
			}
		}
	}
}

func TestARenameThatHappenedInSpiteOfItsErrorIsCommittedButUncertain(t *testing.T) {
	path := fixture(t, "old")
	var txn *Txn
	o := Options{Fault: func(point string) error {
		if point != "exchange" {
			return nil
		}
		f := txn.folder
		must(t, exchange(f.in(temps(t, f)[0]), f.main()))
		return syscall.EIO
	}}
	begun, old := begin(t, path, o)
	txn = begun
	must(t, os.WriteFile(path, []byte("foreign"), 0o600))
	_, err := txn.Swap(old, ContentOf([]byte("new")), false)
	if !uncertain(err) {
		t.Fatalf("got %v", err)
	}
	wantFile(t, path, "new")
	found, err := txn.Leftovers(func([]byte) bool { return true })
	if err != nil || len(found) != 1 || string(found[0].Data) != "foreign" {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestAFailedDirectorySyncIsCommittedButUncertain(t *testing.T) {
	path := fixture(t, "old")
	txn, old := begin(t, path, Options{Fault: failAt("dir-sync", syscall.EIO)})
	_, err := swap(t, txn, old, "new").Settle(t.Context())
	if !uncertain(err) || !errors.Is(err, syscall.EIO) {
		t.Fatalf("got %v", err)
	}
	wantFile(t, path, "new")
}

func TestADisplacedFileThatCannotBeRemovedIsNoError(t *testing.T) {
	path := fixture(t, "old")
	txn, old := begin(t, path, Options{Fault: failAt("unlink", syscall.EIO)})
	settle(t, swap(t, txn, old, "new"))
	must(t, txn.Unlock())
	must(t, replaceOnce(path, "newer", Options{}))
	if left := temps(t, txn.folder); left != nil {
		t.Error("left behind:", left)
	}
}

func TestBrokenHardLinksAreReported(t *testing.T) {
	path := fixture(t, "old")
	must(t, os.Link(path, path+".link"))
	txn, old := begin(t, path, Options{})
	s := swap(t, txn, old, "new")
	if !s.BrokeLinks() {
		t.Error("not reported")
	}
	settle(t, s)
	wantFile(t, path+".link", "old")
}

func TestEmptyAndLargeFilesPassTheProof(t *testing.T) {
	for _, size := range []int{0, 1, smallChunk - 1, smallChunk, smallChunk + 1, verifyChunk - 1, verifyChunk, verifyChunk + 1, 3 * verifyChunk} {
		path := fixture(t, "old")
		data := string(make([]byte, size))
		must(t, replaceOnce(path, data, Options{Durability: None}))
		wantFile(t, path, data)
	}
}

func TestAFileThatDiffersFromWhatWasWrittenIsRefused(t *testing.T) {
	path := fixture(t, "12345")
	for _, want := range []string{"", "1234", "12344", "123456"} {
		file, err := os.Open(path)
		must(t, err)
		wantClass(t, verify(handleOf(file), []byte(want)), ClassCorrupt)
		must(t, file.Close())
	}
}
