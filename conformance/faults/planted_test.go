//go:build faults && linux

package faults

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cfgmerge/cfgmerge"
)

// edit replaces a text that occurs once in a file of the module.
type edit struct{ file, old, new string }

// planted is a mistake, and the test that must catch it.
type planted struct {
	name   string
	edits  []edit
	caught func(t *testing.T, overlay string) bool
}

func plantedBugs() []planted {
	return []planted{
		{"write in place", []edit{
			{"fileio/swap.go", "	s := &Swap{txn: t, old: old, next: next}\n",
				"	if f.opts.InPlace = old.Exists; old.Exists {\n		return t.overwriteMain(old, next, secret, nil)\n	}\n	s := &Swap{txn: t, old: old, next: next}\n"},
			{"fileio/inplace.go", "	if _, err := file.WriteAt(data, 0); err != nil {\n",
				"	_ = file.Truncate(0)\n	if _, err := file.WriteAt(data, 0); err != nil {\n"},
		}, byPowerCut(cfgmerge.Embedded, "set")},
		{"no lock", []edit{{"fileio/lock.go",
			"		if f.isOurs(lock, name) {\n",
			"		if f.isOurs(lock, name) {\n\t\t\t_ = lock.Unlock()\n"}}, byRival},
		{"load before lock", []edit{
			{"commit.go", "	txn, err := folder.Lock(ctx)\n", "	early, _ := d.look(ctx)\n	txn, err := folder.Lock(ctx)\n"},
			{"commit.go", "	c := &commit{Doc: d, in: in, folder: folder, txn: txn", "	c := &commit{early: early, Doc: d, in: in, folder: folder, txn: txn"},
			{"commit.go", "	txn    *fileio.Txn\n", "	txn    *fileio.Txn\n	early  *state\n"},
			{"commit.go", "	for doubts := 0; ; doubts++ {\n", "	if st := c.early; st != nil {\n\t\tc.early = nil\n\t\treturn st, nil\n\t}\n	for doubts := 0; ; doubts++ {\n"},
		}, byOrder},
		{"no fsync", []edit{{"fileio/stage.go", "return temp.Sync()", "return nil"}}, byPowerCut(cfgmerge.Embedded, "set")},
		{"no directory fsync", []edit{{"fileio/swap.go", "return syncDir(f.parent)", "return nil"}}, byPowerCut(cfgmerge.Embedded, "set")},
		{"no fsync of the shadow", []edit{{"publish.go", "vital && c.opts.Durability == Full", "false"}}, byPowerCut(cfgmerge.Sidecar, "rotate")},
		{"reset on parse error", []edit{{"state.go",
			"	return corrupt(reason)\n", "	st.origin = fromNew\n	return nil\n"}}, byDamage(`{"theme": "light", "runs": `)},
		{"delete the lock file", []edit{{"fileio/lock.go",
			"	locks.leave(g.key)\n", "	_ = os.Remove(g.key)\n	locks.leave(g.key)\n"}}, byOrder},
		{"temp file in $TMPDIR", []edit{{"fileio/stage.go",
			"	if err := s.fill(temp, secret); err != nil {\n",
			"	_ = os.WriteFile(os.TempDir()+\"/\"+name, s.next.Data, 0o600)\n	if err := s.fill(temp, secret); err != nil {\n"}}, byKilling},
		{"prune inside merge", []edit{{"lww/document.go",
			"		changed = d.raiseTuple(name, r) || changed\n	}\n",
			"		changed = d.raiseTuple(name, r) || changed\n	}\n	d.Prune(NewStamp(1, 0, 0, 0))\n"}},
			byTest("./lww", "TestMergeIsCommutativeAssociativeAndIdempotent|TestMergesInEveryOrderEncodeIdentically|TestWhatAFileSays", "-rapid.nofailfile")},
		{"drop tombstones", []edit{{"lww/encode.go",
			"		e.entries[string(e.at)] = e.mark(p.own)\n",
			"		if !p.own.Dead {\n			e.entries[string(e.at)] = e.mark(p.own)\n		}\n"}},
			byTest("./lww", "TestWhatAFileSaysMergesLikeTheStateItWasWrittenFrom", "-rapid.nofailfile")},
		{"compare by mtime", []edit{{"fileio/kept.go",
			"	return k.pathHolds() && (k.settled || k.sameBytes(info))\n",
			"	return k.pathHolds()\n"}}, byTest("./fileio", "TestAYoungStampIsNotTrusted")},
		{"first-duplicate delete", []edit{{"strictjson/distinct.go",
			"	if repeated != 0 {\n", "	if repeated < 0 {\n"}}, byDamage(`{"theme": "light", "theme": "dark"}`)},
	}
}

// byKilling: a save that is killed at every system call shows it.
func byKilling(t *testing.T, overlay string) bool {
	s := scenarios()[0]
	tr, err := rehearse(s, filepath.Join(t.TempDir(), s.name), build(t, "-overlay", overlay))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range tr.clean {
		_, found, err := tr.hit(Fault{Kind: "KILL"}, p)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) > 0 {
			t.Logf("killed at %s: %v", p.What, found[0])
			return true
		}
	}
	return false
}

