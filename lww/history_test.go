package lww

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestHistoryForgetsTheOldestOfEachKindAlone(t *testing.T) {
	h := &History{}
	for step := range uint64(40) {
		h.add("/a", superseded(step, fmt.Sprintf("%04d", step)))
		h.add("/a", superseded(step, fmt.Sprintf("%04d", step%6)+shownMark))
	}
	var want []Superseded
	for step := uint64(40 - historyDepth); step < 40; step++ {
		want = append(want, superseded(step, fmt.Sprintf("%04d", step)))
	}
	for step := uint64(40 - shownDepth); step < 40; step++ {
		want = append(want, superseded(step, fmt.Sprintf("%04d", step%6)+shownMark))
	}
	slices.Sort(want)
	if got := h.Past["/a"]; !slices.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
	if c := h.Clone(); !slices.Equal(c.Past["/a"], want) {
		t.Errorf("a clone has %v", c.Past["/a"])
	}
}

func TestAValueThatIsShownAgainIsRememberedOnce(t *testing.T) {
	h := &History{}
	for step := range uint64(3) {
		h.add("/a", superseded(step, "aaaa!"))
	}
	h.add("/a", superseded(9, "bbbb"))
	if want := []Superseded{superseded(2, "aaaa!"), superseded(9, "bbbb")}; !slices.Equal(h.Past["/a"], want) {
		t.Errorf("%v, not %v", h.Past["/a"], want)
	}
}

func TestWhatIsNoVersionIsNotRemembered(t *testing.T) {
	h := &History{}
	for _, v := range []Superseded{"", "0000001!", "0000001aaa", "0000001aaaaa", "0000001aaaa!!"} {
		h.add("/a", v)
	}
	if len(h.Past) > 0 {
		t.Errorf("%v", h.Past)
	}
}

// rotatedTwice is a document before and after its tokens were rotated, and a
// history that has seen the rotation twice: a power cut left the shadow of that
// save uncommitted, and one from before it, and the next save took the tokens
// from the file.
func rotatedTwice(t *testing.T) (old, now *Document, past *History) {
	t.Helper()
	old = &Document{ID: "id", Salt: "salt", Policies: Table{
		"auth": {Kind: Token, At: Pattern{}, Members: []string{"access", "refresh"}, Access: "access", Refresh: "refresh"},
	}}
	pair := func(n string) []Change {
		return []Change{
			{Path: []string{"access"}, Want: &View{Leaf: `"AT-` + n + `"`}},
			{Path: []string{"refresh"}, Want: &View{Leaf: `"RT-` + n + `"`}},
		}
	}
	write := func(d *Document, at int64, changes ...Change) {
		if err := d.Write(Writer{Actor: 7, Now: time.UnixMilli(at)}, changes...); err != nil {
			t.Fatal(err)
		}
	}
	write(old, 1000, append(pair("1"), Change{Path: []string{"theme"}, Want: &View{Leaf: `"light"`}})...)
	now = old.Clone()
	write(now, 2000, pair("2")...)
	past = &History{}
	for range 2 {
		past.Record(old, now, old.Delta(now))
	}
	// Two saves that say nothing of the tokens.
	for i := range int64(2) {
		before := now.Clone()
		write(now, 3000+i, Change{Path: []string{string("mn"[i])}, Want: &View{Leaf: "1"}})
		past.Record(before, now, before.Delta(now))
	}
	return old, now, past
}

func TestAVersionThatWasSupersededTwiceInARowIsRememberedOnce(t *testing.T) {
	_, _, past := rotatedTwice(t)
	if got := past.Past["auth"]; len(got) != 1 || got[0].until() != 1 {
		t.Errorf("%q", got)
	}
	// Two slots tell the same.
	later := &History{Now: 2, Past: map[string][]Superseded{"auth": {superseded(2, past.Past["auth"][0].digest())}}}
	for _, order := range [][2]*History{{past, later}, {later, past}} {
		both := order[0].Clone()
		both.Merge(order[1])
		if !slices.Equal(both.Past["auth"], past.Past["auth"]) {
			t.Errorf("joined: %q", both.Past["auth"])
		}
	}
}

func TestATokenThatWasSupersededTwiceInARowIsNotPutBack(t *testing.T) {
	old, now, past := rotatedTwice(t)
	a := Adopt(now, past, &Decoded{View: old.View(), Doc: &Document{}, block: &block{}})
	if got := now.View().At([]string{"access"}).Leaf; got != `"AT-2"` || len(a.Adopted) > 0 {
		t.Errorf("%s, adopted %q", got, a.Adopted)
	}
}

func TestAHistoryIsSpelledAsJSONSpellsIt(t *testing.T) {
	for because, h := range map[string]*History{
		"nothing":             {},
		"a step alone":        {Now: 7},
		"two keys, sorted":    {Now: 1 << 40, Past: map[string][]Superseded{"/b": {"0000001abcd", "0000002abcd!"}, "": {"0000001"}}},
		"none and no list":    {Past: map[string][]Superseded{"/a": {}, "/b": nil}},
		"what must be quoted": {Past: map[string][]Superseded{"/\"\\\n\u2029": {"0000001é"}}},
		"vocabularies":        {Now: 1, Vocabularies: []string{"abcdefgh", ""}},
	} {
		var asMarshalled bytes.Buffer
		e := json.NewEncoder(&asMarshalled)
		e.SetEscapeHTML(false)
		if err := e.Encode(h); err != nil {
			t.Fatal(err)
		}
		// encoding/json also escapes what JavaScript once took for the end of a line.
		want := strings.ReplaceAll(strings.TrimSpace(asMarshalled.String()), `\u2029`, "\u2029")
		if got := string(h.AppendJSON(nil)); got != want {
			t.Errorf("%s: %s, not %s", because, got, want)
		}
	}
}
