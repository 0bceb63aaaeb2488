//go:build unix

package fileio

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ticking is a clock that advances by a second at each look.
func ticking() func() time.Time {
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	return func() time.Time {
		now = now.Add(time.Second)
		return now
	}
}

func quarantined(t *testing.T, txn *Txn) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(txn.folder.Path(), quarantineName))
	must(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestQuarantinedBytesAreKeptPrivately(t *testing.T) {
	txn, _ := begin(t, fixture(t, "x"), Options{Now: ticking()})
	name, err := txn.Quarantine([]byte("torn bytes"), "torn")
	must(t, err)
	path := filepath.Join(txn.folder.Path(), quarantineName, name)
	wantFile(t, path, "torn bytes")
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 || !strings.HasPrefix(name, "20261122T") {
		t.Error(name, info.Mode(), err)
	}
}

func TestTheSameBytesAreKeptOnce(t *testing.T) {
	txn, _ := begin(t, fixture(t, "x"), Options{Now: ticking()})
	a, err := txn.Quarantine([]byte("same"), "torn")
	must(t, err)
	b, err := txn.Quarantine([]byte("same"), "torn")
	if err != nil || a != b || len(quarantined(t, txn)) != 1 {
		t.Error(a, b, err)
	}
}

func TestDamagedCopiesNeverPushOutTheNewestGoodOne(t *testing.T) {
	txn, _ := begin(t, fixture(t, "x"), Options{Now: ticking(), Durability: None})
	_, err := txn.Quarantine([]byte("older good"), goodClass)
	must(t, err)
	good, err := txn.Quarantine([]byte("good"), goodClass)
	must(t, err)
	for i := range 2 * maxKept {
		_, err := txn.Quarantine(fmt.Appendf(nil, "torn %d", i), "torn")
		must(t, err)
	}
	names := quarantined(t, txn)
	if len(names) > maxKept+1 || names[0] != good {
		t.Errorf("%d entries, the first is %s", len(names), names[0])
	}
}

func TestDamagedCopiesNeverPushOutARemovedDocument(t *testing.T) {
	txn, _ := begin(t, fixture(t, "x"), Options{Now: ticking(), Durability: None})
	good, err := txn.Quarantine([]byte("{}"), "removed")
	must(t, err)
	for i := range 2 * maxKept {
		_, err := txn.Quarantine(fmt.Appendf(nil, "torn %d", i), "damaged")
		must(t, err)
	}
	if names := quarantined(t, txn); names[0] != good {
		t.Errorf("the first of %d is %s", len(names), names[0])
	}
}

func TestEvictionKeepsTheNewestWithinTheLimits(t *testing.T) {
	big := kept{name: "big", class: "torn", size: maxKeptBytes}
	small := kept{name: "small", class: "torn", size: 1}
	good := kept{name: "good", class: goodClass, size: 1}
	for _, c := range []struct {
		why     string
		entries []kept
		want    string
	}{
		{"all fit", []kept{small, good}, ""},
		{"too many bytes", []kept{small, big}, "small"},
		{"a newest one that is too large alone stays", []kept{{name: "huge", size: 2 * maxKeptBytes}}, ""},
		{"the good one stays whatever its age", []kept{good, small, big}, "small"},
		{"only the newest good one is exempt", []kept{{name: "older", class: goodClass, size: 1}, good, big}, "older"},
	} {
		var out []string
		for _, e := range evict(c.entries) {
			out = append(out, e.name)
		}
		if got := strings.Join(out, " "); got != c.want {
			t.Errorf("%s: evicted %q", c.why, got)
		}
	}
}

func TestALinkInPlaceOfTheQuarantineIsRefused(t *testing.T) {
	txn, _ := begin(t, fixture(t, "x"), Options{})
	must(t, os.Symlink(t.TempDir(), filepath.Join(txn.folder.Path(), quarantineName)))
	_, err := txn.Quarantine([]byte("bytes"), "torn")
	wantClass(t, err, ClassNotRegular)
}

func TestClassesCannotEscapeTheName(t *testing.T) {
	txn, _ := begin(t, fixture(t, "x"), Options{})
	name, err := txn.Quarantine([]byte("bytes"), "../A-b")
	if err != nil || !fs.ValidPath(name) || strings.Count(name, "-") != 2 {
		t.Error(name, err)
	}
}
