package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// demoText is a file with these tokens, and a counter of cli-1.
func demoText(access, refresh string, saves int) []byte {
	text, err := json.Marshal(demoConfig{AccessToken: access, RefreshToken: refresh, Saves: map[string]int{"cli-1": saves}})
	if err != nil {
		panic(err)
	}
	return text
}

func TestDemoCountsReadsThatAreNoDocument(t *testing.T) {
	whole := demoText("AT-1", "RT-1", 0)
	for name, read := range map[string]struct {
		text []byte
		err  error
		torn int
	}{
		"the whole file":                    {whole, nil, 0},
		"no file":                           {nil, fs.ErrNotExist, 1},
		"a file that may not be read":       {nil, fs.ErrPermission, 1},
		"an empty file":                     {nil, nil, 1},
		"half a file":                       {whole[:len(whole)/2], nil, 1},
		"a short file over a longer one":    {append(whole[:len(whole):len(whole)], `1"}`...), nil, 1},
		"an error, though all was returned": {whole, errors.New("read: input/output error"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			var w demoWatch
			w.saw(read.text, read.err, 1)
			if w.tornReads != read.torn || w.tornPairs != 0 || w.putBack != 0 || w.reads != 1 {
				t.Errorf("%+v, want %d torn reads", w, read.torn)
			}
		})
	}
}

func TestDemoCountsPairsOfTwoRotations(t *testing.T) {
	for _, c := range []struct {
		access, refresh string
		torn            int
	}{
		{"AT-7", "RT-7", 0},
		{"AT-7", "RT-6", 1},
		{"AT-6", "RT-7", 1},
		{"AT-7", "", 1}, // half a pair
		{"", "", 1},     // the pair is gone
		{"RT-7", "AT-7", 1},
	} {
		var w demoWatch
		w.saw(demoText(c.access, c.refresh, 0), nil, 1)
		if w.tornPairs != c.torn || w.tornReads != 0 {
			t.Errorf("%q with %q: %d torn pairs, want %d", c.access, c.refresh, w.tornPairs, c.torn)
		}
	}
}

func TestDemoCountsTokensThatWerePutBack(t *testing.T) {
	// A read is the pair that it found, and the pair that was known to be
	// saved when it began.
	type read struct{ found, saved int }
	for name, c := range map[string]struct {
		reads []read
		want  int
	}{
		"a pair that only rises":                   {[]read{{1, 1}, {2, 1}, {2, 2}, {5, 4}}, 0},
		"a read ahead of the word of the daemon":   {[]read{{3, 1}, {3, 2}, {3, 3}}, 0},
		"a pair that was seen falls":               {[]read{{2, 1}, {1, 1}}, 1},
		"a pair that was saved is never seen":      {[]read{{1, 1}, {1, 2}}, 1},
		"one rotation, put back twice":             {[]read{{2, 2}, {1, 2}, {2, 2}, {1, 2}}, 1},
		"every rotation is put back":               {[]read{{2, 2}, {1, 2}, {3, 3}, {1, 3}, {4, 4}, {1, 4}}, 3},
		"three rotations, and one look at the end": {[]read{{1, 4}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var w demoWatch
			for _, r := range c.reads {
				var config demoConfig
				config.rotate(r.found)
				w.saw(demoText(config.AccessToken, config.RefreshToken, 0), nil, r.saved)
			}
			if w.putBack != c.want || w.tornPairs != 0 || w.tornReads != 0 {
				t.Errorf("%+v, want %d put back", w, c.want)
			}
		})
	}
}

func TestDemoCountsFieldsThatAreNotAsLastSaved(t *testing.T) {
	saved := map[string]int{"cli-1": 9}
	for name, c := range map[string]struct {
		text []byte
		err  error
		want int
	}{
		"all is there":                 {demoText("AT-5", "RT-5", 9), nil, 0},
		"an older counter":             {demoText("AT-5", "RT-5", 8), nil, 1},
		"a counter nobody was told of": {demoText("AT-5", "RT-5", 10), nil, 1},
		"an older pair":                {demoText("AT-4", "RT-4", 9), nil, 1},
		"a torn pair":                  {demoText("AT-5", "RT-4", 9), nil, 1},
		"both":                         {demoText("AT-1", "RT-1", 0), nil, 2},
		"the counters are gone":        {[]byte(`{"access_token": "AT-5", "refresh_token": "RT-5"}`), nil, 1},
		"a broken file":                {demoText("AT-5", "RT-5", 9)[:50], nil, 2},
		"no file":                      {nil, fs.ErrNotExist, 2},
	} {
		t.Run(name, func(t *testing.T) {
			if got := demoLost(c.text, c.err, saved, 5); got != c.want {
				t.Errorf("lost %d, want %d", got, c.want)
			}
		})
	}
}

