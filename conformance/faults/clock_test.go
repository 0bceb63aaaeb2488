package faults

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge"
)

// put saves a number by a clock of one's own, as a process with that clock does.
func put(t *testing.T, path string, clock time.Time, n int) {
	t.Helper()
	file, err := cfgmerge.Open[map[string]int](path, &cfgmerge.Options{
		Layout: cfgmerge.Embedded, Durability: cfgmerge.NoSync, Now: func() time.Time { return clock }})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := file.Update(context.Background(), func(m *map[string]int) error {
		(*m)["n"] = n
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// A clock that steps must never make the later write the lesser one: also not
// when the older file comes back as a copy.
func TestWritesWinWhereverTheClockStepsTo(t *testing.T) {
	start := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	path := filepath.Join(t.TempDir(), "app.json")
	for n, step := range []time.Duration{0, time.Hour, -time.Hour, -24 * 365 * time.Hour, 34 * 365 * 24 * time.Hour, 0, -time.Hour} {
		older, _ := os.ReadFile(path) // there is none at first
		put(t, path, start.Add(step), n+1)
		if older != nil {
			if err := os.WriteFile(path, older, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var now map[string]int
		if _, err := cfgmerge.Load(path, &now); err != nil || now["n"] != n+1 {
			t.Fatalf("after a step of %v: %d, want %d (%v)", step, now["n"], n+1, err)
		}
	}
}
