package lww

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// listTable has a set, an array of objects, and the same below each key of a map.
var listTable = Table{
	"/tags":             {Kind: Set, At: Pattern{{Key: "tags"}}},
	"/users":            {Kind: Keyed, ID: "name", At: Pattern{{Key: "users"}}},
	`["at",null,"ids"]`: {Kind: Set, At: Pattern{{Key: "at"}, {Any: true}, {Key: "ids"}}},
}

// listDoc is a document with these policies that shows the text.
func listDoc(t *testing.T, text string) *Document {
	t.Helper()
	d := &Document{ID: "d", Salt: "s", Policies: listTable}
	writeAt(t, d, 1, nil, text)
	return d
}

// writeAt makes d show the text at path, at a second of the clock.
func writeAt(t *testing.T, d *Document, second int, path []string, text string) {
	t.Helper()
	w := Writer{Actor: Actor(second), Now: time.Unix(int64(second), 0)}
	if err := d.Write(w, Change{Path: path, Want: viewOfRaw(text)}); err != nil {
		t.Fatal(err)
	}
}

// updateAt is writeAt for a writer who took the place for was.
func updateAt(t *testing.T, d *Document, second int, path, was, text string) {
	t.Helper()
	w := Writer{Actor: Actor(second), Now: time.Unix(int64(second), 0)}
	if err := d.Write(w, Change{Path: []string{path}, Was: viewOfRaw(was), Want: viewOfRaw(text)}); err != nil {
		t.Fatal(err)
	}
}

// shows fails unless the place shows the text, and the same when read back.
func shows(t *testing.T, d *Document, path, want string) {
	t.Helper()
	for _, doc := range []*Document{d, reread(t, d)} {
		if got := doc.At([]string{path}).JSON(); got != want {
			t.Errorf("%s shows %s, not %s\n%s", path, got, want, doc.Canonical())
		}
	}
}

func TestTwoReplicasThatEachAppendToASetKeepBoth(t *testing.T) {
	a := listDoc(t, `{"tags":["x"]}`)
	b := a.Clone()
	writeAt(t, a, 2, []string{"tags"}, `["x","a"]`)
	writeAt(t, b, 3, []string{"tags"}, `["x","b"]`)
	shows(t, merged(a, b), "tags", `["x","a","b"]`)
	shows(t, merged(b, a), "tags", `["x","a","b"]`)
}

func TestARemovalAndAnAdditionElsewhereBothHold(t *testing.T) {
	a := listDoc(t, `{"tags":["x","y"]}`)
	b := a.Clone()
	writeAt(t, a, 2, []string{"tags"}, `["y"]`)
	writeAt(t, b, 3, []string{"tags"}, `["x","y","z"]`)
	shows(t, merged(a, b), "tags", `["y","z"]`)
}

func TestTwoReplicasThatChangeDifferentElementsOfAKeyedArrayKeepBoth(t *testing.T) {
	a := listDoc(t, `{"users":[{"name":"a","n":1},{"name":"b","n":1}]}`)
	b := a.Clone()
	writeAt(t, a, 2, []string{"users"}, `[{"name":"a","n":2},{"name":"b","n":1}]`)
	writeAt(t, b, 3, []string{"users"}, `[{"name":"a","n":1},{"name":"b","n":3}]`)
	shows(t, merged(a, b), "users", `[{"name":"a","n":2},{"name":"b","n":3}]`)
}

func TestAnElementIsOneRegisterSoOfTwoChangesToItTheLaterWins(t *testing.T) {
	a := listDoc(t, `{"users":[{"name":"a","n":1,"m":1}]}`)
	b := a.Clone()
	writeAt(t, a, 2, []string{"users"}, `[{"name":"a","n":2,"m":1}]`)
	writeAt(t, b, 3, []string{"users"}, `[{"name":"a","n":1,"m":3}]`)
	shows(t, merged(a, b), "users", `[{"name":"a","n":1,"m":3}]`)
}

func TestTheOrderIsThatOfTheLastWhoSetItAndOthersFollow(t *testing.T) {
	a := listDoc(t, `{"tags":["x","y"]}`)
	b := a.Clone()
	writeAt(t, a, 2, []string{"tags"}, `["y","x"]`)
	writeAt(t, b, 3, []string{"tags"}, `["x","y","z"]`)
	shows(t, merged(a, b), "tags", `["y","x","z"]`)
}

