package cfgmerge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/cfgmerge/cfgmerge/lww"
)

// strangerRole knows no lock and no block's meaning: it reads the file, changes
// its own field, and writes everything back, args[1] times. How it writes is
// args[2]: "place" truncates and writes, as os.WriteFile does, "rename"
// replaces; with "drop" in args[3] it forgets the block. It says how far we were
// in what it read.
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
		fmt.Println(string(all["mine"]))
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

// remembered is how many superseded versions of a field a folder knows: SPEC.md
// 5.1. An older value is taken for an edit.
const remembered = 16

// judge knows which losses are the stranger's doing: it wrote what it had read,
// and by then nothing remembered that the value was an old one.
type judge struct {
	reads   bytes.Buffer // of the stranger
	forgets bool         // it leaves nothing to tell what it had read
	setBack [][2]int     // what the field was, and what it has become
}

// see compares what the field holds with what was acknowledged.
func (j *judge) see(saved, found int) {
	if found != saved {
		j.setBack = append(j.setBack, [2]int{saved, found})
	}
}

// wrong returns what was lost and ought not to be.
func (j *judge) wrong() (out []string) {
	read := map[int]bool{}
	for line := range strings.Lines(j.reads.String()) {
		read[atoi(strings.TrimSpace(line))] = true
	}
	for i, back := range j.setBack {
		saved, found := back[0], back[1]
		versions := saved - found + 2*i // each setting back superseded one, and so did its end
		if !j.forgets || !read[found] || versions <= remembered {
			out = append(out, fmt.Sprintf("%d was acknowledged, and the file shows %d", saved, found))
		}
	}
	return out
}

func TestTheJudgeAllowsOnlyWhatTheHistoryCanNotTell(t *testing.T) {
	for name, row := range map[string]struct {
		judge *judge
		reads string
		wrong int
	}{
		"nothing happened":                       {&judge{forgets: true}, "1\n2\n", 0},
		"older than what is remembered":          {&judge{forgets: true, setBack: [][2]int{{100, 64}}}, "64\n", 0},
		"remembered":                             {&judge{forgets: true, setBack: [][2]int{{80, 64}}}, "64\n", 1},
		"the oldest that is forgotten":           {&judge{forgets: true, setBack: [][2]int{{81, 64}}}, "64\n", 0},
		"the file had a block":                   {&judge{setBack: [][2]int{{100, 64}}}, "64\n", 1},
		"nobody can have put it back":            {&judge{forgets: true, setBack: [][2]int{{100, 64}}}, "63\n65\n", 1},
		"what was set back before is remembered": {&judge{forgets: true, setBack: [][2]int{{81, 64}, {96, 81}}}, "64\n81\n", 0},
		"a value of the future":                  {&judge{forgets: true, setBack: [][2]int{{64, 65}}}, "65\n", 1},
	} {
		row.judge.reads.WriteString(row.reads)
		if wrong := row.judge.wrong(); len(wrong) != row.wrong {
			t.Errorf("%s: %q", name, wrong)
		}
	}
}

// mine makes the next save, and tells the judge what it found under the lock.
func (j *judge) mine(d *Doc, n int) error {
	return d.Update(context0(), func(doc *lww.Document, w lww.Writer) error {
		j.see(n-1, atoi(doc.At([]string{"mine"}).JSON()))
		return setField("/mine", fmt.Sprint(n))(doc, w)
	})
}

func besideStranger(t *testing.T, layout Layout, times int, how, block string) {
	path := filepath.Join(t.TempDir(), "app.json")
	seed(t, path, `{"mine":0,"theirs":0,"other":"stays"}`)
	d := open(t, path, &Options{Layout: layout, Durability: NoSync})
	update(t, d, "/begun", "true")
	j := judge{forgets: layout == Sidecar || block == "drop"}
	stranger := exec.Command(os.Args[0], path, fmt.Sprint(times), how, block)
	stranger.Env = append(os.Environ(), roleVariable+"=stranger")
	stranger.Stdout, stranger.Stderr = &j.reads, os.Stderr
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- stranger.Wait() }()
	seen := theirs(t, d)
	for n := 1; n <= times; n++ {
		if err := j.mine(d, n); err != nil {
			t.Fatal(err)
		}
		// So that each is beside the other from the first write to the last.
		for n%8 == 0 && len(ended) == 0 && theirs(t, d) == seen {
			runtime.Gosched()
		}
		seen = theirs(t, d)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	update(t, d, "/done", "true") // adopts what came last, or was left over
	doc, err := d.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	last := atoi(doc.At([]string{"mine"}).JSON())
	j.see(times, last)
	for _, wrong := range j.wrong() {
		t.Error(wrong)
	}
	if len(j.setBack) > 0 {
		t.Logf("set back by more than the history reaches: %v", j.setBack)
	}
	shows(t, path, fmt.Sprintf(`{"begun":true,"done":true,"mine":%d,"other":"stays","theirs":%d}`, last, times))
}