// byPowerCut: something is lost when the power is cut.
func byPowerCut(layout cfgmerge.Layout, name string) func(t *testing.T, overlay string) bool {
	return func(t *testing.T, overlay string) bool {
		all := outages()
		i := slices.IndexFunc(all, func(o outage) bool { return o.layout == layout && o.name == name })
		y, err := cutPower(all[i], fastest(t), build(t, "-overlay", overlay), true)
		if err != nil {
			t.Fatal(err)
		}
		return revealed(t, y, lost, torn, reset, missing)
	}
}

// byRival: a save that is stopped while a rival saves shows it.
func byRival(t *testing.T, overlay string) bool {
	y, err := pausesIn(fastest(t), build(t, "-overlay", overlay))
	if err != nil {
		t.Fatal(err)
	}
	return revealed(t, y, lost)
}

// revealed reports whether there are violations of one of the classes, and logs
// the first of each.
func revealed(t *testing.T, y *tally, classes ...string) bool {
	t.Helper()
	found := false
	for _, class := range classes {
		if texts := y.found[class]; len(texts) > 0 {
			t.Logf("%s: %s", class, texts[0])
			found = true
		}
	}
	return found
}

// byOrder: the trace of a save shows it. This is for mistakes that lose nothing
// as long as the other precautions are there: a save looks at what it displaces,
// and at the lock file after it was locked.
func byOrder(t *testing.T, overlay string) bool {
	s := scenarios()[0]
	tr, err := rehearse(s, filepath.Join(t.TempDir(), s.name), build(t, "-overlay", overlay))
	if err != nil {
		t.Fatal(err)
	}
	broken := Disorder(tr.clean)
	t.Log(broken)
	return len(broken) > 0
}

// byDamage: a save of a file that can't be read, and of which nothing is
// remembered, says that it is damaged and leaves the bytes alone.
func byDamage(text string) func(t *testing.T, overlay string) bool {
	return func(t *testing.T, overlay string) bool {
		return savedOver(t, build(t, "-overlay", overlay), text)
	}
}

func savedOver(t *testing.T, binary, text string) bool {
	t.Helper()
	w := world{filepath.Join(t.TempDir(), "world"), binary}
	if err := w.create(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.path(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := w.run("", "unset", w.path(), "/theme")
	if err != nil {
		t.Fatal(err)
	}
	now, err := os.ReadFile(w.path())
	if err != nil {
		t.Fatal(err)
	}
	return out.code == 0 || string(now) != text || !strings.Contains(out.stderr, "damaged")
}

// byTest: a test of the package fails.
func byTest(pkg, run string, flags ...string) func(t *testing.T, overlay string) bool {
	return func(t *testing.T, overlay string) bool {
		cmd := exec.Command("go", append([]string{"test", "-count=1", "-overlay", overlay, "-run", run, pkg}, flags...)...)
		cmd.Dir = "../.."
		out, err := cmd.CombinedOutput()
		if strings.Contains(string(out), "build failed") || strings.Contains(string(out), "no tests to run") {
			t.Fatalf("%s", out)
		}
		return err != nil
	}
}

// overlay makes the file that tells the go command of the edits.
func overlay(t *testing.T, edits []edit) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, e := range edits {
		name := filepath.Join(root, filepath.FromSlash(e.file))
		if _, ok := texts[name]; !ok {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			texts[name] = string(data)
		}
		if n := strings.Count(texts[name], e.old); n != 1 {
			t.Fatalf("%s has the text %q %d times; the planted bug must be fitted to the code", e.file, e.old, n)
		}
		texts[name] = strings.Replace(texts[name], e.old, e.new, 1)
	}
	dir := t.TempDir()
	replace := map[string]string{}
	for name, text := range texts {
		replace[name] = filepath.Join(dir, strings.ReplaceAll(strings.TrimPrefix(name, root), string(filepath.Separator), "_"))
		if err := os.WriteFile(replace[name], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestPlantedBugIsCaught(t *testing.T) {
	needStrace(t)
	for _, p := range plantedBugs() {
		t.Run(p.name, func(t *testing.T) {
			if !p.caught(t, overlay(t, p.edits)) {
				t.Error("nobody noticed")
			}
		})
	}
}

func TestTheTestsForPlantedBugsFindNothingWithoutThem(t *testing.T) {
	needStrace(t)
	none := overlay(t, nil)
	for name, finds := range map[string]func(*testing.T, string) bool{
		"killing": byKilling, "order": byOrder, "power": byPowerCut(cfgmerge.Embedded, "set"), "shadow": byPowerCut(cfgmerge.Sidecar, "rotate"), "rivals": byRival,
		"damage": byDamage(`{"theme": "light", "runs": `), "duplicates": byDamage(`{"theme": "light", "theme": "dark"}`),
		"merging": byTest("./lww", "TestMergeIsCommutativeAssociativeAndIdempotent|TestWhatAFileSays"),
		"mtime":   byTest("./fileio", "TestAYoungStampIsNotTrusted"),
	} {
		if finds(t, none) {
			t.Errorf("%s finds a bug that is not there", name)
		}
	}
}

func TestASaveKeepsItsOrderInBothLayouts(t *testing.T) {
	needStrace(t)
	binary := build(t)
	for _, layout := range []cfgmerge.Layout{cfgmerge.Embedded, cfgmerge.Sidecar} {
		s := scenarios()[0]
		s.prepare = history(layout)
		tr, err := rehearse(s, filepath.Join(t.TempDir(), layout.String()), binary)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range Disorder(tr.clean) {
			t.Errorf("%v: %s", layout, b)
		}
	}
}
