package lww

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

func decodeString(t *testing.T, text string) *Decoded {
	t.Helper()
	tree, err := strictjson.ParseObject([]byte(text), strictjson.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	file, err := Decode(tree.Root())
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// written returns a document that shows the text, written by one process.
func written(t *testing.T, text string) *Document {
	t.Helper()
	d := &Document{ID: "doc", Salt: "salt"}
	if err := d.Write(Writer{Actor: 7, Now: time.UnixMilli(1000)}, Change{Want: viewOfRaw(text)}); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAnEditOnAMachineThatHasNothingElseIsAdopted(t *testing.T) {
	d := written(t, `{"a":{"x":1,"y":2},"b":1,"c":1}`)
	later := d.Clone() // in which each leaf of the object has an entry of its own
	for i, key := range []string{"x", "y"} {
		w := Writer{Actor: 7, Now: time.UnixMilli(int64(2000 + i))}
		if err := later.Write(w, Change{Path: []string{"a", key}, Want: viewOfRaw(`"again"`)}, Change{Path: []string{"a", key}, Want: viewOfRaw(fmt.Sprint(i + 1))}); err != nil {
			t.Fatal(err)
		}
	}
	for name, row := range map[string]struct{ old, now, want string }{
		"a leaf is changed":             {`"y":2`, `"y":3`, `{"a":{"x":1,"y":3},"b":1,"c":1}`},
		"a leaf is removed":             {`,"y":2`, ``, `{"a":{"x":1},"b":1,"c":1}`},
		"a leaf is added":               {`"y":2`, `"y":2,"z":3`, `{"a":{"x":1,"y":2,"z":3},"b":1,"c":1}`},
		"a leaf becomes an object":      {`"b":1`, `"b":{"k":1}`, `{"a":{"x":1,"y":2},"b":{"k":1},"c":1}`},
		"an object becomes a leaf":      {`{"x":1,"y":2}`, `5`, `{"a":5,"b":1,"c":1}`},
		"an object is emptied":          {`{"x":1,"y":2}`, `{}`, `{"a":{},"b":1,"c":1}`},
		"an object is removed":          {`"a":{"x":1,"y":2},`, ``, `{"b":1,"c":1}`},
		"a number is spelled otherwise": {`"b":1`, `"b":1.0`, `{"a":{"x":1,"y":2},"b":1.0,"c":1}`},
	} {
		t.Run(name, func(t *testing.T) {
			for _, from := range []*Document{d, later} {
				text := strings.Replace(string(from.Canonical()), row.old, row.now, 1)
				for _, ours := range []*Document{{}, from.Clone()} {
					Adopt(ours, nil, decodeString(t, text))
					if got := ours.View(); !got.Equal(viewOfRaw(row.want)) {
						t.Errorf("shows %s, not %s", got.JSON(), row.want)
					}
					reread(t, ours)
				}
			}
		})
	}
}

func TestEveryDeviceComesToTheSameStateFromAnEdit(t *testing.T) {
	d := written(t, `{"a":1,"b":1}`)
	text := strings.Replace(string(d.Canonical()), `"a":1`, `"a":2`, 1)
	one, two := d.Clone(), d.Clone()
	Adopt(one, nil, decodeString(t, text))
	Adopt(two, nil, decodeString(t, text))
	if string(one.Canonical()) != string(two.Canonical()) {
		t.Errorf("\n%s\n%s", one.Canonical(), two.Canonical())
	}
	if again := Adopt(one, nil, decodeString(t, string(one.Canonical()))); len(again.Adopted) > 0 {
		t.Errorf("adopted twice: %v", again)
	}
}

func TestFarFutureStampsBindOnlyTheirOwnField(t *testing.T) {
	d := written(t, `{"a":1,"b":1}`)
	future := NewStamp(0, 1<<43, 0, 9)
	d.Put("/a", Register{Stamp: future, Value: "2"})
	now := Writer{Actor: 8, Now: time.UnixMilli(2000)}
	if err := d.Write(now, Change{Path: []string{"a"}, Want: viewOfRaw("3")}, Change{Path: []string{"b"}, Want: viewOfRaw("3")}); err != nil {
		t.Fatal(err)
	}
	a, _ := d.Register("/a")
	b, _ := d.Register("/b")
	if a.Value != "3" || !future.Less(a.Stamp) || b.Stamp.Millis() != 2000 {
		t.Errorf("%v %v", a, b)
	}
	if keys := d.Restamp(now, time.Minute); len(keys) != 1 || keys[0] != "/a" {
		t.Errorf("restamped %v", keys)
	}
	if a, _ := d.Register("/a"); a.Value != "3" || a.Stamp.Millis() != 2000 || a.Stamp.Epoch() != 1 {
		t.Errorf("%v", a)
	}
}

func TestATokenOrdersByEraAndGeneration(t *testing.T) {
	table := Table{"auth": {Kind: Token, Members: []string{"account", "refresh"}, Refresh: "refresh", Identity: "account"}}
	at := func(ms int64) Writer { return Writer{Actor: 3, Now: time.UnixMilli(ms)} }
	set := func(d *Document, ms int64, key, raw string) {
		t.Helper()
		if err := d.Write(at(ms), Change{Path: []string{key}, Want: viewOfRaw(raw)}); err != nil {
			t.Fatal(err)
		}
	}
	d := &Document{Policies: table}
	set(d, 500, "refresh", `"RT-0"`)
	set(d, 1000, "account", `"A"`)
	login := d.Clone()
	set(d, 2000, "refresh", `"RT-1"`)
	set(d, 3000, "refresh", `"RT-2"`)
	rotated := d.Clone()
	r, _ := d.Register("auth")
	if r.Gen != 2 || r.Era.Millis() != 1000 {
		t.Fatalf("after two rotations: %+v", r)
	}
	late := login.Clone() // a stale process rotates the old generation, much later
	set(late, 9000, "refresh", `"RT-x"`)
	if got := merged(rotated, late).At([]string{"refresh"}); got.JSON() != `"RT-2"` {
		t.Errorf("an old generation won: %s", got.JSON())
	}
	logout := login.Clone() // on another machine, after the login it knows of
	if err := logout.Write(at(2500), Change{Path: []string{"account"}}, Change{Path: []string{"refresh"}}); err != nil {
		t.Fatal(err)
	}
	if got := merged(rotated, logout).View(); got.Len() != 0 {
		t.Errorf("rotations of the earlier login survived its end: %s", got.JSON())
	}
}