func TestAnAppendedElementLeavesTheArraysOwnRegisterAlone(t *testing.T) {
	d := listDoc(t, `{"tags":["x"]}`)
	before, _ := d.Register("/tags")
	writeAt(t, d, 2, []string{"tags"}, `["x","y"]`)
	if after, _ := d.Register("/tags"); after != before {
		t.Errorf("the order was written again: %v, %v", before, after)
	}
}

func TestAPlainArrayWrittenBeforeThePolicyIsLifted(t *testing.T) {
	plain := &Document{ID: "d", Salt: "s"}
	writeAt(t, plain, 1, nil, `{"tags":["x","y","x"],"at":{"k":{"ids":[1]}}}`)
	a, b := plain.Clone(), plain.Clone()
	a.Declare(listTable)
	b.Declare(listTable)
	writeAt(t, a, 2, []string{"tags"}, `["x","y","a"]`)
	writeAt(t, b, 3, []string{"tags"}, `["y"]`)
	both := merged(a, b)
	shows(t, both, "tags", `["y","a"]`)
	shows(t, both, "at", `{"k":{"ids":[1]}}`)
}

func TestDeletingASubtreeResetsItsArrays(t *testing.T) {
	a := listDoc(t, `{"at":{"k":{"ids":[1,2]}}}`)
	old, late := a.Clone(), a.Clone()
	writeAt(t, old, 2, []string{"at", "k", "ids"}, `[1,2,"old"]`)
	writeAt(t, a, 3, []string{"at"}, ``)
	writeAt(t, late, 4, []string{"at", "k", "ids"}, `[1,2,"late"]`)
	if got := merged(a, old).At([]string{"at"}); got != nil {
		t.Errorf("what was older than the deletion came back: %s", got.JSON())
	}
	shows(t, merged(a, late, old), "at", `{"k":{"ids":["late"]}}`)
}

func TestAnArrayThatWasRemovedAndWrittenAgainDoesNotGetItsOldElementsBack(t *testing.T) {
	d := listDoc(t, `{"tags":["x","y"]}`)
	old := d.Clone()
	writeAt(t, d, 2, []string{"tags"}, ``)
	writeAt(t, d, 3, []string{"tags"}, `["z"]`)
	shows(t, merged(old, d), "tags", `["z"]`)
}

func TestANullOrAnEmptyArrayIsWhatItIs(t *testing.T) {
	for _, text := range []string{`null`, `[]`, `5`, `{"k":1}`} {
		d := listDoc(t, `{"tags":["x"]}`)
		writeAt(t, d, 2, []string{"tags"}, text)
		shows(t, d, "tags", text)
		writeAt(t, d, 3, []string{"tags"}, `["y"]`)
		shows(t, d, "tags", `["y"]`)
	}
}

func TestAWriterWhoHasNotSeenAnElementDoesNotRemoveIt(t *testing.T) {
	for name, tt := range map[string]struct{ was, wants, shows string }{
		"he appends":        {`["x","y"]`, `["x","y","z"]`, `["x","y","other","z"]`},
		"he removes":        {`["x","y"]`, `["y"]`, `["y","other"]`},
		"he inserts":        {`["x","y"]`, `["x","z","y"]`, `["x","z","y","other"]`},
		"he swaps":          {`["x","y"]`, `["y","x"]`, `["y","x","other"]`},
		"he begins":         {`[]`, `["z"]`, `["x","y","other","z"]`},
		"he removes all":    {`["x","y"]`, `[]`, `["other"]`},
		"he drops it":       {`["x","y"]`, ``, `["other"]`},
		"he drops it, null": {`["x","y"]`, `null`, `["other"]`},
	} {
		t.Run(name, func(t *testing.T) {
			d := listDoc(t, `{"tags":["x","y"]}`)
			writeAt(t, d, 2, []string{"tags"}, `["x","y","other"]`)
			updateAt(t, d, 3, "tags", tt.was, tt.wants)
			shows(t, d, "tags", tt.shows)
		})
	}
}

func TestAChangedElementKeepsTheMembersThatTheWriterDoesNotKnow(t *testing.T) {
	d := listDoc(t, `{"users":[{"name":"a","n":1,"new":true},{"name":"b"}]}`)
	updateAt(t, d, 2, "users", `[{"name":"a","n":1},{"name":"b"}]`, `[{"name":"a","n":2},{"name":"b"}]`)
	shows(t, d, "users", `[{"name":"a","n":2,"new":true},{"name":"b"}]`)
}

