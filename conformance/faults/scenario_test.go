//go:build faults && linux

package faults

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/cfgmerge/cfgmerge"
)

// settings are the file of these attacks: a token pair that only makes sense
// together, and what else a tool keeps.
type settings struct {
	Theme   string `json:"theme"`
	Runs    int    `json:"runs"`
	Access  string `json:"access_token" cfgmerge:"token=oauth,access,secret"`
	Refresh string `json:"refresh_token" cfgmerge:"token=oauth,refresh,secret"`
}

// scenario is a run of the program that is attacked.
type scenario struct {
	name string
	// prepare makes the state before the run.
	prepare func(w world) error
	args    []string // FILE stands for the path
	stdin   string
	// want is what the run must show when nothing goes wrong.
	want map[string]any
	// quarantine: bytes with secrets may lie there, by design.
	quarantine bool
	// damaged: the file can't be read before the run, but the state folder
	// remembers this.
	damaged map[string]any
}

func (s scenario) command(w world) []string {
	args := append([]string{}, s.args...)
	for i, a := range args {
		args[i] = strings.ReplaceAll(a, "FILE", w.path())
	}
	return args
}

// The views of the file in these scenarios.
var (
	before  = map[string]any{"theme": "light", "runs": 2.0, "access_token": "canary-at-2", "refresh_token": "canary-rt-2"}
	rotated = with(with(before, "access_token", "canary-at-3"), "refresh_token", "canary-rt-3")
)

// scenarios are the saves and the repairs that are attacked.
func scenarios() []scenario {
	set := []string{"set", "FILE", "/theme", "dark"}
	dark := with(before, "theme", "dark")
	return []scenario{
		{name: "set", prepare: history(cfgmerge.Embedded), args: set, want: dark},
		{name: "rotate", prepare: history(cfgmerge.Embedded), args: []string{"patch", "FILE"},
			stdin: `{"access_token":"canary-at-3","refresh_token":"canary-rt-3"}`, want: rotated},
		{name: "first", prepare: world.create, args: set, want: map[string]any{"theme": "dark"}},
		{name: "sidecar", prepare: history(cfgmerge.Sidecar), args: set, want: dark},
		{name: "adopt", prepare: staleRewrite(cfgmerge.Embedded), args: set, want: with(dark, "runs", 3.0), quarantine: true},
		{name: "mend", prepare: damage(cfgmerge.Embedded), args: set, want: dark, damaged: before, quarantine: true},
		{name: "repair", prepare: damage(cfgmerge.Embedded), args: []string{"repair", "FILE"}, want: before, damaged: before, quarantine: true},
	}
}

// history makes a file that was saved a few times, the pair rotated once.
func history(layout cfgmerge.Layout) func(w world) error {
	return func(w world) error {
		if err := w.create(); err != nil {
			return err
		}
		o := w.options()
		o.Layout = layout
		file, err := cfgmerge.Open[settings](w.path(), o)
		if err != nil {
			return err
		}
		for i := 1; i <= 2; i++ {
			err := file.Update(context.Background(), func(s *settings) error {
				*s = settings{"light", i, fmt.Sprint("canary-at-", i), fmt.Sprint("canary-rt-", i)}
				return nil
			})
			if err != nil {
				return err
			}
		}
		return file.Close()
	}
}

// staleRewrite is what an old binary leaves: no history, the tokens of before,
// and a change of its own.
func staleRewrite(layout cfgmerge.Layout) func(w world) error {
	return func(w world) error {
		if err := history(layout)(w); err != nil {
			return err
		}
		stale := `{"theme": "light", "runs": 3, "access_token": "canary-at-1", "refresh_token": "canary-rt-1"}`
		return writeFile(w.path(), []byte(stale), 0o600)
	}
}

// damage is what a crash leaves of a file that was written in place.
func damage(layout cfgmerge.Layout) func(w world) error {
	return func(w world) error {
		if err := history(layout)(w); err != nil {
			return err
		}
		info, err := os.Stat(w.path())
		if err != nil {
			return err
		}
		return os.Truncate(w.path(), info.Size()/2)
	}
}
