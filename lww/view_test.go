package lww

import (
	"fmt"
	"slices"
	"testing"
)

// Else an empty file would be an edit of a document that shows nothing.
func TestTheRootIsAnObjectWhateverShows(t *testing.T) {
	d := &Document{ID: "doc", Salt: "salt"}
	d.Put("/a", Register{Stamp: NewStamp(0, 5, 0, 1), Dead: true, Policy: Max})
	if !d.At(nil).IsObject() {
		t.Error("nothing shows at the root")
	}
	if a := Adopt(d, nil, decodeString(t, `{}`)); len(a.Adopted) > 0 {
		t.Errorf("adopted %q", a.Adopted)
	}
}

func TestLeavesAreScalarsArraysAndEmptyObjects(t *testing.T) {
	v := decodeString(t, `{"b": {"y": [{"z": 1}], "x": {}}, "a": null}`).View
	var got [][]string
	for path := range v.Leaves([]string{"at"}) {
		got = append(got, path)
	}
	if want := `[[at a] [at b x] [at b y]]`; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	for range v.Leaves(nil) {
		break // which Leaves has to notice
	}
	var none *View
	if got := slices.Collect(none.Leaves(nil)); len(got) > 0 {
		t.Errorf("nothing has the leaves %v", got)
	}
}