func TestElementsWithOneIdAreNumberedAsTheyCome(t *testing.T) {
	d := listDoc(t, `{"users":[{"name":"a","n":1},{"name":"a","n":2},{"n":3},{"n":3}]}`)
	for i, key := range []string{`/users~["name","a"]`, `/users~["name","a",1]`} {
		if r, ok := d.Register(key); !ok || r.Value != fmt.Sprintf(`{"name":"a","n":%d}`, i+1) {
			t.Errorf("%s holds %q", key, r.Value)
		}
	}
	writeAt(t, d, 2, []string{"users"}, `[{"n":3},{"name":"a","n":2},{"n":3}]`)
	if r, _ := d.Register(`/users~["name","a"]`); !r.Dead {
		t.Error("the one that was removed is not the first")
	}
	shows(t, d, "users", `[{"n":3},{"name":"a","n":2},{"n":3}]`)
}

func TestElementKeysCollideWithNoMemberAndHoldNoValue(t *testing.T) {
	d := listDoc(t, `{"tags":["hunter2"],"users":[{"pin":"hunter2"}],"users~[\"name\",\"a\"]":1}`)
	for _, key := range d.Keys() {
		if strings.Contains(key, "hunter2") {
			t.Errorf("the key %s holds a value", key)
		}
		if before, after := d.Clone(), d.Clone(); !isInstance(key) {
			r, _ := before.Register(key)
			if after.Put(key, r); state(before) != state(after) {
				t.Errorf("the key %s is taken for another one", key)
			}
		}
	}
	writeAt(t, d, 2, []string{"tags"}, `[]`)
	if text := string(d.Canonical()); strings.Count(text, "hunter2") != 1 {
		t.Errorf("the value is still there after it was removed: %s", text)
	}
}

func TestAnEditOfAnArrayByHandIsMergedByElement(t *testing.T) {
	for name, tt := range map[string]struct{ old, edited, ours, shows string }{
		"one is added":              {`"x","y"`, `"x","y","w"`, `["x","y","z"]`, `["x","y","w","z"]`},
		"one is removed":            {`"x","y"`, `"y"`, `["x","y","z"]`, `["y","z"]`},
		"one is put between":        {`"x","y"`, `"x","w","y"`, `["x","y"]`, `["x","w","y"]`},
		"they are swapped":          {`"x","y"`, `"y","x"`, `["x","y","z"]`, `["y","x","z"]`},
		"all are removed":           {`"x","y"`, ``, `["x","y","z"]`, `["z"]`},
		"the array is removed":      {`"tags":["x","y"],`, ``, `["x","y","z"]`, `["z"]`},
		"one is there twice":        {`"x","y"`, `"x","y","x"`, `["x","y"]`, `["x","y"]`},
		"it becomes something else": {`["x","y"]`, `5`, `["x","y","z"]`, `5`},
		"it is as it was, reformed": {`["x","y"]`, "[\n\"x\",\n\"y\"]", `["x","y","z"]`, `["x","y","z"]`},
	} {
		t.Run(name, func(t *testing.T) {
			file := listDoc(t, `{"tags":["x","y"],"zz":1}`)
			text := strings.Replace(string(file.Canonical()), tt.old, tt.edited, 1)
			ours := file.Clone()
			writeAt(t, ours, 5, []string{"tags"}, tt.ours)
			Adopt(ours, nil, decodeString(t, text))
			shows(t, ours, "tags", tt.shows)
		})
	}
}

func TestAnEditOfAnArrayByHandIsKnownWithoutTheStateFolder(t *testing.T) {
	file := listDoc(t, `{"users":[{"name":"a","n":1},{"name":"b","n":1},{"name":"c"}]}`)
	text := strings.Replace(string(file.Canonical()), `{"name":"a","n":1},{"name":"b","n":1}`, `{"name":"b","n":2},{"name":"d"}`, 1)
	ours := &Document{}
	Adopt(ours, nil, decodeString(t, text))
	shows(t, ours, "users", `[{"name":"b","n":2},{"name":"d"},{"name":"c"}]`)
	elsewhere := file.Clone()
	writeAt(t, elsewhere, 1, []string{"users"}, `[{"name":"a","n":1},{"name":"b","n":1},{"name":"c"},{"name":"e"}]`)
	Adopt(elsewhere, nil, decodeString(t, text))
	shows(t, elsewhere, "users", `[{"name":"b","n":2},{"name":"d"},{"name":"e"},{"name":"c"}]`)
}

