package cfgmerge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/lww"
)

// journalFile is where the journal of the file at path is.
func journalFile(path string) string {
	return filepath.Join(filepath.Dir(path), ".app.json.cfgmerge", journalName)
}

func journalOf(t testing.TB, d *Doc) []Entry {
	t.Helper()
	entries, err := d.Journal(context0())
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// told is what an entry says of who did what, without times and processes.
func told(entries []Entry) []string {
	var out []string
	for _, e := range entries {
		line := string(e.Kind) + " " + e.App
		for _, key := range slices.Sorted(maps.Keys(e.Fields)) {
			line += " " + key
			if e.Fields[key].Rejected {
				line += "!"
			}
		}
		out = append(out, line)
	}
	return out
}

func tells(t testing.TB, entries []Entry, want ...string) {
	t.Helper()
	if got := told(entries); !slices.Equal(got, want) {
		t.Errorf("the journal tells\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// blamed returns the attribution of one field.
func blamed(t testing.TB, d *Doc, field string) Attribution {
	t.Helper()
	all, err := d.Blame(context0())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if a.Field == field {
			return a
		}
	}
	t.Fatalf("no field %s in %+v", field, all)
	return Attribution{}
}

func TestASaveIsLoggedWithItsProcess(t *testing.T) {
	layouts(t, func(t *testing.T, o *Options) {
		now := time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)
		o.App, o.Now = "codag", func() time.Time { return now }
		d := open(t, temp(t, ""), o)
		update(t, d, "/theme", `"dark"`)
		update(t, d, "/theme", `"light"`)
		a := blamed(t, d, "/theme")
		if a.By == nil || a.By.App != "codag" || a.By.PID != os.Getpid() || a.By.Host == "" || a.By.Kind != KindSave {
			t.Fatalf("by %+v", a.By)
		}
		if want := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe"); a.By.Exe != want {
			t.Errorf("the command is %s, not %s", a.By.Exe, want)
		}
		doc, _ := d.Load(context0())
		if a.Was != doc.Digest("/theme", `"dark"`) || !a.When().Equal(now) || a.Gap != "" {
			t.Errorf("%+v", a)
		}
	})
}

func TestASaveThatChangesNothingIsNotLogged(t *testing.T) {
	d := open(t, temp(t, ""), &Options{App: "codag"})
	update(t, d, "/a", "1")
	update(t, d, "/a", "1.0")
	tells(t, journalOf(t, d), "save codag /a")
}

func TestAnEditIsNotLoggedBeforeASaveHasTakenItIn(t *testing.T) {
	path := temp(t, "")
	d := open(t, path, &Options{App: "codag"})
	update(t, d, "/a", "1")
	rewrite(t, path, `"a": 1`, `"a": 2`)
	for range 2 {
		update(t, d, "/a", "2") // shows already: nothing is written
	}
	tells(t, journalOf(t, d), "save codag /a")
}

func TestTheFirstSaveLogsWhatItImports(t *testing.T) {
	layouts(t, func(t *testing.T, o *Options) {
		o.App = "codag"
		d := open(t, temp(t, `{"a":1,"b":{"c":2}}`), o)
		update(t, d, "/a", "2")
		tells(t, journalOf(t, d), "import external /a /b/c", "save codag /a")
		if a := blamed(t, d, "/b/c"); a.By == nil || a.By.Kind != KindImport || !a.Written.IsZero() {
			t.Errorf("%+v", a)
		}
	})
}

func TestAdoptLogsTheImport(t *testing.T) {
	d := open(t, temp(t, `{"a":1}`), &Options{App: "cfgmerge"})
	if err := d.Adopt(context0(), Auto); err != nil {
		t.Fatal(err)
	}
	tells(t, journalOf(t, d), "import external /a")
}

func TestAnEditByHandIsExternalAndLoggedOnceNoticed(t *testing.T) {
	path := temp(t, "")
	d := open(t, path, &Options{App: "codag"})
	update(t, d, "/a", "1")
	update(t, d, "/b", "1")
	rewrite(t, path, `"a": 1`, `"a": 2`)
	if a := blamed(t, d, "/a"); a.Gap != GapPending || a.By != nil || !a.When().IsZero() {
		t.Errorf("before a save: %+v", a)
	}
	update(t, d, "/b", "2")
	tells(t, journalOf(t, d), "save codag /a", "save codag /b", "edit external /a", "save codag /b")
	a := blamed(t, d, "/a")
	if a.By == nil || !a.By.External() || a.By.PID != os.Getpid() || !a.Written.IsZero() || a.When().IsZero() || a.Gap != "" {
		t.Errorf("after a save: %+v", a)
	}
	if doc, _ := d.Load(context0()); a.Was != doc.Digest("/a", "1") {
		t.Errorf("it superseded %s", a.Was)
	}
}

// login is a document with a group, and two fields besides.
type login struct {
	Access  string `json:"access_token" cfgmerge:"token=login,access"`
	Refresh string `json:"refresh_token" cfgmerge:"token=login,refresh"`
	Theme   string `json:"theme"`
	Size    int    `json:"size"`
}

// An old binary that loaded the file before the rotation writes it whole: its
// own change is taken, and the old tokens are not.
func TestARewriteIsToldApartIntoWhatWasTakenAndWhatWasRefused(t *testing.T) {
	layouts(t, func(t *testing.T, o *Options) {
		o.App = "codag"
		path := temp(t, "")
		f, err := Open[login](path, o)
		if err != nil {
			t.Fatal(err)
		}
		change := func(fn func(*login)) {
			t.Helper()
			if err := f.Update(context0(), func(v *login) error { fn(v); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		change(func(v *login) { *v = login{"AT-CANARY-1", "RT-CANARY-1", "dark", 1} })
		change(func(v *login) { v.Access, v.Refresh = "AT-CANARY-2", "RT-CANARY-2" })
		rotated := journalOf(t, f.Doc())[1]
		replaceFile(t, path, `{"access_token":"AT-CANARY-1","refresh_token":"RT-CANARY-1","theme":"light","size":1}`)
		if a := blamed(t, f.Doc(), "login"); !a.Returning || len(a.Refused) != 0 {
			t.Errorf("before a save: %+v", a)
		}
		change(func(v *login) { v.Size = 2 })
		tells(t, journalOf(t, f.Doc()), "save codag /size /theme login", "save codag login", "rewrite external /theme login!", "save codag /size")

		a := blamed(t, f.Doc(), "login")
		if a.By == nil || a.By.App != "codag" || a.Returning || len(a.Refused) != 1 {
			t.Fatalf("%+v", a)
		}
		if r := a.Refused[0]; !r.By.External() || r.Replaced == nil || !r.Replaced.Time.Equal(rotated.Time) {
			t.Errorf("the refusal is %+v", r)
		}
		if !slices.Equal(a.Members, []string{"/access_token", "/refresh_token"}) || !a.Secret || a.Empty {
			t.Errorf("%+v", a)
		}
		if data := text(t, journalFile(path)); strings.Contains(data, "CANARY") {
			t.Error("the journal holds a secret")
		}
	})
}

func TestAGroupIsEmptyAfterALogout(t *testing.T) {
	path := temp(t, "")
	f, err := Open[login](path, &Options{App: "codag"})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Update(context0(), func(v *login) error { v.Access = "AT-1"; return nil }); err != nil {
		t.Fatal(err)
	}
	state, err := f.Doc().Group(context0(), GroupRef{Name: "login"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Doc().SwapGroup(context0(), GroupRef{Name: "login"}, state, nil, true); err != nil {
		t.Fatal(err)
	}
	if a := blamed(t, f.Doc(), "login"); !a.Empty || len(a.Members) != 2 || a.By == nil || a.Was == "" {
		t.Errorf("%+v", a)
	}
}

func TestAMergeIsNoChangeOfItsOwn(t *testing.T) {
	path := temp(t, "")
	d := open(t, path, &Options{App: "codag"})
	update(t, d, "/a", "1")
	copied := filepath.Join(t.TempDir(), "app.json")
	seed(t, copied, text(t, path))
	other := open(t, copied, &Options{App: "laptop"})
	update(t, other, "/a", "2")
	theirs, err := other.Load(context0())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Merge(context0(), MergeRules{}, theirs); err != nil {
		t.Fatal(err)
	}
	tells(t, journalOf(t, d), "save codag /a", "merge codag /a")
	a := blamed(t, d, "/a")
	if r, _ := theirs.Register("/a"); a.Stamp != r.Stamp.String() || !a.When().Equal(r.Stamp.Time()) {
		t.Errorf("%+v", a)
	}
}

func TestAMergeIsRefusedLikeAnother(t *testing.T) {
	d := open(t, temp(t, ""), nil)
	update(t, d, "/a", "1")
	var refused *IdentityError
	if err := d.Merge(context0(), MergeRules{}, &lww.Document{ID: "another"}); !errors.As(err, &refused) {
		t.Errorf("%v", err)
	}
}

func TestWhatTheJournalDoesNotKnowIsSaid(t *testing.T) {
	path := temp(t, "")
	now := time.UnixMilli(1e12).Add(time.Millisecond / 2) // stamps have no fractions
	clock := &Options{Now: func() time.Time { return now }}
	d := open(t, path, clock)
	update(t, d, "/a", "1")
	now = now.Add(time.Millisecond)
	update(t, d, "/b", "1")
	seed(t, path+".2", strings.Replace(text(t, path), `"a": 1`, `"a": 2`, 1))
	edited := open(t, path+".2", clock)
	update(t, edited, "/c", "1")

	lines := strings.SplitAfter(text(t, journalFile(path)), "\n")
	seed(t, journalFile(path), strings.Join(lines[1:], ""))
	if a := blamed(t, d, "/a"); a.Gap != GapOlder {
		t.Errorf("before the journal: %q", a.Gap)
	}
	replaceFile(t, path, text(t, path+".2"))
	if a := blamed(t, d, "/c"); a.Gap != GapElsewhere || a.Written.IsZero() {
		t.Errorf("in another copy: %q", a.Gap)
	}
	if a := blamed(t, d, "/a"); a.Gap != GapForeign || !a.When().IsZero() {
		t.Errorf("in another copy, by hand: %q", a.Gap)
	}
	if err := os.Remove(journalFile(path)); err != nil {
		t.Fatal(err)
	}
	if a := blamed(t, d, "/c"); a.Gap != GapOlder {
		t.Errorf("no journal: %q", a.Gap)
	}
	plain := open(t, temp(t, `{"a":1}`), nil)
	if a := blamed(t, plain, "/a"); a.Gap != GapImported {
		t.Errorf("no history: %q", a.Gap)
	}
}

func TestTheImportOfAnotherDocumentIsNotThisOnes(t *testing.T) {
	path := temp(t, `{"a":1}`)
	d := open(t, path, nil)
	if err := d.Adopt(context0(), Embedded); err != nil {
		t.Fatal(err)
	}
	other := temp(t, `{"a":1}`)
	if err := open(t, other, nil).Adopt(context0(), Embedded); err != nil {
		t.Fatal(err)
	}
	replaceFile(t, path, text(t, other))
	if a := blamed(t, d, "/a"); a.By != nil || a.Gap != GapImported {
		t.Errorf("%+v", a)
	}
}

func TestDeletedFieldsAreAmongTheBlamed(t *testing.T) {
	d := open(t, temp(t, ""), &Options{App: "codag"})
	update(t, d, "/a", "1")
	update(t, d, "/a", "")
	if a := blamed(t, d, "/a"); !a.Deleted || a.By == nil || a.Was == "" {
		t.Errorf("%+v", a)
	}
}

func TestKeysThatJSONCanNotSpellAreBlamedToo(t *testing.T) {
	path := temp(t, `{"x":1,"\ud800":1}`)
	d := open(t, path, &Options{App: "codag"})
	update(t, d, "/x", "2")
	if a := blamed(t, d, "/\xed\xa0\x80"); a.By == nil || a.By.Kind != KindImport {
		t.Errorf("%+v", a)
	}
}

func TestAWriteOfVeryManyFieldsIsOneShortLine(t *testing.T) {
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, `%q:%d,`, fmt.Sprintf("k%04d", i), i)
	}
	path := temp(t, "{"+b.String()+`"a long one `+strings.Repeat("x", mostKeyBytes)+`":1}`)
	d := open(t, path, &Options{Durability: NoSync})
	update(t, d, "/new", "1")
	entries := journalOf(t, d)
	if e := entries[0]; len(e.Fields) != mostFields || e.Omitted != 2001 || e.Kind != KindImport {
		t.Errorf("%d fields, %d omitted", len(e.Fields), e.Omitted)
	}
	if a := blamed(t, d, "/k2999"); a.By == nil || a.By.Kind != KindImport {
		t.Errorf("of what was omitted it says %+v", a)
	}
	if n := len(text(t, journalFile(path))); n > mostKeyBytes {
		t.Errorf("the line has %d bytes", n)
	}
}

func TestTheJournalStaysSmall(t *testing.T) {
	path := temp(t, "")
	d := open(t, path, &Options{App: strings.Repeat("a", 200), Durability: NoSync})
	update(t, d, "/a", "0")
	line := text(t, journalFile(path))
	seed(t, journalFile(path), strings.Repeat(line, journalSize/len(line)))
	update(t, d, "/a", "1")
	update(t, d, "/a", "2")
	for _, name := range []string{journalFile(path), journalFile(path) + ".1"} {
		if n := len(text(t, name)); n > journalSize {
			t.Errorf("%s has %d bytes", filepath.Base(name), n)
		}
	}
	if a := blamed(t, d, "/a"); a.By == nil || len(journalOf(t, d)) < 100 {
		t.Error("what was rotated is not read")
	}
}

func TestTornAndSenselessLinesAreLeftOut(t *testing.T) {
	path := temp(t, "")
	d := open(t, path, &Options{App: "codag"})
	update(t, d, "/a", "1")
	whole := text(t, journalFile(path))
	for _, row := range []struct{ because, before string }{
		{"a crash tore the line before", whole[:len(whole)/2]},
		{"a crash tore it at its very beginning", `{"ti`},
		{"binary", "\x00\xff\n"},
		{"other JSON", "null\n3\n{}\n[]\n\"x\"\n" + `{"time":"2026-11-22T13:00:00Z"}` + "\n"},
		{"deep JSON", strings.Repeat("[", 100000) + "\n"},
		{"a line that nobody here wrote", strings.Repeat("x", 3<<20) + "\n"},
	} {
		seed(t, journalFile(path), row.before+whole)
		if got := told(journalOf(t, d)); !slices.Equal(got, []string{"save codag /a"}) {
			t.Errorf("%s: %q", row.because, got)
		}
	}
}

// What somebody has put in the journal's place is not read to its end.
func TestAHostileJournalCostsLittle(t *testing.T) {
	path := temp(t, "")
	d := open(t, path, &Options{App: "codag"})
	update(t, d, "/a", "1")
	if err := os.Truncate(journalFile(path), 1<<40); err != nil {
		t.Skip("this file system has no sparse files")
	}
	if got := journalOf(t, d); len(got) != 0 {
		t.Errorf("it tells %q", told(got))
	}
	e := Entry{Time: time.Now(), App: strings.Repeat("a", 100000), Kind: KindSave, Fields: map[string]FieldWrite{"/a": {Stamp: strings.Repeat("s", 100000)}}}
	line, _ := json.Marshal(e)
	seed(t, journalFile(path), string(line))
	got := journalOf(t, d)
	if len(got) != 1 || len(got[0].App) > 255 || len(got[0].Fields) != 0 {
		t.Errorf("it tells %d entries", len(got))
	}
}

func TestAJournalThatIsNoFileIsNotRead(t *testing.T) {
	path := temp(t, "")
	d := open(t, path, nil)
	update(t, d, "/a", "1")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Rename(journalFile(path), path+".elsewhere"))
	must(os.Mkdir(journalFile(path), 0o700))
	tells(t, journalOf(t, d))
	must(os.Remove(journalFile(path)))
	if os.Symlink(path+".elsewhere", journalFile(path)) == nil {
		tells(t, journalOf(t, d))
	}
}

func TestAMissingFileHasNoJournalAndNoBlame(t *testing.T) {
	d := open(t, temp(t, ""), nil)
	if _, err := d.Journal(context0()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("journal: %v", err)
	}
	if _, err := d.Blame(context0()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("blame: %v", err)
	}
}

func TestAFileThatWasNeverSavedHasNoJournal(t *testing.T) {
	tells(t, journalOf(t, open(t, temp(t, `{}`), nil)))
}

func TestASaveIsLoggedThoughItsDurabilityIsUnknown(t *testing.T) {
	path := temp(t, "")
	update(t, open(t, path, &Options{App: "codag"}), "/a", "1")
	d := open(t, path, at(&Options{App: "codag"}, "dir-sync", func() error { return errors.New("disk") }))
	err := d.Update(context0(), setField("/a", "2"))
	if !isCommitted(err) {
		t.Fatalf("%v", err)
	}
	tells(t, journalOf(t, d), "save codag /a", "save codag /a")
}

func TestTheJournalIsPrivate(t *testing.T) {
	path := temp(t, "")
	update(t, open(t, path, nil), "/a", "1")
	info, err := os.Stat(journalFile(path))
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && os.PathSeparator == '/' {
		t.Errorf("its mode is %v", mode)
	}
	if !bytes.HasSuffix([]byte(text(t, journalFile(path))), []byte("\n")) {
		t.Error("its last line is torn")
	}
}

func TestALineOfTheJournalIsSpelledAsJSONSpellsIt(t *testing.T) {
	when := time.Date(2026, 11, 22, 1, 33, 0, 5_000_000, time.UTC)
	for because, e := range map[string]Entry{
		"nothing but what is always there": {Time: when},
		"all of it": {
			Time: when.Add(995 * time.Millisecond), App: "codag \"mcp\"", PID: 4121, Exe: "codag", Host: "münchen", Kind: KindSave, Doc: "c0k2",
			Fields: map[string]FieldWrite{
				"/b":    {Stamp: "01m6b1yq000007m3kq0xd", Was: "WkbY"},
				"/a\n":  {Stamp: "01m6b1yq000007m3kq0xd"},
				"token": {Stamp: "01m6b1yq000007m3kq0xd", Rejected: true, Put: "ce3t"},
			},
			Omitted: 3,
		},
	} {
		if e.Fields == nil {
			e.Fields = map[string]FieldWrite{}
		}
		want, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.append(nil); string(got) != string(want) {
			t.Errorf("%s:\n%s, not\n%s", because, got, want)
		}
	}
}

func TestTheLineOfAMemoryIsSpelledAsJSONSpellsIt(t *testing.T) {
	for _, m := range []memory{
		{Layout: Embedded},
		{Layout: Sidecar, Block: `{"v":1,"id":"c0k2"}`, Past: &lww.History{Now: 3, Past: map[string][]lww.Superseded{"/a": {"0000001abcd"}}}},
	} {
		want, err := json.Marshal(&m)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.appendLine(nil); string(got) != string(want) {
			t.Errorf("%s, not %s", got, want)
		}
	}
}
