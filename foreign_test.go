package cfgmerge

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/lww"
)

// layouts runs a test for both layouts.
func layouts(t *testing.T, test func(t *testing.T, o *Options)) {
	for _, l := range []Layout{Embedded, Sidecar} {
		t.Run(l.String(), func(t *testing.T) {
			test(t, &Options{Layout: l, sleep: func(time.Duration) {}})
		})
	}
}

func open(t testing.TB, path string, o *Options) *Doc {
	t.Helper()
	d, err := OpenDoc(path, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func update(t testing.TB, d *Doc, pointer, raw string) {
	t.Helper()
	if err := d.Update(context0(), setField(pointer, raw)); err != nil {
		t.Fatal(err)
	}
}

// shows compares what the file says, through the library.
func shows(t testing.TB, path, want string) {
	t.Helper()
	doc, err := open(t, path, &Options{sleep: func(time.Duration) {}}).Load(context0())
	if err != nil {
		t.Fatal(err)
	}
	if got := doc.View().JSON(); got != want {
		t.Errorf("the file shows\n%s, not\n%s", got, want)
	}
}

// at returns options that call fn once, when a save reaches the point.
func at(o *Options, point string, fn func() error) *Options {
	c := *o
	called := false
	c.fault = func(p string) error {
		if p != point || called {
			return nil
		}
		called = true
		return fn()
	}
	return &c
}

// rewrite replaces the text old by new in the file, as an editor does.
func rewrite(t testing.TB, path, old, new string) {
	t.Helper()
	before := text(t, path)
	if !strings.Contains(before, old) {
		t.Fatalf("no %s in %s", old, before)
	}
	replaceFile(t, path, strings.Replace(before, old, new, 1))
}

func replaceFile(t testing.TB, path, content string) {
	t.Helper()
	seed(t, path+".new", content)
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func TestAHandEditBetweenTwoSavesIsMergedAndStamped(t *testing.T) {
	layouts(t, func(t *testing.T, o *Options) {
		path := temp(t, `{"a":1,"b":1,"c":1}`)
		d := open(t, path, o)
		update(t, d, "/mine", "1")
		rewrite(t, path, `"a":1`, `"a":2`)
		rewrite(t, path, `{`, `{"added":true,`)
		shows(t, path, `{"a":2,"added":true,"b":1,"c":1,"mine":1}`)
		update(t, d, "/mine", "2")
		shows(t, path, `{"a":2,"added":true,"b":1,"c":1,"mine":2}`)
		if got := d.Report().Adopted; !reflect.DeepEqual(got, []string{"/a", "/added"}) {
			t.Errorf("adopted %v", got)
		}
		doc, err := d.Load(context0())
		if err != nil {
			t.Fatal(err)
		}
		if r, ok := doc.Register("/a"); !ok || r.Stamp.Actor() != lww.Foreign || r.Stamp.IsZero() {
			t.Errorf("the edit is not stamped: %v", r)
		}
	})
}

func TestAKeyThatIsRemovedByHandStaysRemoved(t *testing.T) {
	path := temp(t, `{"a":1,"b":1,"c":1}`)
	d := open(t, path, nil)
	update(t, d, "/mine", "1")
	rewrite(t, path, `"b":1,`, ``)
	shows(t, path, `{"a":1,"c":1,"mine":1}`)
	update(t, d, "/mine", "2")
	shows(t, path, `{"a":1,"c":1,"mine":2}`)
}

func TestAForeignRewriteInTheMiddleOfASaveIsAdopted(t *testing.T) {
	layouts(t, func(t *testing.T, o *Options) {
		path := temp(t, `{"a":1,"b":1}`)
		update(t, open(t, path, o), "/mine", "1")
		d := open(t, path, at(o, "exchange", func() error {
			rewrite(t, path, `"a":1`, `"a":2`)
			return nil
		}))
		update(t, d, "/mine", "2")
		shows(t, path, `{"a":2,"b":1,"mine":2}`)
	})
}

func TestAFileThatAppearsWhileASaveCreatesItIsAdopted(t *testing.T) {
	layouts(t, func(t *testing.T, o *Options) {
		path := temp(t, "")
		d := open(t, path, at(o, "create", func() error {
			seed(t, path, `{"theirs":1}`)
			return nil
		}))
		update(t, d, "/mine", "1")
		shows(t, path, `{"mine":1,"theirs":1}`)
	})
}

func TestAFailedSaveIsAnErrorAndNeverAppliesLater(t *testing.T) {
	for _, point := range []string{"slot", "temp", "write", "sync", "exchange"} {
		for _, errno := range []error{syscall.ENOSPC, syscall.EIO, syscall.EROFS} {
			t.Run(fmt.Sprintf("%s/%v", point, errno), func(t *testing.T) {
				layouts(t, func(t *testing.T, o *Options) { failAt(t, o, point, errno) })
			})
		}
	}
}

func failAt(t *testing.T, o *Options, point string, errno error) {
	path := temp(t, `{"a":1}`)
	update(t, open(t, path, o), "/mine", "1")
	before := text(t, path)
	reached := false
	d := open(t, path, at(o, point, func() error { reached = true; return errno }))
	err := d.Update(context0(), setField("/mine", "2"))
	if !reached {
		t.Fatalf("no step %q", point)
	}
	if point == "slot" && o.Layout == Embedded {
		if err != nil {
			t.Errorf("a cache that can't be written failed the save: %v", err)
		}
		return
	}
	if !errors.Is(err, errno) || text(t, path) != before {
		t.Fatalf("%v\n%s", err, text(t, path))
	}
	rewrite(t, path, `"a":1`, `"a":2`)
	shows(t, path, `{"a":2,"mine":1}`)
}

func TestADirectorySyncThatFailsMeansCommitted(t *testing.T) {
	path := temp(t, `{"a":1}`)
	d := open(t, path, at(&Options{}, "dir-sync", func() error { return syscall.EIO }))
	err := d.Update(context0(), setField("/mine", "2"))
	var committed *DurabilityError
	if !errors.As(err, &committed) {
		t.Fatalf("%v", err)
	}
	shows(t, path, `{"a":1,"mine":2}`)
}

func TestAFailureAfterASwapThatWasOvertakenSwapsBack(t *testing.T) {
	layouts(t, func(t *testing.T, o *Options) {
		path := temp(t, `{"a":1}`)
		update(t, open(t, path, o), "/mine", "1")
		c := *o
		exchanges := 0
		c.fault = func(point string) error {
			if point != "exchange" {
				return nil
			}
			switch exchanges++; exchanges {
			case 1:
				rewrite(t, path, `"a":1`, `"a":2`)
			case 2:
				return syscall.ENOSPC
			}
			return nil
		}
		err := open(t, path, &c).Update(context0(), setField("/mine", "2"))
		if !errors.Is(err, syscall.ENOSPC) || exchanges < 2 {
			t.Fatalf("%v after %d exchanges", err, exchanges)
		}
		shows(t, path, `{"a":2,"mine":1}`)
	})
}

func TestADamagedFileIsRecoveredAndMendedByTheNextSave(t *testing.T) {
	for name, damage := range map[string]string{"cut": `{"a":1,"mi`, "empty": "", "nul": "\x00\x00\x00", "null": "null"} {
		t.Run(name, func(t *testing.T) {
			layouts(t, func(t *testing.T, o *Options) {
				path := temp(t, `{"a":1}`)
				d := open(t, path, o)
				update(t, d, "/mine", "1")
				whole := text(t, path)
				seed(t, path, damage)
				s, v := load[map[string]int](t, path)
				if !s.Report().Recovered || (*v)["mine"] != 1 {
					t.Fatalf("%+v %v", s.Report(), *v)
				}
				if text(t, path) != damage {
					t.Fatal("a load changed the file")
				}
				save(t, s, v)
				if got := text(t, path); got != whole {
					t.Errorf("mended to\n%s, not\n%s", got, whole)
				}
				if kept := quarantined(t, path); damage != "" && (len(kept) != 1 || kept[0] != damage) {
					t.Errorf("quarantine: %q", kept)
				}
			})
		})
	}
}

// quarantined returns what was set aside.
func quarantined(t testing.TB, path string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".cfgmerge", "quarantine", "*"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, name := range names {
		out = append(out, text(t, name))
	}
	return out
}

func TestAFileThatWasRemovedStartsAnewAndBringsNothingBack(t *testing.T) {
	layouts(t, func(t *testing.T, o *Options) {
		path := temp(t, `{"a":1}`)
		d := open(t, path, o)
		update(t, d, "/mine", "1")
		before, _ := d.Load(context0())
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		shows(t, path, `{}`)
		update(t, d, "/new", "1")
		shows(t, path, `{"new":1}`)
		update(t, d, "/newer", "1")
		shows(t, path, `{"new":1,"newer":1}`)
		after, _ := d.Load(context0())
		if before.ID == after.ID {
			t.Error("the new document has the old one's id")
		}
		if kept := quarantined(t, path); len(kept) != 1 || !strings.Contains(kept[0], `"mine"`) {
			t.Errorf("quarantine: %q", kept)
		}
	})
}

func TestAnotherDocumentInItsPlaceReplacesAndIsNotJoined(t *testing.T) {
	path, other := temp(t, `{"a":1}`), temp(t, `{"b":2}`)
	update(t, open(t, path, nil), "/mine", "1")
	update(t, open(t, other, nil), "/theirs", "1")
	replaceFile(t, path, text(t, other))
	d := open(t, path, nil)
	shows(t, path, `{"b":2,"theirs":1}`)
	update(t, d, "/more", "1")
	shows(t, path, `{"b":2,"more":1,"theirs":1}`)
	if !d.Report().Replaced || len(quarantined(t, path)) != 1 {
		t.Errorf("%+v %q", d.Report(), quarantined(t, path))
	}
}

func TestAnOlderCopyWithItsBlockPutsNothingBack(t *testing.T) {
	path := temp(t, `{"a":1}`)
	d := open(t, path, nil)
	update(t, d, "/x", "1")
	old := text(t, path)
	update(t, d, "/x", "2")
	update(t, d, "/y", "1")
	replaceFile(t, path, strings.Replace(old, `"a":1`, `"a":5`, 1)) // an editor that had the old file open
	shows(t, path, `{"a":5,"x":2,"y":1}`)
}

func TestAStaleRewriteWithoutTheBlockPutsNothingBack(t *testing.T) {
	layouts(t, func(t *testing.T, o *Options) {
		path := temp(t, `{"token":"RT-1","other":1}`)
		d := open(t, path, o)
		update(t, d, "/seen", "true")
		update(t, d, "/token", `"RT-2"`)
		seed(t, path, `{"token":"RT-1","other":7}`) // an old binary, in place
		shows(t, path, `{"other":7,"seen":true,"token":"RT-2"}`)
		update(t, d, "/more", "1")
		shows(t, path, `{"more":1,"other":7,"seen":true,"token":"RT-2"}`)
	})
}

func TestStripLeavesPlainJSONAndAdoptStampsIt(t *testing.T) {
	const plain = "{\n  \"b\": 1.50,\n  \"a\": {\"x\": [1, 2]}\n}\n"
	layouts(t, func(t *testing.T, o *Options) {
		path := temp(t, plain)
		d := open(t, path, o)
		if err := d.Adopt(context0(), Auto); err != nil {
			t.Fatal(err)
		}
		if got := text(t, path); strings.Contains(got, lww.BlockKey) != (o.Layout == Embedded) {
			t.Errorf("after adopt: %s", got)
		}
		if err := d.Strip(context0(), false); err != nil {
			t.Fatal(err)
		}
		if got := text(t, path); got != plain {
			t.Errorf("after strip: %q", got)
		}
		if err := d.Adopt(context0(), Embedded); err != nil {
			t.Fatal(err)
		}
		shows(t, path, `{"a":{"x":[1, 2]},"b":1.50}`)
		if err := d.Strip(context0(), true); err != nil {
			t.Fatal(err)
		}
		entries, _ := os.ReadDir(filepath.Dir(path))
		if len(entries) != 1 || text(t, path) != plain {
			t.Errorf("left over: %v", entries)
		}
	})
}

func TestTheClockMayBeWrong(t *testing.T) {
	layouts(t, func(t *testing.T, o *Options) {
		path := temp(t, "")
		now := time.Date(2060, 1, 1, 0, 0, 0, 0, time.UTC)
		c := *o
		c.Now = func() time.Time { return now }
		d := open(t, path, &c)
		update(t, d, "/a", "1")
		now = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
		update(t, d, "/a", "2")
		update(t, d, "/b", "1")
		now = now.Add(-time.Hour)
		update(t, d, "/b", "2")
		shows(t, path, `{"a":2,"b":2}`)
		doc, _ := d.Load(context0())
		if r, _ := doc.Register("/b"); r.Stamp.Time().Year() != 2026 {
			t.Errorf("a stamp from the future spread: %v", r.Stamp.Time())
		}
	})
}

func TestTheFunctionOfAnUpdateRunsOnceAndItsErrorAborts(t *testing.T) {
	path := temp(t, `{"theme":"a"}`)
	f, err := Open[config](path, at(&Options{}, "exchange", func() error {
		rewrite(t, path, `"a"`, `"b"`)
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	if err := f.Update(context0(), func(c *config) error { calls++; c.Checked++; return nil }); err != nil {
		t.Fatal(err)
	}
	if got, err := f.Get(); err != nil || calls != 1 || got.Checked != 1 || got.Theme != "b" {
		t.Errorf("%d calls, %+v, %v", calls, got, err)
	}
	before := text(t, path)
	refused := errors.New("no")
	if err := f.Update(context0(), func(c *config) error { c.Theme = "x"; return refused }); !errors.Is(err, refused) || text(t, path) != before {
		t.Errorf("%v", err)
	}
}

func TestGetSeesWhatOthersSavedAndItsResultIsTheCallersOwn(t *testing.T) {
	path := temp(t, `{"theme":"a","plugins":{"p":1}}`)
	f, err := Open[config](path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	one, err := f.Get()
	if err != nil {
		t.Fatal(err)
	}
	one.Plugins["p"] = "mine"
	two, err := f.Get()
	if err != nil || fmt.Sprint(two.Plugins["p"]) != "1" {
		t.Errorf("%v %v", two, err)
	}
	s, v := load[config](t, path)
	v.Theme = "b"
	save(t, s, v)
	if err := f.Update(context0(), func(c *config) error {
		if c.Theme != "b" {
			t.Errorf("Update saw %+v", c)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if three, err := f.Get(); err != nil || three.Theme != "b" {
		t.Errorf("%+v %v", three, err)
	}
}

func TestASwapOfAGroupThatWasChangedIsRefused(t *testing.T) {
	layouts(t, func(t *testing.T, o *Options) {
		path := temp(t, `{"access_token":"AT-1","refresh_token":"RT-1"}`)
		f, err := Open[config](path, o)
		if err != nil {
			t.Fatal(err)
		}
		ref := GroupRef{Name: "pair"}
		one, err := f.Doc().Group(context0(), ref)
		if err != nil || one.Values["refresh_token"] != "RT-1" {
			t.Fatalf("%v %v", one, err)
		}
		two, err := f.Doc().SwapGroup(context0(), ref, one, map[string]any{"access_token": "AT-2", "refresh_token": "RT-2"}, false)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Doc().SwapGroup(context0(), ref, one, map[string]any{"access_token": "AT-x", "refresh_token": "RT-x"}, false)
		var superseded *SupersededError
		if !errors.As(err, &superseded) || superseded.Current.Values["refresh_token"] != "RT-2" {
			t.Errorf("%v", err)
		}
		if _, err := f.Doc().SwapGroup(context0(), ref, two, nil, true); err != nil {
			t.Fatal(err)
		}
		if got, err := f.Get(); err != nil || got.Refresh != "" {
			t.Errorf("after the logout: %+v %v", got, err)
		}
		if _, err := f.Doc().Group(context0(), GroupRef{Name: "nobody"}); err == nil {
			t.Error("a group that nobody declared was found")
		}
	})
}

func TestTheBlockStaysSmall(t *testing.T) {
	path := temp(t, "")
	fields := func(prefix string, n int) func(*lww.Document, lww.Writer) error {
		return func(d *lww.Document, w lww.Writer) error {
			var changes []lww.Change
			for i := range n {
				changes = append(changes, lww.Change{Path: []string{fmt.Sprintf("setting_%d", i)}, Want: &lww.View{Leaf: `"` + prefix + `"`}})
			}
			return d.Write(w, changes...)
		}
	}
	if err := open(t, path, nil).Update(context0(), fields("first", 200)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		d := open(t, path, nil)
		for i := range 10 {
			update(t, d, fmt.Sprintf("/setting_%d", i*7+3), fmt.Sprintf(`"%p%d"`, d, i))
		}
	}
	if got := blockSize(t, path) / 200; got >= 15 {
		t.Errorf("%d bytes a field after two writers changed ten each", got)
	}
	d := open(t, path, nil)
	for i := range 200 {
		update(t, d, fmt.Sprintf("/setting_%d", i), fmt.Sprint(i))
	}
	if got := blockSize(t, path) / 200; got > 55 {
		t.Errorf("%d bytes a field after 200 separate saves", got)
	}
}

func blockSize(t testing.TB, path string) int {
	t.Helper()
	return len(query([]byte(text(t, path)), lww.BlockKey))
}

func TestARefusedRewriteIsPutRightByTheNextSaveEvenIfNothingChanged(t *testing.T) {
	path := temp(t, `{"access_token":"AT-1","refresh_token":"RT-1"}`)
	s, v := load[config](t, path)
	v.Access, v.Refresh = "AT-2", "RT-2"
	save(t, s, v)
	seed(t, path, `{"access_token":"AT-1","refresh_token":"RT-1"}`)
	s, v = load[config](t, path)
	if v.Refresh != "RT-2" || !reflect.DeepEqual(s.Report().Rejected, []string{"pair"}) {
		t.Fatalf("%+v %+v", v, s.Report())
	}
	save(t, s, v)
	if got := text(t, path); !strings.Contains(got, "RT-2") || strings.Contains(got, "RT-1") {
		t.Errorf("the file still says %s", got)
	}
}

func TestAnOldFileThatIsPutBackByteForByteDoesNotWin(t *testing.T) {
	layouts(t, func(t *testing.T, o *Options) {
		path := temp(t, `{"token":"RT-1","other":1}`)
		d := open(t, path, o)
		update(t, d, "/seen", "true")
		old := text(t, path)
		update(t, d, "/token", `"RT-2"`)
		replaceFile(t, path, old)
		shows(t, path, `{"other":1,"seen":true,"token":"RT-2"}`)
		s, v := load[map[string]any](t, path)
		if got := s.Report().Rejected; !reflect.DeepEqual(got, []string{"/token"}) {
			t.Errorf("rejected %v", got)
		}
		save(t, s, v)
		if got := text(t, path); !strings.Contains(got, "RT-2") {
			t.Errorf("the file still says %s", got)
		}
	})
}

func TestOldDeletionsAreForgottenOnlyWhenThereAreMany(t *testing.T) {
	path := temp(t, "")
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	d := open(t, path, &Options{Durability: NoSync, Now: func() time.Time { return now }})
	many := func(n int, raw string) {
		t.Helper()
		if err := d.Update(context0(), func(doc *lww.Document, w lww.Writer) error {
			for i := range n {
				if err := setField(fmt.Sprintf("/key_%d", i), raw)(doc, w); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	deleted := func() int {
		doc, err := d.Load(context0())
		if err != nil {
			t.Fatal(err)
		}
		return doc.Tombstones()
	}
	many(1100, "1")
	many(900, "")
	now = now.Add(200 * 24 * time.Hour)
	update(t, d, "/a", "1")
	if got := deleted(); got != 900 {
		t.Errorf("%d of 900 old deletions are left", got)
	}
	many(1100, "")
	update(t, d, "/a", "2")
	if got := deleted(); got != 200 {
		t.Errorf("%d deletions are left, not the 200 new ones", got)
	}
}

func TestTheObserverIsToldWhatHappenedBesidesAndNoValues(t *testing.T) {
	path := temp(t, `{"access_token":"AT-1","refresh_token":"RT-1"}`)
	s, v := load[config](t, path)
	v.Access, v.Refresh = "AT-2", "RT-2"
	save(t, s, v)
	var told []string
	o := &Options{sleep: func(time.Duration) {}, Observer: func(e Event) { told = append(told, fmt.Sprint(e.Kind, e.Fields)) }}
	look := func() {
		t.Helper()
		if _, err := LoadContext(context0(), path, new(config), o); err != nil {
			t.Fatal(err)
		}
	}
	look()
	seed(t, path, `{"access_token":"AT-1","refresh_token":"RT-1","theme":"dark"}`)
	look()
	seed(t, path, `{"acc`)
	look()
	if want := []string{"adopted[/theme]", "rejected[pair]", "recovered[]"}; !reflect.DeepEqual(told, want) {
		t.Errorf("told %q, not %q", told, want)
	}
}
