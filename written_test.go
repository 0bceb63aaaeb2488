package cfgmerge

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/lww"
)

// A process that saves again and again remembers what it wrote. That must make
// no difference to what it writes, whatever happens to the file in between.
func TestASaveIsTheSameForAProcessThatRemembersTheLastOne(t *testing.T) {
	for n := range uint64(12) {
		layouts(t, func(t *testing.T, o *Options) { besideForgetful(t, o.Layout, rand.New(rand.NewPCG(n, 0))) })
	}
}

func besideForgetful(t *testing.T, layout Layout, random *rand.Rand) {
	now := time.UnixMilli(1_795_000_000_000)
	o := &Options{Layout: layout, Durability: NoSync, Now: func() time.Time { return now }, sleep: func(time.Duration) {}}
	one, two := t.TempDir(), t.TempDir()
	remembers := open(t, filepath.Join(one, "app.json"), o)
	update(t, remembers, "/a", "1")
	update(t, remembers, "/a", "2") // now there are two slots
	if err := os.CopyFS(two, os.DirFS(one)); err != nil {
		t.Fatal(err)
	}
	for range 25 {
		now = now.Add(time.Duration(random.IntN(3)) * time.Millisecond)
		forgets := open(t, filepath.Join(two, "app.json"), o)
		forgets.actor = remembers.actor
		step := randomStep(random)
		step(t, remembers)
		step(t, forgets)
		for _, name := range []string{"app.json", ".app.json.cfgmerge/shadow.0", ".app.json.cfgmerge/shadow.1"} {
			if a, b := text(t, filepath.Join(one, name)), text(t, filepath.Join(two, name)); a != b {
				t.Fatalf("%s differs:\n%q\n%q", name, a, b)
			}
		}
	}
}

// randomStep is a save, or what another program does to the file.
func randomStep(random *rand.Rand) func(t *testing.T, d *Doc) {
	pick := func(all ...string) string { return all[random.IntN(len(all))] }
	pointer := pick("/a", "/b", "/a/x", "/c/d/e", "/c/d", "/c")
	value := pick("1", "1.0", `"x"`, "[1, 2]", "{}", `{"x": 1, "y": [ ]}`, "null", "")
	switch random.IntN(8) {
	case 0: // rewrites it without a block
		return func(t *testing.T, d *Doc) { seed(t, d.path, fmt.Sprintf(`{"a": %s, "z": 1}`, pointer[1:2])) }
	case 1: // puts an older copy back, block and all
		return func(t *testing.T, d *Doc) {
			old := text(t, d.path)
			update(t, d, "/elsewhere", "1")
			seed(t, d.path, old)
		}
	}
	return func(t *testing.T, d *Doc) { update(t, d, pointer, value) }
}

// A remembered save spares the next one most of its work, and counts no more
// once somebody else has written.
func TestWhatWasWrittenIsRememberedUntilSomebodyElseWrites(t *testing.T) {
	layouts(t, func(t *testing.T, o *Options) {
		path := filepath.Join(t.TempDir(), "app.json")
		d := open(t, path, o)
		remembers := func() (known bool) {
			t.Helper()
			err := d.commit(context0(), &intent{change: func(st *state, doc *lww.Document, w lww.Writer) error {
				known = st.file == nil && st.exact
				return setField("/n", fmt.Sprint(w.Now.UnixNano()))(doc, w)
			}})
			if err != nil {
				t.Fatal(err)
			}
			return known
		}
		remembers()
		if !remembers() {
			t.Error("a save took the file apart that the same process had written")
		}
		seed(t, path, text(t, path)+" ")
		if remembers() {
			t.Error("a save did not look at what another program wrote")
		}
	})
}
