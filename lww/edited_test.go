package lww_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

func TestEditsNamesWhatTheBlockDoesNotVouchFor(t *testing.T) {
	var doc lww.Document
	doc.ID, doc.Salt = "d", "s"
	w := lww.Writer{Actor: 7, Now: time.UnixMilli(1_700_000_000_000)}
	for i, key := range []string{"a", "b", "c"} {
		w.Now = w.Now.Add(time.Duration(i) * time.Second) // an entry each
		if err := doc.Write(w, lww.Change{Path: []string{key}, Want: &lww.View{Leaf: "1"}}); err != nil {
			t.Fatal(err)
		}
	}
	two := []lww.Change{{Path: []string{"x"}, Want: &lww.View{Leaf: "5"}}, {Path: []string{"y"}, Want: &lww.View{Leaf: "5"}}}
	if err := doc.Write(w, two...); err != nil {
		t.Fatal(err)
	}
	text := string(doc.Canonical())
	for _, tt := range []struct {
		why, old, now string
		want          []string
	}{
		{"an untouched text has none", `"a":1`, `"a":1`, nil},
		{"a value that was changed", `"a":1`, `"a":2`, []string{"/a"}},
		{"a value that was added", `"a":1`, `"a":1,"new":1`, []string{"/new"}},
		{"a value that was removed", `"a":1,`, ``, []string{"/a removed"}},
		{"of values that share an entry, one that was removed", `"x":5,`, ``, []string{" removed"}},
		{"of values that share an entry, one that was changed", `"x":5`, `"x":6`, []string{"/x"}},
		{"the same number spelled another way is no edit", `"a":1`, `"a":1.0`, nil},
	} {
		tree, err := strictjson.ParseObject([]byte(strings.Replace(text, tt.old, tt.now, 1)), strictjson.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		file, err := lww.Decode(tree.Root())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range file.Edits() {
			if e.Removed {
				e.Key += " removed"
			}
			got = append(got, e.Key)
		}
		if !slices.Equal(got, tt.want) || file.Edited() != (len(got) > 0) {
			t.Errorf("%s: got %q, want %q", tt.why, got, tt.want)
		}
	}
}