func TestAnOldProgramPutsNoElementBackAndRemovesNoneThatItDidNotKnow(t *testing.T) {
	for name, tt := range map[string]struct{ wrote, shows string }{
		"it changed another field":    {`{"tags":["x","y"],"n":7}`, `["y","z"]`},
		"it added an element":         {`{"tags":["x","y","w"],"n":1}`, `["y","w","z"]`},
		"it had it all and added one": {`{"tags":["y","z","w"],"n":3}`, `["y","z","w"]`},
		"it had it all and took one":  {`{"tags":["z"],"n":3}`, `["z"]`},
	} {
		t.Run(name, func(t *testing.T) {
			d, past := listDoc(t, `{"tags":["x","y"],"n":1}`), &History{}
			for i, text := range []string{`{"tags":["y"],"n":2}`, `{"tags":["y","z"],"n":3}`} {
				before := d.Clone()
				writeAt(t, d, i+2, nil, text)
				past.Record(before, d, before.Delta(d))
			}
			Adopt(d, past, &Decoded{View: viewOfRaw(tt.wrote), Doc: &Document{}, block: &block{}})
			if got := d.At([]string{"tags"}).JSON(); got != tt.shows {
				t.Errorf("shows %s, not %s", got, tt.shows)
			}
		})
	}
}

func TestReplicasThatTellElementsApartByDifferentIdsConverge(t *testing.T) {
	a := listDoc(t, `{"users":[{"name":"a","uid":1}]}`)
	b := a.Clone()
	b.Declare(Table{"/users": {Kind: Keyed, ID: "uid", At: Pattern{{Key: "users"}}}})
	writeAt(t, b, 2, []string{"users"}, `[{"name":"a","uid":1},{"name":"b","uid":2}]`)
	both := merged(a, b)
	shows(t, both, "users", `[{"name":"a","uid":1},{"name":"b","uid":2}]`)
	if x, y := both.Canonical(), merged(b, a).Canonical(); string(x) != string(y) {
		t.Errorf("they differ:\n%s\n%s", x, y)
	}
}

func TestForgettingOldTombstonesOfElementsChangesNothing(t *testing.T) {
	d := listDoc(t, `{"tags":["x","y"]}`)
	writeAt(t, d, 2, []string{"tags"}, `["y"]`)
	if d.Tombstones() != 1 {
		t.Fatalf("%d tombstones", d.Tombstones())
	}
	if d.Prune(NewStamp(0, 1e12, 0, 0)) != 1 {
		t.Error("the tombstone stays")
	}
	shows(t, d, "tags", `["y"]`)
}

func TestAnArraysEntryCostsFourBytesAnElement(t *testing.T) {
	var all []string
	for i := range 1000 {
		all = append(all, fmt.Sprint(i))
	}
	d := listDoc(t, `{"tags":`+arrayText(all)+`}`)
	_, block := d.Encode()
	if most := 4*len(all) + 250; len(block) > most {
		t.Errorf("the block has %d bytes, more than %d", len(block), most)
	}
	if keys := d.Keys(); !slices.Contains(keys, "/tags") || len(keys) != len(all)+1 {
		t.Errorf("%d registers", len(keys))
	}
}

func TestALargeArrayTakesNoTimeThatGrowsWithItsSquare(t *testing.T) {
	var all, rest []string
	for i := range 10_000 { // where it did, this took minutes
		all = append(all, fmt.Sprintf(`{"name":"n%d"}`, i))
		rest = append(rest, fmt.Sprintf(`{"k":1,"name":"n%d"}`, i))
	}
	d := listDoc(t, `{"users":`+arrayText(all)+`}`)
	updateAt(t, d, 2, "users", arrayText(all[:7_500]), arrayText(rest[:7_500]))
	Adopt(d, &History{}, &Decoded{View: viewOfRaw(`{"users":` + arrayText(rest) + `}`), Doc: &Document{}, block: &block{}})
	if got := reread(t, d).At([]string{"users"}); !got.Equal(viewOfRaw(arrayText(rest))) {
		t.Error("not all elements are as they were written")
	}
}
