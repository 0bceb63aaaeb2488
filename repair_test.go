package cfgmerge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

const canary = "CANARY"

// tokens is a pair that must not be torn.
type tokens struct {
	Access  string `json:"access_token" cfgmerge:"token=auth,access"`
	Refresh string `json:"refresh_token" cfgmerge:"token=auth,refresh"`
}

type desk struct {
	Theme    string                    `json:"theme"`
	Port     int                       `json:"port"`
	Auth     tokens                    `json:"auth"`
	Projects map[string]map[string]any `json:"projects"`
	Last     bool                      `json:"last"`
}

// savedDesk saves a file of about 6 KB, in several saves, and returns its path
// and its bytes.
func savedDesk(t testing.TB, dir string) (path, saved string) {
	t.Helper()
	path = filepath.Join(dir, "app.json")
	seed(t, path, "{\n  \"theme\": \"dark\",\n  \"auth\": {\"access_token\": \"AT-1\", \"refresh_token\": \"RT-1\"},\n  \"projects\": {}\n}\n")
	f, err := Open[desk](path, impatient())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i := range 3 {
		err := f.Update(context0(), func(v *desk) error {
			v.Port, v.Last = 8000+i, true
			v.Auth = tokens{fmt.Sprintf("AT-%s-%d", canary, i), fmt.Sprintf("RT-%s-%d", canary, i)}
			for j := range 9 {
				v.Projects[fmt.Sprintf("/home/u/p~%d-%d", i, j)] = map[string]any{
					"n": 1000*i + j, "on": j%2 == 0, "tags": []int{i, j, 7}, "deep": map[string]any{"note": "a \"note\" with / and \\", "none": nil},
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return path, text(t, path)
}

func mustRepair(t testing.TB, path string, o RepairOptions) RepairReport {
	t.Helper()
	r, err := tryRepair(path, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func tryRepair(path string, o RepairOptions) (RepairReport, error) {
	d, err := OpenDoc(path, impatient())
	if err != nil {
		return RepairReport{}, err
	}
	defer d.Close()
	return d.Repair(context0(), o)
}

func isSound(data []byte) bool {
	_, err := strictjson.ParseObject(data, strictjson.Limits{})
	return err == nil
}

// stride is between the offsets that a test cuts at. Set CFGMERGE_CUTS=1 for
// every one, which takes minutes; by default each run takes others.
func stride(t testing.TB) (first, step int) {
	step = 97
	if s, err := strconv.Atoi(os.Getenv("CFGMERGE_CUTS")); err == nil && s > 0 {
		step = s
	}
	first = rand.IntN(step)
	t.Logf("cut at %d and every %d bytes from there", first, step)
	return first, step
}

// damages yields named damages of a text.
func damages(t testing.TB, saved string) map[string][]byte {
	out := map[string][]byte{}
	first, step := stride(t)
	for at := first; at < len(saved); at += step {
		out[fmt.Sprintf("cut at %d", at)] = []byte(saved[:at])
	}
	for at := 0; at < len(saved); at += 512 {
		holed := []byte(saved)
		clear(holed[at:min(at+512, len(holed))])
		out[fmt.Sprintf("zeroed at %d", at)] = holed
	}
	for i, garbage := range []string{"}", "]", "\x00\x00\x00", "null", "{}", saved, saved[:100], saved[100:], "\xff\xfe", "\x1b[31m", ",", "\"", "#x", "\xef\xbb\xbf"} {
		out[fmt.Sprintf("garbage %d", i)] = []byte(saved + garbage)
	}
	return out
}

func TestRepairRestoresTheLastStateFromTheShadowWhateverTheDamage(t *testing.T) {
	path, saved := savedDesk(t, t.TempDir())
	t.Logf("%d bytes", len(saved))
	if len(saved) < 6000 {
		t.Fatalf("only %d bytes", len(saved))
	}
	for why, damaged := range damages(t, saved) {
		seed(t, path, string(damaged))
		report := mustRepair(t, path, RepairOptions{})
		if isSound(damaged) { // only the last line end is gone
			if report.Changed {
				t.Errorf("%s: changed", why)
			}
			continue
		}
		if text(t, path) != saved {
			t.Fatalf("%s: not the last state", why)
		}
		if !report.Changed || report.Damage == nil || len(report.Lost) > 0 || report.Incomplete || report.HistoryLost {
			t.Fatalf("%s: %+v", why, report)
		}
		for _, f := range report.Fields {
			if f.From != "file" && f.From != "shadow" {
				t.Fatalf("%s: %s is from %s", why, f.Field, f.From)
			}
		}
	}
}

// wholeBefore is the oracle: the leaves of a text that end before the cut, by
// encoding/json, which knows nothing of salvage. A number must be seen to end.
func wholeBefore(t *testing.T, saved string, cut int) map[string]string {
	t.Helper()
	out := map[string]string{}
	d := json.NewDecoder(strings.NewReader(saved))
	d.UseNumber()
	var object func(path []string)
	object = func(path []string) {
		for d.More() {
			key, _ := d.Token()
			at := append(slices.Clone(path), key.(string))
			rest := strings.TrimLeft(saved[d.InputOffset():], " \n:")
			if strings.HasPrefix(rest, "{") && !strings.HasPrefix(rest, "{}") {
				_, _ = d.Token()
				object(at)
				_, _ = d.Token()
				continue
			}
			var raw json.RawMessage
			if err := d.Decode(&raw); err != nil {
				t.Fatal(err)
			}
			end := int(d.InputOffset())
			if number := raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9'; end < cut || end == cut && !number {
				out[strictjson.JoinPointer(at...)] = string(raw)
			}
		}
	}
	_, _ = d.Token()
	object(nil)
	maps.DeleteFunc(out, func(k, _ string) bool { return strings.HasPrefix(k, "/$cfgmerge") })
	return out
}

// leavesIn are the leaves of a file, block excluded.
func leavesIn(t *testing.T, data []byte) map[string]string {
	t.Helper()
	doc, err := DecodeText(data)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	view := doc.View()
	for path := range view.Leaves(nil) {
		if len(path) > 0 {
			out[strictjson.JoinPointer(path...)] = view.At(path).Leaf
		}
	}
	return out
}

func TestRepairWithoutAStateFolderKeepsEveryFieldThatLiesWholeBeforeTheCut(t *testing.T) {
	_, saved := savedDesk(t, t.TempDir())
	all := wholeBefore(t, saved, len(saved)+1)
	blockAt := strings.Index(saved, `"$cfgmerge"`)
	dir := t.TempDir()
	first, step := stride(t)
	for cut := first; cut < len(saved); cut += step {
		path := filepath.Join(dir, "app.json")
		seed(t, path, saved[:cut])
		_ = os.RemoveAll(stateFolder(path))
		if isSound([]byte(saved[:cut])) {
			continue
		}
		want := wholeBefore(t, saved, cut)
		report, err := tryRepair(path, RepairOptions{})
		if len(want) == 0 {
			if !errors.Is(err, ErrNothingLeft) || text(t, path) != saved[:cut] {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		got := leavesIn(t, []byte(text(t, path)))
		if !maps.Equal(got, want) {
			t.Fatalf("cut at %d: got %v, want %v", cut, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
		if !report.Changed || !report.HistoryLost && cut < blockAt || !report.Incomplete && len(want) < len(all) {
			t.Fatalf("cut at %d: changed %v, history lost %v, incomplete %v", cut, report.Changed, report.HistoryLost, report.Incomplete)
		}
		if wrong := slices.DeleteFunc(report.Lost, func(p string) bool { return wasThere(all, p) && !isThere(want, p) }); len(wrong) > 0 {
			t.Fatalf("cut at %d: %v are not lost", cut, wrong)
		}
	}
}

// wasThere reports whether the pointer is one of the leaves or above one.
func wasThere(leaves map[string]string, pointer string) bool {
	for leaf := range leaves {
		if leaf == pointer || strings.HasPrefix(leaf, pointer+"/") {
			return true
		}
	}
	return false
}

func isThere(leaves map[string]string, pointer string) bool { _, ok := leaves[pointer]; return ok }

func TestRepairNamesTheFieldThatTheCutWentThrough(t *testing.T) {
	_, saved := savedDesk(t, t.TempDir())
	path := filepath.Join(t.TempDir(), "app.json")
	at := strings.Index(saved, `AT-CANARY`) + 2
	seed(t, path, saved[:at])
	report := mustRepair(t, path, RepairOptions{})
	if !slices.Equal(report.Lost, []string{"/auth/access_token"}) || !report.Incomplete {
		t.Errorf("%+v", report)
	}
}

func TestAPairIsNeverCompletedWithAHalf(t *testing.T) {
	for _, folder := range []bool{true, false} {
		path, saved := savedDesk(t, t.TempDir())
		// An old binary wrote new tokens and died in between.
		torn := strings.ReplaceAll(saved[:strings.Index(saved, `"refresh_token"`)], "AT-CANARY-2", "AT-CANARY-9")
		seed(t, path, torn)
		if !folder {
			_ = os.RemoveAll(stateFolder(path))
		}
		f, err := Open[desk](path, impatient())
		if err != nil {
			t.Fatal(err)
		}
		report, err := f.Doc().Repair(context0(), RepairOptions{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.Get()
		if err != nil {
			t.Fatal(err)
		}
		want := tokens{"AT-CANARY-2", "RT-CANARY-2"}
		if !folder {
			want = tokens{}
			if !slices.Contains(report.Lost, "/auth/access_token") {
				t.Errorf("the half is not said to be lost: %v", report.Lost)
			}
		}
		if got.Auth != want || got.Theme != "dark" {
			t.Errorf("with the folder %v: %+v", folder, got)
		}
	}
}

func TestAPairOfWhichOneHalfIsZeroedIsNotShownWithoutTheShadow(t *testing.T) {
	path, saved := savedDesk(t, t.TempDir())
	_ = os.RemoveAll(stateFolder(path))
	holed := []byte(saved)
	at := strings.Index(saved, `RT-CANARY`)
	clear(holed[at : at+4])
	seed(t, path, string(holed))
	report := mustRepair(t, path, RepairOptions{})
	if got := leavesIn(t, []byte(text(t, path))); got["/auth/access_token"] != "" || got["/theme"] != `"dark"` {
		t.Errorf("%v", got)
	}
	if !slices.Equal(report.Lost, []string{"/auth/access_token", "/auth/refresh_token"}) {
		t.Errorf("%v", report.Lost)
	}
}

func TestADryRunSaysTheSameAndChangesNothing(t *testing.T) {
	for why, damage := range map[string]func(string) string{
		"cut":          func(s string) string { return s[:3000] },
		"garbage":      func(s string) string { return s + "}" },
		"sound":        func(s string) string { return s },
		"nothing left": func(string) string { return "{" },
	} {
		path, saved := savedDesk(t, t.TempDir())
		for _, folder := range []bool{true, false} {
			if !folder {
				_ = os.RemoveAll(stateFolder(path))
			}
			seed(t, path, damage(saved))
			before := tree(t, filepath.Dir(path))
			dry, dryErr := tryRepair(path, RepairOptions{DryRun: true})
			if after := tree(t, filepath.Dir(path)); !maps.Equal(before, after) {
				t.Errorf("%s: a dry run changed something", why)
			}
			wet, wetErr := tryRepair(path, RepairOptions{})
			if fmt.Sprint(forget(dry)) != fmt.Sprint(forget(wet)) || fmt.Sprint(dryErr) != fmt.Sprint(wetErr) {
				t.Errorf("%s: %+v %v\nbut %+v %v", why, forget(dry), dryErr, forget(wet), wetErr)
			}
		}
	}
}

// forget leaves out of a report what has an address.
func forget(r RepairReport) RepairReport {
	for i := range r.Sources {
		r.Sources[i].doc = nil
	}
	if r.Damage != nil {
		r.Damage = &CorruptError{}
	}
	return r
}

// tree holds all files below a directory.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			out[path] = text(t, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestDamagedBytesAreSetAsideBeforeARepair(t *testing.T) {
	path, saved := savedDesk(t, t.TempDir())
	seed(t, path, saved[:2000])
	mustRepair(t, path, RepairOptions{})
	for _, e := range quarantineOf(t, path) {
		if e.Class == "damaged" && e.Size == 2000 {
			return
		}
	}
	t.Error("the damaged bytes are gone")
}

func quarantineOf(t *testing.T, path string) []QuarantineEntry {
	t.Helper()
	d, err := OpenDoc(path, impatient())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	entries, err := d.Quarantine(context0())
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func TestDamageNeverEvictsTheLastGoodStateAndIsBounded(t *testing.T) {
	path, _ := savedDesk(t, t.TempDir())
	_ = os.Remove(path)
	d, err := OpenDoc(path, impatient())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Update(context0(), setField("/theme", `"light"`)); err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		seed(t, path, fmt.Sprintf(`{"theme":"%d`, i/2)) // each damage twice
		mustRepair(t, path, RepairOptions{})
	}
	classes := map[string]int{}
	for _, e := range quarantineOf(t, path) {
		classes[e.Class]++
	}
	if classes["removed"] != 1 || classes["damaged"] > 16 || classes["damaged"] < 10 {
		t.Errorf("%v", classes)
	}
}

func TestAConflictCopyOfTheSameDocumentIsJoinedAndAnotherIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	path, saved := savedDesk(t, dir)
	beside := filepath.Join(dir, "app.sync-conflict-20261122-120000-ABCDEFG.json")
	seed(t, beside, saved)
	d, err := OpenDoc(beside, impatient())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Update(context0(), setField("/elsewhere", `1`)); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(dir, "app (conflicted copy 2026-11-22).json")
	seed(t, other, `{"theme":"other","stray":1}`)
	o, err := OpenDoc(other, impatient())
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Adopt(context0(), Embedded); err != nil {
		t.Fatal(err)
	}
	report := mustRepair(t, path, RepairOptions{})
	got := leavesIn(t, []byte(text(t, path)))
	if got["/elsewhere"] != "1" || got["/stray"] != "" || got["/theme"] != `"dark"` {
		t.Errorf("elsewhere %s, stray %s, theme %s", got["/elsewhere"], got["/stray"], got["/theme"])
	}
	if why := skippedOf(report)[filepath.Base(other)]; why != skipOther {
		t.Errorf("%q", why)
	}
	if from := fromOf(report)["/elsewhere"]; from != filepath.Base(beside) {
		t.Errorf("it is said to be from %s", from)
	}
	if again := mustRepair(t, path, RepairOptions{}); again.Changed {
		t.Error("the second repair found something to do")
	}
}

func skippedOf(r RepairReport) map[string]string {
	out := map[string]string{}
	for _, s := range r.Sources {
		out[s.Name] = s.Skipped
	}
	return out
}

func fromOf(r RepairReport) map[string]string {
	out := map[string]string{}
	for _, f := range r.Fields {
		out[f.Field] = f.From
	}
	return out
}

func TestAFileThatLostItsStampsKeepsItsSayAgainstAConflictCopy(t *testing.T) {
	dir := t.TempDir()
	path, saved := savedDesk(t, dir)
	seed(t, filepath.Join(dir, "app.sync-conflict-20261122-120000-ABCDEFG.json"), saved)
	_ = os.RemoveAll(stateFolder(path))
	seed(t, path, strings.Replace(saved[:strings.Index(saved, `"/home/u/p~0-3"`)], `"dark"`, `"newer"`, 1))
	report := mustRepair(t, path, RepairOptions{})
	got := leavesIn(t, []byte(text(t, path)))
	want := leavesIn(t, []byte(saved))
	want["/theme"] = `"newer"`
	if !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if fromOf(report)["/theme"] != "file" || len(report.Lost) > 0 {
		t.Errorf("%v %v", fromOf(report)["/theme"], report.Lost)
	}
}

func TestRepairDoesNotGuessBetweenCopiesOfSeveralDocuments(t *testing.T) {
	dir := t.TempDir()
	path, saved := savedDesk(t, dir)
	_, another := savedDesk(t, t.TempDir())
	seed(t, filepath.Join(dir, "app.sync-conflict-20261122-120000-ABCDEFG.json"), saved)
	seed(t, filepath.Join(dir, "app.sync-conflict-20261122-120001-ABCDEFG.json"), another)
	_ = os.RemoveAll(stateFolder(path))
	seed(t, path, `{"theme":"mine","x`)
	report := mustRepair(t, path, RepairOptions{})
	if got := leavesIn(t, []byte(text(t, path))); len(got) != 1 || got["/theme"] != `"mine"` {
		t.Errorf("%v", got)
	}
	for name, why := range skippedOf(report) {
		if name != "file" && why != skipUnknown {
			t.Errorf("%s: %q", name, why)
		}
	}
}

func TestRepairRefusesRatherThanGuts(t *testing.T) {
	for _, tt := range []struct {
		why, text string
		want      error
	}{
		{"nothing whole", `{"theme": "CANARY`, ErrNothingLeft},
		{"lost blocks only", strings.Repeat("\x00", 4096), ErrNothingLeft},
		{"not an object", `["CANARY"]`, ErrNothingLeft},
		{"nothing at all", ``, ErrNothingLeft},
		{"a conflict of plain files", "{\n<<<<<<< a\n\"x\": 1\n=======\n\"x\": 2\n>>>>>>> b\n}\n", ErrConflict},
	} {
		path := filepath.Join(t.TempDir(), "app.json")
		seed(t, path, tt.text)
		if _, err := tryRepair(path, RepairOptions{}); !errors.Is(err, tt.want) || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", tt.why, err)
		}
		if text(t, path) != tt.text {
			t.Errorf("%s: the bytes were touched", tt.why)
		}
		if _, err := os.Stat(stateFolder(path)); err == nil {
			t.Errorf("%s: there is a state folder", tt.why)
		}
	}
}

func TestADamagedFileOfAnotherDocumentIsNotOverwrittenByTheShadow(t *testing.T) {
	path, _ := savedDesk(t, t.TempDir())
	_, another := savedDesk(t, t.TempDir())
	seed(t, path, another+"}")
	if _, err := tryRepair(path, RepairOptions{}); !errors.Is(err, ErrOtherDocument) || text(t, path) != another+"}" {
		t.Error(err)
	}
}

func TestBothSidesOfAGitConflictAreJoined(t *testing.T) {
	dir := t.TempDir()
	path, saved := savedDesk(t, dir)
	seed(t, path, saved)
	ours, theirs := changedCopy(t, saved, "/port", "1"), changedCopy(t, saved, "/theme", `"theirs"`)
	seed(t, path, "<<<<<<< HEAD\n"+ours+"=======\n"+theirs+">>>>>>> topic\n")
	for _, folder := range []bool{true, false} {
		if !folder {
			_ = os.RemoveAll(stateFolder(path))
			seed(t, path, "<<<<<<< HEAD\n"+ours+"=======\n"+theirs+">>>>>>> topic\n")
		}
		report := mustRepair(t, path, RepairOptions{})
		got := leavesIn(t, []byte(text(t, path)))
		if got["/port"] != "1" || got["/theme"] != `"theirs"` || len(report.Lost) > 0 || report.Incomplete || report.HistoryLost {
			t.Errorf("with the folder %v: %s %s %+v", folder, got["/port"], got["/theme"], report.Lost)
		}
	}
}

// changedCopy is a copy of a file in which one field was changed elsewhere.
func changedCopy(t *testing.T, saved, pointer, raw string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "copy.json")
	seed(t, path, saved)
	d, err := OpenDoc(path, impatient())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Update(context0(), setField(pointer, raw)); err != nil {
		t.Fatal(err)
	}
	return text(t, path)
}

func TestWhatAKilledProcessLeftIsJoined(t *testing.T) {
	path, saved := savedDesk(t, t.TempDir())
	left := filepath.Join(stateFolder(path), ".0123456789abcdef0123456789abcdef-0123456789abcdef0123456789abcdef-1")
	seed(t, left, changedCopy(t, saved, "/port", "77"))
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(left, old, old); err != nil {
		t.Fatal(err)
	}
	dry, err := tryRepair(path, RepairOptions{DryRun: true})
	if err != nil || !dry.Changed || fromOf(dry)["/port"] != "leftover" {
		t.Errorf("%v %v %s", err, dry.Changed, fromOf(dry)["/port"])
	}
	report := mustRepair(t, path, RepairOptions{})
	if got := leavesIn(t, []byte(text(t, path))); got["/port"] != "77" || fromOf(report)["/port"] != "leftover" {
		t.Errorf("%s from %s", got["/port"], fromOf(report)["/port"])
	}
	if _, err := os.Stat(left); err == nil {
		t.Error("it is still there")
	}
}

func TestRepairDoesNotBringBackWhatTheUserRemoved(t *testing.T) {
	dir := t.TempDir()
	path, saved := savedDesk(t, dir)
	d, err := OpenDoc(path, impatient())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Update(context0(), setField("/theme", "")); err != nil {
		t.Fatal(err)
	}
	seed(t, filepath.Join(dir, "app.sync-conflict-20261122-120000-ABCDEFG.json"), saved)
	seed(t, path, saved[:4000]) // an old copy, torn
	mustRepair(t, path, RepairOptions{Quarantined: true})
	if got := leavesIn(t, []byte(text(t, path))); got["/theme"] != "" || got["/port"] != "8002" {
		t.Errorf("theme %s, port %s", got["/theme"], got["/port"])
	}
}

func TestAMissingFileStaysMissing(t *testing.T) {
	dir := t.TempDir()
	path, saved := savedDesk(t, dir)
	seed(t, filepath.Join(dir, "app.sync-conflict-20261122-120000-ABCDEFG.json"), saved)
	_ = os.Remove(path)
	if _, err := tryRepair(path, RepairOptions{}); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("it was made")
	}
}

// Each row takes a part away, or puts another one in its place: SPEC.md
// section 10.
func TestWhenPartsAreMissing(t *testing.T) {
	for _, tt := range []struct {
		rule   string
		change func(t *testing.T, path, saved string)
		want   func(before map[string]string) map[string]string
	}{
		{"1: no state folder", func(t *testing.T, path, saved string) { _ = os.RemoveAll(stateFolder(path)) }, keepAll},
		{"2: no file", func(t *testing.T, path, saved string) { _ = os.Remove(path) }, keepNone},
		{"3: neither", func(t *testing.T, path, saved string) { _ = os.Remove(path); _ = os.RemoveAll(stateFolder(path)) }, keepNone},
		{"4: another document", func(t *testing.T, path, saved string) {
			seed(t, path, `{"theme":"x","$cfgmerge":{"v":1,"id":"other","salt":"s","at":{}}}`)
		},
			func(map[string]string) map[string]string { return map[string]string{"/theme": `"x"`} }},
		{"5: an older copy", func(t *testing.T, path, saved string) { seed(t, path, saved) }, keepAll},
		{"6: a newer copy", func(t *testing.T, path, saved string) { seed(t, path, changedCopy(t, text(t, path), "/port", "9")) },
			func(b map[string]string) map[string]string { b["/port"] = "9"; return b }},
		{"7: the folder of another document", func(t *testing.T, path, saved string) {
			other, _ := savedDesk(t, t.TempDir())
			_ = os.RemoveAll(stateFolder(path))
			if err := os.CopyFS(stateFolder(path), os.DirFS(stateFolder(other))); err != nil {
				t.Fatal(err)
			}
		}, keepAll},
		{"8: a folder without its slots", func(t *testing.T, path, saved string) {
			_ = os.Remove(filepath.Join(stateFolder(path), "shadow.0"))
			_ = os.Remove(filepath.Join(stateFolder(path), "shadow.1"))
		}, keepAll},
		{"8: a folder with torn slots", func(t *testing.T, path, saved string) {
			_ = os.Truncate(filepath.Join(stateFolder(path), "shadow.0"), 200)
			_ = os.Truncate(filepath.Join(stateFolder(path), "shadow.1"), 10)
		}, keepAll},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			path, saved := savedDesk(t, t.TempDir())
			d, err := OpenDoc(path, impatient())
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Update(context0(), setField("/theme", "")); err != nil {
				t.Fatal(err)
			}
			before := leavesIn(t, []byte(text(t, path)))
			tt.change(t, path, saved)
			want := tt.want(before)
			want["/new"] = "1"
			if err := d.Update(context0(), setField("/new", "1")); err != nil {
				t.Fatal(err)
			}
			if got := leavesIn(t, []byte(text(t, path))); !maps.Equal(got, want) {
				t.Errorf("got %v\nwant %v", got, want)
			}
		})
	}
}

func keepAll(before map[string]string) map[string]string { return before }

func keepNone(map[string]string) map[string]string { return map[string]string{} }

func TestRepairRestampsWhatCameFromTheFuture(t *testing.T) {
	path, _ := savedDesk(t, t.TempDir())
	ahead := impatient()
	ahead.Now = func() time.Time { return time.Now().AddDate(34, 0, 0) }
	d, err := OpenDoc(path, ahead)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Update(context0(), setField("/theme", `"poisoned"`)); err != nil {
		t.Fatal(err)
	}
	poisoned := text(t, path)
	if r := mustRepair(t, path, RepairOptions{}); r.Changed || len(r.Restamped) > 0 {
		t.Errorf("it was not asked to: %+v", r.Restamped)
	}
	if r := mustRepair(t, path, RepairOptions{Clock: true}); !slices.Equal(r.Restamped, []string{"/theme"}) {
		t.Errorf("%v", r.Restamped)
	}
	now, err := OpenDoc(path, impatient())
	if err != nil {
		t.Fatal(err)
	}
	if err := now.Update(context0(), setField("/theme", `"mine"`)); err != nil {
		t.Fatal(err)
	}
	seed(t, filepath.Join(filepath.Dir(path), "app.sync-conflict-20261122-120000-ABCDEFG.json"), poisoned)
	r := mustRepair(t, path, RepairOptions{})
	if got := leavesIn(t, []byte(text(t, path))); got["/theme"] != `"mine"` {
		t.Errorf("the poisoned copy won: %s %v", got["/theme"], skippedOf(r))
	}
	if again := mustRepair(t, path, RepairOptions{Clock: true}); len(again.Restamped) > 0 {
		t.Errorf("again: %v", again.Restamped)
	}
}

func TestAConflictCopyFromTheFutureIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	path, saved := savedDesk(t, dir)
	beside := filepath.Join(dir, "app.sync-conflict-20261122-120000-ABCDEFG.json")
	seed(t, beside, saved)
	ahead := impatient()
	ahead.Now = func() time.Time { return time.Now().AddDate(34, 0, 0) }
	d, err := OpenDoc(beside, ahead)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Update(context0(), setField("/theme", `"poisoned"`)); err != nil {
		t.Fatal(err)
	}
	r := mustRepair(t, path, RepairOptions{})
	if r.Changed || skippedOf(r)[filepath.Base(beside)] != skipFuture {
		t.Errorf("%v", skippedOf(r))
	}
}

func TestAPlainFileIsMendedWithoutAddingAHistory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.json")
	seed(t, path, "{\n  \"a\": 1,\n  \"b\": 2,\n")
	r := mustRepair(t, path, RepairOptions{})
	if got := text(t, path); got != "{\n  \"a\": 1,\n  \"b\": 2\n}" || !r.Changed {
		t.Errorf("%q", got)
	}
	d, err := OpenDoc(path, impatient())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Update(context0(), setField("/b", "3")); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text(t, path), lww.BlockKey) {
		t.Error("the next save does not give it one")
	}
}

func TestASidecarStaysOneThroughARepair(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.json")
	seed(t, path, "{\n  \"a\": 1,\n  \"b\": 2\n}\n")
	d, err := OpenDoc(path, impatient())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Adopt(context0(), Sidecar); err != nil {
		t.Fatal(err)
	}
	if err := d.Update(context0(), setField("/b", "3")); err != nil {
		t.Fatal(err)
	}
	saved := text(t, path)
	for cut := range len(saved) - 1 {
		seed(t, path, saved[:cut])
		if r := mustRepair(t, path, RepairOptions{}); text(t, path) != saved || r.HistoryLost {
			t.Fatalf("cut at %d: %q", cut, text(t, path))
		}
	}
}

func TestARepairGivesNoSecretAway(t *testing.T) {
	path, saved := savedDesk(t, t.TempDir())
	var said bytes.Buffer
	for _, damaged := range []string{saved[:2500], saved + "CANARY", strings.Replace(saved, `"RT-`, `"RT-`+"\x00", 1)} {
		for range 2 {
			seed(t, path, damaged)
			r, err := tryRepair(path, RepairOptions{Quarantined: true})
			fmt.Fprintf(&said, "%+v %v", forget(r), err)
			_ = os.RemoveAll(filepath.Join(stateFolder(path), "shadow.0"))
			_ = os.RemoveAll(filepath.Join(stateFolder(path), "shadow.1"))
		}
	}
	for name := range tree(t, stateFolder(path)) {
		if strings.Contains(name, canary) || strings.Contains(name, "journal") && strings.Contains(text(t, name), canary) {
			t.Errorf("it is in %s", name)
		}
	}
	if strings.Contains(said.String(), canary) {
		t.Error("it is in the report")
	}
}

func TestConflictNamesAreRecognised(t *testing.T) {
	for name, want := range map[string]bool{
		"app.sync-conflict-20261122-120000-ABCDEFG.json":   true,
		"app (Ann's conflicted copy 2026-11-22).json":      true,
		"app (conflicted copy 2026-11-22 120000).json":     true,
		"app_conflict-20261122-120000.json":                true,
		"app.json.conflict1":                               true,
		"app (SFConflict ann 2026-11-22).json":             true,
		"application.sync-conflict-20261122-120000-A.json": false,
		"app.json":      false,
		"app":           false,
		"app.bak.json":  false,
		"other.json":    false,
		"conflict-1.md": false,
	} {
		if isConflictName("app.json", name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}
