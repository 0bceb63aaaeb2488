package cfgmerge

import (
	"runtime"
	"testing"
)

// Time can't be bounded in a test; what the collector must clean up after each
// save can, and what is walked or parsed once more shows in it.
func TestASaveAllocatesLittle(t *testing.T) {
	const most = 370 // 330 of a file with 40 fields, 90 of them in encoding/json
	for _, layout := range []Layout{Embedded, Sidecar} {
		save, _ := savesOf(t, t.TempDir(), 2<<10, &Options{Layout: layout, Durability: NoSync})
		save()
		if n := testing.AllocsPerRun(100, save); n > most {
			t.Errorf("%s: a save allocates %.0f times, not at most %d", layout, n, most)
		}
	}
}

// A save of a large file copies its text a few times, to the slot, into the tree
// that proves it, and makes little else that grows with it.
func TestASaveAllocatesAFewTimesItsText(t *testing.T) {
	const most = 6 // 4.7 of a file with 20,000 fields; 11.5 when each leaf had a place, and each text a copy more
	dir := t.TempDir()
	_, text := savesOf(t, dir, 1<<20, &Options{Layout: Embedded, Durability: NoSync})
	save := fieldSaves(t, dir)
	save()
	const times = 5
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range times {
		save()
	}
	runtime.ReadMemStats(&after)
	if ratio := float64(after.TotalAlloc-before.TotalAlloc) / times / float64(len(text)); ratio > most {
		t.Errorf("a save allocates %.1f times its text, not at most %d", ratio, most)
	}
}
