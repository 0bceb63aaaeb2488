//go:build unix

package fileio

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestAMissingFileIsNoError(t *testing.T) {
	for _, path := range []string{filepath.Join(t.TempDir(), "none"), filepath.Join(t.TempDir(), "no", "dir")} {
		c, err := Read(path, 0)
		if err != nil || c.Exists {
			t.Errorf("%+v, %v", c, err)
		}
	}
}

func TestWhatIsNotAFileIsRefusedWithoutBlocking(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	must(t, unix.Mkfifo(fifo, 0o600))
	for _, path := range []string{dir, fifo, "/dev/zero"} {
		_, err := Read(path, 0)
		wantClass(t, err, ClassNotRegular)
	}
}

func TestAHugeFileIsRefusedBeforeItIsRead(t *testing.T) {
	path := fixture(t, "x")
	must(t, os.Truncate(path, 1<<40))
	_, err := Read(path, 0)
	wantClass(t, err, ClassTooLarge)
}

func TestTheLimitIsInclusive(t *testing.T) {
	path := fixture(t, "12345")
	if _, err := Read(path, 5); err != nil {
		t.Error(err)
	}
	_, err := Read(path, 4)
	wantClass(t, err, ClassTooLarge)
}

func TestLinksAreResolved(t *testing.T) {
	dir := t.TempDir()
	real := filepath.Join(dir, "real")
	must(t, os.Mkdir(real, 0o700))
	target := filepath.Join(real, "config.json")
	link := func(name, to string) string {
		path := filepath.Join(dir, name)
		must(t, os.Symlink(to, path))
		return path
	}
	must(t, os.Mkdir(filepath.Join(dir, "deeper"), 0o700))
	link("deeper/alias", "../real")
	must(t, os.Symlink("../real/config.json", filepath.Join(real, "up")))
	for name, path := range map[string]string{
		"absolute":               link("abs", target),
		"relative":               link("rel", "real/config.json"),
		"chain":                  link("chain", "rel"),
		"dot-dot below an alias": filepath.Join(dir, "deeper", "alias", "up"),
	} {
		got, err := Resolve(path)
		if err != nil || got != target {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestALoopOfLinksIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "loop")
	must(t, os.Symlink("loop", path))
	_, err := Resolve(path)
	wantClass(t, err, ClassLoop)
}

func TestAnEmptyPathIsAnError(t *testing.T) {
	_, err := Resolve("")
	wantClass(t, err, ClassMissing)
}

func TestReadLikeSharesTheBytesOfAFileThatIsAsBefore(t *testing.T) {
	path := fixture(t, "before")
	txn, before := begin(t, path, Options{})
	for _, now := range []string{"before", "beforf", "befor", "before and after", ""} {
		must(t, os.WriteFile(path, []byte(now), 0o600))
		got, err := txn.ReadLike(before)
		must(t, err)
		if string(got.Data) != now || got.Digest != Sum([]byte(now)) || got.Info.Size != int64(len(now)) {
			t.Errorf("%q: %q, %+v", now, got.Data, got.Info)
		}
	}
	must(t, os.Remove(path))
	if got, err := txn.ReadLike(before); err != nil || got.Exists || got.Data != nil {
		t.Errorf("%+v, %v", got, err)
	}
}
