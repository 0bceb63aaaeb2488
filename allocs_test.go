package cfgmerge

import "testing"

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
