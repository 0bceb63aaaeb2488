package cfgmerge

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

type config struct {
	Theme   string         `json:"theme"`
	Checked int            `json:"last_check"`
	Access  string         `json:"access_token" cfgmerge:"group=pair"`
	Refresh string         `json:"refresh_token" cfgmerge:"group=pair"`
	Plugins map[string]any `json:"plugins"`
}

func temp(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "app.json")
	if text != "" {
		seed(t, path, text)
	}
	return path
}

func load[T any](t testing.TB, path string) (*Snapshot, *T) {
	t.Helper()
	v := new(T)
	s, err := Load(path, v)
	if err != nil {
		t.Fatal(err)
	}
	return s, v
}

func save(t testing.TB, s *Snapshot, v any) Report {
	t.Helper()
	if err := s.Save(v); err != nil {
		t.Fatal(err)
	}
	return s.Report()
}

func TestAStaleStructPutsNothingBack(t *testing.T) {
	path := temp(t, `{"access_token":"AT-1","refresh_token":"RT-1"}`)
	stale, old := load[config](t, path)
	fresh, now := load[config](t, path)
	now.Access, now.Refresh = "AT-2", "RT-2"
	save(t, fresh, now)

	old.Checked = 42
	r := save(t, stale, old)
	_, got := load[config](t, path)
	if got.Access != "AT-2" || got.Refresh != "RT-2" || got.Checked != 42 {
		t.Errorf("after the stale save: %+v", got)
	}
	if !reflect.DeepEqual(r.Changed, []string{"/last_check"}) {
		t.Errorf("changed %v", r.Changed)
	}
}

func TestASaveThatChangesNothingWritesNothing(t *testing.T) {
	path := temp(t, `{ "theme" : "dark" }`)
	s, v := load[config](t, path)
	if r := save(t, s, v); r.Written || len(r.Changed) > 0 {
		t.Errorf("%+v", r)
	}
	if got := text(t, path); got != `{ "theme" : "dark" }` {
		t.Errorf("the bytes changed: %s", got)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("something was made beside the file: %v", entries)
	}
}

func TestDefaultsSetBeforeLoadAreNotPersistedUntilTheyChange(t *testing.T) {
	path := temp(t, "")
	v := config{Theme: "light"}
	s, err := Load(path, &v)
	if err != nil || v.Theme != "light" || !s.Report().New {
		t.Fatalf("%+v %v", v, err)
	}
	v.Checked = 1
	save(t, s, &v)
	if got := text(t, path); strings.Contains(got, "theme") {
		t.Errorf("a default was written: %s", got)
	}
	v.Theme = "dark"
	save(t, s, &v)
	if _, got := load[config](t, path); got.Theme != "dark" {
		t.Errorf("a changed default was not written: %+v", got)
	}
}

func TestACopyOfTheFirstStructRevertsNothingThatWasSavedSince(t *testing.T) {
	path := temp(t, `{"theme":"a"}`)
	s, v := load[config](t, path)
	first := *v
	one := first
	one.Theme = "b"
	save(t, s, &one)
	two := first
	two.Checked = 7
	r := save(t, s, &two)
	if _, got := load[config](t, path); got.Theme != "b" || got.Checked != 7 {
		t.Errorf("%+v", got)
	}
	if !reflect.DeepEqual(r.Kept, []string{"/theme"}) {
		t.Errorf("the stale field is not reported: %v", r.Kept)
	}
}

// A light that was switched on is switched off again, and a login ends in a logout.
func TestTheValueThatWasSavedLastCanSetAFieldBack(t *testing.T) {
	path := temp(t, `{"theme":"a","access_token":"","refresh_token":""}`)
	s, v := load[config](t, path)
	v.Theme, v.Access, v.Refresh, v.Plugins = "b", "AT-1", "RT-1", map[string]any{"x": 1}
	save(t, s, v)
	v.Theme, v.Access, v.Refresh, v.Plugins = "a", "", "", nil
	if r := save(t, s, v); len(r.Kept) > 0 {
		t.Errorf("kept %v", r.Kept)
	}
	if _, got := load[config](t, path); got.Theme != "a" || got.Access != "" || got.Refresh != "" || len(got.Plugins) > 0 {
		t.Errorf("%+v", got)
	}
}

// What a copy holds is no older for having been saved.
func TestACopyThatIsSavedTwiceRevertsNothing(t *testing.T) {
	path := temp(t, `{"theme":"a"}`)
	s, v := load[config](t, path)
	first := *v
	v.Theme = "b"
	save(t, s, v)
	first.Checked = 7
	save(t, s, &first)
	first.Checked = 8
	if r := save(t, s, &first); !reflect.DeepEqual(r.Kept, []string{"/theme"}) {
		t.Errorf("kept %v", r.Kept)
	}
	if _, got := load[config](t, path); got.Theme != "b" || got.Checked != 8 {
		t.Errorf("%+v", got)
	}
}

