//go:build unix

package fileio

import (
	"os"
	"testing"
	"time"
)

// clock is set by hand.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

func keep(t *testing.T, path string, age time.Duration) (*Kept, *clock) {
	t.Helper()
	c := &clock{now: time.Now().Add(age)}
	k, err := Keep(path, 0, c.read)
	must(t, err)
	t.Cleanup(k.Close)
	return k, c
}

func TestAnUntouchedFileIsUnchanged(t *testing.T) {
	k, c := keep(t, fixture(t, "old"), time.Hour)
	for range 3 {
		if !k.Unchanged() {
			t.Error("changed")
		}
		c.now = c.now.Add(time.Second)
	}
}

func TestAReplacementIsNoticedAfterAHundredMilliseconds(t *testing.T) {
	path := fixture(t, "old")
	k, c := keep(t, path, time.Hour)
	must(t, os.WriteFile(path+".tmp", []byte("old"), 0o600))
	must(t, os.Rename(path+".tmp", path))
	k.read.Info, _ = k.h.info() // as if the descriptor did not show it
	if !k.Unchanged() {
		t.Error("noticed before the path was looked at")
	}
	c.now = c.now.Add(pathAge)
	if k.Unchanged() {
		t.Error("not noticed")
	}
}

func TestARemovalIsNoticedAtOnce(t *testing.T) {
	path := fixture(t, "old")
	k, _ := keep(t, path, time.Hour)
	must(t, os.Remove(path))
	if k.Unchanged() {
		t.Error("not noticed")
	}
}

func TestAYoungStampIsNotTrusted(t *testing.T) {
	path := fixture(t, "old")
	k, _ := keep(t, path, 0)
	must(t, os.WriteFile(path, []byte("new"), 0o600))
	k.read.Info, _ = k.h.info() // as if the clock of the file system had not moved
	if k.Unchanged() {
		t.Error("a change within one tick was missed")
	}
}

func TestAStampThatHasAgedIsTrusted(t *testing.T) {
	path := fixture(t, "old")
	k, c := keep(t, path, 0)
	if !k.Unchanged() || k.settled {
		t.Error("trusted too early")
	}
	c.now = c.now.Add(time.Minute)
	if !k.Unchanged() || !k.settled {
		t.Error("never trusted")
	}
}

func TestAMissingFileCannotBeKept(t *testing.T) {
	_, err := Keep(fixture(t, ""), 0, nil)
	wantClass(t, err, ClassMissing)
}