func TestDemoPassesOnlyIfCfgmergeLostNothing(t *testing.T) {
	lossy := demoTally{Way: "writefile", Saves: 9, Reads: 9, TornReads: 5, PutBack: 5, Lost: 7}
	for name, c := range map[string]struct {
		own  demoTally
		want bool
	}{
		"a row of zeros":     {demoTally{Way: "cfgmerge", Saves: 9, Reads: 9}, true},
		"a torn read":        {demoTally{Way: "cfgmerge", Saves: 9, Reads: 9, TornReads: 1}, false},
		"a torn pair":        {demoTally{Way: "cfgmerge", Saves: 9, Reads: 9, TornPairs: 1}, false},
		"a token put back":   {demoTally{Way: "cfgmerge", Saves: 9, Reads: 9, PutBack: 1}, false},
		"a field lost":       {demoTally{Way: "cfgmerge", Saves: 9, Reads: 9, Lost: 1}, false},
		"nothing was saved":  {demoTally{Way: "cfgmerge", Reads: 9}, false},
		"nobody has looked":  {demoTally{Way: "cfgmerge", Saves: 9}, false},
		"it was never tried": {demoTally{Way: "locked", Saves: 9, Reads: 9}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := isDemoProof([]demoTally{lossy, lossy, c.own}); got != c.want {
				t.Errorf("passes: %v, want %v", got, c.want)
			}
		})
	}
}

// seedDemo writes the file as the demo begins it.
func seedDemo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "app.json")
	if err := writeDemoFile(path, newDemoConfig([]string{"cli-1", "cli-2"})); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDemoWorkerSavesOnceMoreAtItsEnd(t *testing.T) {
	for _, way := range demoWays() {
		t.Run(way.name, func(t *testing.T) {
			path := seedDemo(t)
			var said bytes.Buffer
			if err := runDemoWorker(way, "cli-2", path, strings.NewReader("\n"), &said); err != nil {
				t.Fatal(err)
			}
			var last demoWord
			for words := json.NewDecoder(&said); words.More(); {
				if err := words.Decode(&last); err != nil {
					t.Fatal(err)
				}
			}
			text, err := os.ReadFile(path)
			if lost := demoLost(text, err, map[string]int{"cli-1": 0, "cli-2": last.Saved}, 1); last.Saved == 0 || lost != 0 {
				t.Errorf("it said that save %d is done, but the file is\n%s", last.Saved, text)
			}
		})
	}
}

func TestDemoWorkerThatIsCalledOffSavesNothing(t *testing.T) {
	path := seedDemo(t)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	if err := runDemoWorker(demoWays()[0], demoDaemon, path, strings.NewReader(""), &said); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) || said.String() != "{\"loaded\":true}\n" {
		t.Errorf("it said %q, and left (%v)\n%s", said.String(), err, after)
	}
}

// A stale saver in its plainest form, without processes and their luck: what
// the demo is about, and a check that its workload loses what it says.
func TestDemoStaleSaverPutsTokensBackUnlessItUsesCfgmerge(t *testing.T) {
	for name, wantLost := range map[string]int{"writefile": 1, "locked": 1, "cfgmerge": 0} {
		t.Run(name, func(t *testing.T) {
			way, err := demoWayNamed(name)
			if err != nil {
				t.Fatal(err)
			}
			path := seedDemo(t)
			saveStale := loadDemo(t, way, path, "cli-1")
			loadDemo(t, way, path, demoDaemon)()
			saveStale()
			text, err := os.ReadFile(path)
			if lost := demoLost(text, err, map[string]int{"cli-1": 1}, demoPair(1)); lost != wantLost {
				t.Errorf("lost %d, want %d:\n%s", lost, wantLost, text)
			}
		})
	}
}

// loadDemo loads the file for the named process and returns its first save.
func loadDemo(t *testing.T, way demoWay, path, name string) func() {
	t.Helper()
	c := &demoConfig{}
	save, err := way.load(path, c)
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		c.change(name, 1)
		if err := save(); err != nil {
			t.Fatal(err)
		}
	}
}

// The test binary is in the path as cfgmerge, for the scripts.
func TestDemoLeavesNothingBehindWhenInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be interrupted from outside")
	}
	exe, err := exec.LookPath("cfgmerge")
	if err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	cmd := exec.Command(exe, "demo", "--processes", "3", "--seconds", "3")
	cmd.Env = append(os.Environ(), "TMPDIR="+temp, "GORACE=atexit_sleep_ms=0")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for rows := bufio.NewScanner(stdout); rows.Scan() && !strings.HasPrefix(rows.Text(), "Marshal"); {
		// The first way ends, and the second begins.
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 2 {
		t.Errorf("it ended with %v, want status 2", err)
	}
	left, err := os.ReadDir(temp)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestDemoFleetIsGoneWhenItIsClosed(t *testing.T) {
	exe, err := exec.LookPath("cfgmerge")
	if err != nil {
		t.Fatal(err)
	}
	trial := demoTrial{way: demoWays()[0], path: seedDemo(t), exe: exe}
	fleet, err := startDemoFleet(t.Context(), []string{"cli-1", "cli-2"}, trial.argv)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range fleet.all() {
		if err := p.begin(); err != nil {
			t.Fatal(err)
		}
	}
	fleet.close()
	for _, p := range fleet.all() {
		if p.wait() == nil {
			t.Errorf("%s ended by itself", p.name)
		}
	}
}

func TestDemoNamesTheProcessThatFailed(t *testing.T) {
	exe, err := exec.LookPath("cfgmerge")
	if err != nil {
		t.Fatal(err)
	}
	trial := demoTrial{way: demoWays()[2], path: filepath.Join(t.TempDir(), "app.json"), exe: exe}
	if err := os.WriteFile(trial.path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = startDemoFleet(t.Context(), []string{"cli-1"}, trial.argv)
	if err == nil || !strings.Contains(err.Error(), "process daemon: ") || !strings.Contains(err.Error(), "app.json") {
		t.Errorf("got %v, want the process and its reason", err)
	}
}