// A save that was refused has changed nothing, and so has nothing been set back.
func TestAFieldIsSetBackThoughASaveHasFailed(t *testing.T) {
	path := temp(t, `{"theme":"a"}`)
	fails := false
	o := &Options{fault: func(point string) error {
		if fails && point == "exchange" {
			return errors.New("no")
		}
		return nil
	}}
	var v config
	s, err := LoadContext(context0(), path, &v, o)
	if err != nil {
		t.Fatal(err)
	}
	v.Theme = "b"
	save(t, s, &v)
	v.Theme, fails = "a", true
	if err := s.Save(&v); err == nil {
		t.Fatal("the save succeeded")
	}
	fails = false
	save(t, s, &v)
	if _, got := load[config](t, path); got.Theme != "a" {
		t.Errorf("%+v", got)
	}
}

func TestAFieldCanBeSetBackAfterAReload(t *testing.T) {
	path := temp(t, `{"theme":"a"}`)
	s, v := load[config](t, path)
	v.Theme = "b"
	save(t, s, v)
	if err := s.Reload(context0(), v); err != nil {
		t.Fatal(err)
	}
	v.Theme = "a"
	save(t, s, v)
	if _, got := load[config](t, path); got.Theme != "a" {
		t.Errorf("%+v", got)
	}
}

func TestEnvironmentOverridesAreNeverPersisted(t *testing.T) {
	path := temp(t, `{"theme":"file"}`)
	s, v := load[config](t, path)
	v.Theme = "environment"
	if err := s.Rebase(v); err != nil {
		t.Fatal(err)
	}
	v.Checked = 1
	save(t, s, v)
	if _, got := load[config](t, path); got.Theme != "file" || got.Checked != 1 {
		t.Errorf("%+v", got)
	}
}

func TestWhatTheTypeDoesNotKnowSurvives(t *testing.T) {
	type item struct {
		Name string `json:"name"`
	}
	type narrow struct {
		Items []item          `json:"items"`
		Map   map[string]item `json:"map"`
	}
	path := temp(t, `{
  "unknown": {"deep": [1, 2.50, "a&b"]},
  "items": [{"name":"a","x":1.0}, {"name":"b","y":2}],
  "map": {"k": {"name":"n","z":3}}
}
`)
	s, v := load[narrow](t, path)
	v.Items[1].Name = "B"
	v.Items = append(v.Items, item{"c"})
	v.Map["k"] = item{"N"}
	save(t, s, v)
	got := text(t, path)
	for _, want := range []string{`"unknown": {"deep": [1, 2.50, "a&b"]}`, `{"name":"a","x":1.0}`, `"y":2`, `"z":3`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is gone from\n%s", want, got)
		}
	}
	if _, again := load[narrow](t, path); again.Items[1].Name != "B" || again.Items[2].Name != "c" || again.Map["k"].Name != "N" {
		t.Errorf("%+v", again)
	}
}

func TestKeysThatTheDecoderFoldedKeepTheirSpelling(t *testing.T) {
	path := temp(t, `{"Theme":"a","LAST_CHECK":1,"Access_Token":"AT-1","refresh_token":"RT-1"}`)
	s, v := load[config](t, path)
	v.Theme, v.Checked, v.Access, v.Refresh = "b", 2, "AT-2", "RT-2"
	save(t, s, v)
	got := text(t, path)
	for _, want := range []string{`"Theme":"b"`, `"LAST_CHECK":2`, `"Access_Token":"AT-2"`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if strings.Contains(got, `"theme"`) || strings.Contains(got, `"access_token":`) {
		t.Errorf("a second key was added: %s", got)
	}
}

// everything holds the kinds of fields that encoding/json treats each in its
// own way.
type everything struct {
	Inlined
	*Pointed
	When    time.Time         `json:"when"`
	Raw     json.RawMessage   `json:"raw,omitempty"`
	Empty   string            `json:"empty,omitempty"`
	Pointer *int              `json:"pointer,omitempty"`
	Custom  upper             `json:"custom"`
	Ignored string            `json:"-"`
	Nil     map[string]string `json:"nil"`
	Any     any               `json:"any"`
	Amp     string            `json:"amp"`
}

type Inlined struct {
	Inner string `json:"inner"`
}

type Pointed struct {
	Far string `json:"far"`
}

// upper is a string that writes itself in capitals.
type upper string

func (u upper) MarshalJSON() ([]byte, error) { return json.Marshal(strings.ToUpper(string(u))) }

func TestEveryKindOfFieldIsSavedAndRemovedAsEncodingJSONDoes(t *testing.T) {
	path := temp(t, `{"empty":"x","pointer":1,"raw":{"b":1}}`)
	s, v := load[everything](t, path)
	v.Nil["made"] = "by Load"
	v.Inner, v.Pointed = "i", &Pointed{Far: "f"}
	v.When = time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC)
	v.Raw = json.RawMessage(`{"b":1,"a":[1,2]}`)
	v.Empty, v.Pointer, v.Custom, v.Ignored = "", nil, "loud", "unseen"
	v.Any, v.Amp = []any{"<", 1}, "a&b<c>"
	save(t, s, v)
	_, got := load[everything](t, path)
	got.Ignored = "unseen"
	v.Custom = "LOUD"
	want, _ := json.Marshal(v)
	have, _ := json.Marshal(got)
	if string(want) != string(have) {
		t.Errorf("\n%s\n%s", want, have)
	}
	raw := text(t, path)
	if strings.Contains(raw, `\u0026`) || strings.Contains(raw, `"empty"`) || strings.Contains(raw, `"pointer":`) || strings.Contains(raw, "unseen") {
		t.Errorf("%s", raw)
	}
}

