package lww

import "testing"

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
