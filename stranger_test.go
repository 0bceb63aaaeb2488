package cfgmerge

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// strangerRole knows no lock and no block's meaning: it reads the file, changes
// its own field, and writes everything back, args[1] times. How it writes is
// args[2]: "place" truncates and writes, as os.WriteFile does, "rename"
// replaces; with "drop" in args[3] it forgets the block.
func strangerRole(args []string) {
	path, times := args[0], atoi(args[1])
	for n := 1; n <= times; n++ {
		var all map[string]json.RawMessage
		for all == nil { // another's half-written file, or none
			if data, err := os.ReadFile(path); err == nil {
				_ = json.Unmarshal(data, &all)
			}
		}
		if args[3] == "drop" {
			delete(all, "$cfgmerge")
		}
		all["theirs"] = json.RawMessage(fmt.Sprint(n))
		data, err := json.Marshal(all)
		if err == nil && args[2] == "place" {
			err = os.WriteFile(path, data, 0o600)
		} else if err == nil {
			temp := path + ".stranger"
			if err = os.WriteFile(temp, data, 0o600); err == nil {
				err = os.Rename(temp, path)
			}
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func TestNothingIsLostBesideAWriterThatKnowsNoLock(t *testing.T) {
	times := 100
	if n := os.Getenv("CFGMERGE_SAVES"); n != "" {
		times = atoi(n)
	}
	for _, how := range []string{"rename", "place"} {
		for _, block := range []string{"keep", "drop"} {
			t.Run(how+"/"+block, func(t *testing.T) {
				layouts(t, func(t *testing.T, o *Options) { besideStranger(t, o.Layout, times, how, block) })
			})
		}
	}
}

// theirs is how far the stranger has come.
func theirs(t *testing.T, d *Doc) int {
	t.Helper()
	doc, err := d.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return atoi(doc.At([]string{"theirs"}).JSON())
}

func besideStranger(t *testing.T, layout Layout, times int, how, block string) {
	path := filepath.Join(t.TempDir(), "app.json")
	seed(t, path, `{"mine":0,"theirs":0,"other":"stays"}`)
	d := open(t, path, &Options{Layout: layout, Durability: NoSync})
	update(t, d, "/begun", "true")
	stranger := exec.Command(os.Args[0], path, fmt.Sprint(times), how, block)
	stranger.Env = append(os.Environ(), roleVariable+"=stranger")
	stranger.Stderr = os.Stderr
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- stranger.Wait() }()
	seen := theirs(t, d)
	for n := 1; n <= times; n++ {
		update(t, d, "/mine", fmt.Sprint(n))
		// An old value that lies further back than the history is an edit.
		for n%8 == 0 && len(ended) == 0 && theirs(t, d) == seen {
			runtime.Gosched()
		}
		seen = theirs(t, d)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	update(t, d, "/done", "true") // adopts what came last, or was left over
	shows(t, path, fmt.Sprintf(`{"begun":true,"done":true,"mine":%d,"other":"stays","theirs":%d}`, times, times))
}