func TestARootMapIsKeptInASidecarAndHoldsNothingButItsEntries(t *testing.T) {
	path := temp(t, "{\"b\": 1}\n")
	s, v := load[map[string]int](t, path)
	(*v)["https://example.com/~x"] = 2
	delete(*v, "b")
	r := save(t, s, v)
	if r.Layout != Sidecar {
		t.Errorf("layout %v", r.Layout)
	}
	if got := text(t, path); got != "{\"https://example.com/~x\": 2}\n" {
		t.Errorf("%q", got)
	}
}

func TestASaveAfterAFailedLoadReturnsThatErrorAndTouchesNothing(t *testing.T) {
	path := temp(t, `{"theme":`)
	var v config
	s, err := LoadContext(context0(), path, &v, &Options{sleep: func(time.Duration) {}})
	var damaged *CorruptError
	if !errors.As(err, &damaged) || damaged.Class != "truncated" {
		t.Fatalf("%v", err)
	}
	v.Theme = "x"
	if err2 := s.Save(&v); !errors.Is(err2, err) {
		t.Errorf("save returned %v", err2)
	}
	if got := text(t, path); got != `{"theme":` {
		t.Errorf("the bytes changed: %q", got)
	}
}

func TestNoErrorCarriesAValue(t *testing.T) {
	const canary = "s3cr3t-canary"
	for name, content := range map[string]string{
		"wrong type":    `{"last_check":"` + canary + `"}`,
		"number":        `{"theme":31337313373133731337}`,
		"truncated":     `{"theme":"` + canary,
		"garbage":       `{"theme":"x"} ` + canary,
		"duplicate key": `{"` + canary + `":1,"` + canary + `":2}`,
		"newer version": `{"$cfgmerge":{"v":9,"id":"` + canary + `"}}`,
		"array":         `["` + canary + `"]`,
	} {
		t.Run(name, func(t *testing.T) {
			path := temp(t, content)
			_, err := LoadContext(context0(), path, new(config), &Options{sleep: func(time.Duration) {}})
			if err == nil {
				t.Fatal("no error")
			}
			if strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), "31337313373133731337") {
				t.Errorf("%v", err)
			}
			if text(t, path) != content {
				t.Error("the bytes changed")
			}
		})
	}
}

func TestGroupsAreWrittenTogetherOrNotAtAll(t *testing.T) {
	path := temp(t, `{"access_token":"AT-1","refresh_token":"RT-1"}`)
	a, va := load[config](t, path)
	b, vb := load[config](t, path)
	va.Access, va.Refresh = "AT-2", "RT-2"
	save(t, a, va)
	vb.Access = "AT-b" // with RT-1, which it still holds
	save(t, b, vb)
	if _, got := load[config](t, path); got.Access != "AT-b" || got.Refresh != "RT-1" {
		t.Errorf("a pair that nobody wrote: %+v", got)
	}
}

func TestAReloadIntoWhatCannotBeChangedIsRefused(t *testing.T) {
	s, _ := load[config](t, temp(t, ""))
	for _, v := range []any{config{}, (*config)(nil), nil} {
		if err := s.Reload(context0(), v); !errors.Is(err, ErrNotPointer) {
			t.Errorf("%T: %v", v, err)
		}
	}
}

// The program still sees the entry, and so do its saves.
func TestWhatAReloadLeavesInTheValueIsNotPutBack(t *testing.T) {
	path := temp(t, `{"plugins":{"a":1,"b":2}}`)
	s, v := load[config](t, path)
	other, theirs := load[config](t, path)
	delete(theirs.Plugins, "a")
	save(t, other, theirs)
	if err := s.Reload(context0(), v); err != nil {
		t.Fatal(err)
	}
	v.Plugins["c"] = 3
	save(t, s, v)
	if _, got := load[config](t, path); !reflect.DeepEqual(got.Plugins, map[string]any{"b": 2.0, "c": 3.0}) {
		t.Errorf("%v", got.Plugins)
	}
}
