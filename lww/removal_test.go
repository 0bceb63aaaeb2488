package lww

import (
	"strings"
	"testing"
	"time"
)

// An editor that removes something from an older copy of the file means what
// that copy had, and not what others have written since.
func TestARemovalByHandTakesOnlyWhatTheEditorSaw(t *testing.T) {
	seen := written(t, `{"a":1,"o":{"x":1,"y":1},"z":1}`)
	for name, row := range map[string]struct {
		path           []string
		old, now, want string
	}{
		"a field was changed since":            {[]string{"a"}, `"a":1,`, ``, `{"a":2,"o":{"x":1,"y":1},"z":1}`},
		"the object has a new field since":     {[]string{"o", "n"}, `"o":{"x":1,"y":1},`, ``, `{"a":1,"o":{"n":2},"z":1}`},
		"a field of it was changed since":      {[]string{"o", "x"}, `"o":{"x":1,"y":1},`, ``, `{"a":1,"o":{"x":2},"z":1}`},
		"something else was changed since":     {[]string{"z"}, `"o":{"x":1,"y":1},`, ``, `{"a":1,"z":2}`},
		"something else, and a field is gone":  {[]string{"z"}, `"a":1,`, ``, `{"o":{"x":1,"y":1},"z":2}`},
		"something else, and a member is gone": {[]string{"z"}, `,"y":1`, ``, `{"a":1,"o":{"x":1},"z":2}`},
	} {
		t.Run(name, func(t *testing.T) {
			for _, apart := range []bool{false, true} {
				file, ours := seen.Clone(), seen.Clone()
				if apart { // each place has an entry of its own
					for i, key := range []string{"a", "z"} {
						w := Writer{Actor: 7, Now: time.UnixMilli(int64(1001 + i))}
						for _, value := range []string{`0`, `1`} {
							if err := file.Write(w, Change{Path: []string{key}, Want: viewOfRaw(value)}); err != nil {
								t.Fatal(err)
							}
						}
					}
					ours = file.Clone()
				}
				if err := ours.Write(Writer{Actor: 8, Now: time.UnixMilli(2000)}, Change{Path: row.path, Want: viewOfRaw("2")}); err != nil {
					t.Fatal(err)
				}
				Adopt(ours, nil, decodeString(t, strings.Replace(string(file.Canonical()), row.old, row.now, 1)))
				if got := ours.View(); !got.Equal(viewOfRaw(row.want)) {
					t.Errorf("shows %s, not %s", got.JSON(), row.want)
				}
			}
		})
	}
}

func TestAnEmptyObjectThatTombstonesKeptOpenCanBeRemovedByHand(t *testing.T) {
	d := written(t, `{"a":1,"o":{"p":{"x":1}}}`)
	if err := d.Write(Writer{Actor: 7, Now: time.UnixMilli(2000)}, Change{Path: []string{"o", "p", "x"}, Want: nil}); err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(d.Canonical()), `,"o":{"p":{}}`, ``, 1)
	alone, busy := d.Clone(), d.Clone()
	if err := busy.Write(Writer{Actor: 8, Now: time.UnixMilli(3000)}, Change{Path: []string{"o", "n"}, Want: viewOfRaw("1")}); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		ours *Document
		want string
	}{
		"nothing is known":               {&Document{}, `{"a":1}`},
		"nothing has happened":           {alone, `{"a":1}`},
		"something was put in meanwhile": {busy, `{"a":1,"o":{"n":1}}`},
	} {
		Adopt(row.ours, nil, decodeString(t, text))
		if got := row.ours.View(); !got.Equal(viewOfRaw(row.want)) {
			t.Errorf("%s: shows %s, not %s", name, got.JSON(), row.want)
		}
	}
}

func TestWhatOthersPutIntoAnEmptyObjectIsNotRemovedWithIt(t *testing.T) {
	d := written(t, `{"a":1}`)
	if err := d.Write(Writer{Actor: 7, Now: time.UnixMilli(2000)}, Change{Path: []string{"o"}, Want: &View{}}); err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(d.Canonical()), `,"o":{}`, ``, 1)
	if err := d.Write(Writer{Actor: 8, Now: time.UnixMilli(3000)}, Change{Path: []string{"o", "n"}, Want: viewOfRaw("1")}); err != nil {
		t.Fatal(err)
	}
	Adopt(d, nil, decodeString(t, text))
	if got := d.View(); !got.Equal(viewOfRaw(`{"a":1,"o":{"n":1}}`)) {
		t.Errorf("shows %s", got.JSON())
	}
}

func TestAnEditOfWhatCameFirstIsRejectedAndNotCalledAdopted(t *testing.T) {
	d := &Document{ID: "doc", Salt: "salt", Policies: Table{"/n": {Kind: First, At: Pattern{{Key: "n"}}}}}
	d.Put("/n", Register{Policy: First, Stamp: NewStamp(0, 5, 0, 1), Value: "1"})
	a := Adopt(d, nil, decodeString(t, strings.Replace(string(d.Canonical()), `"n":1`, `"n":2`, 1)))
	if len(a.Adopted) > 0 || len(a.Rejected) != 1 || d.At([]string{"n"}).JSON() != "1" {
		t.Errorf("%+v, shows %s", a, d.View().JSON())
	}
}

func TestADeleteHasOneStampWhateverItDeletes(t *testing.T) {
	d := &Document{Policies: Table{
		"one": {Kind: Group, At: Pattern{{Key: "o"}}, Members: []string{"p"}}, "two": {Kind: Token, At: Pattern{{Key: "o"}, {Key: "q"}}, Members: []string{"r"}, Refresh: "r"},
		"/o/n": {Kind: Max, At: Pattern{{Key: "o"}, {Key: "n"}}}, "/o/s": {Kind: Set, At: Pattern{{Key: "o"}, {Key: "s"}}},
	}}
	d.Put("/o/n", Register{Policy: Max, Stamp: stampAt(1), Era: stampAt(9), Value: "1"})
	d.Put("/o/x", Register{Stamp: stampAt(3), Value: "1"})
	d.Put("/o/s", Register{Policy: Set, Stamp: stampAt(4), Value: "7"})
	d.Put("one", Register{Policy: Group, Stamp: stampAt(12), Value: `{"p":1}`})
	d.Put("two", Register{Policy: Token, Stamp: stampAt(2), Value: `{}`})
	before := d.Clone()
	if err := d.Write(Writer{Actor: 1}, Change{Path: []string{"o"}}); err != nil {
		t.Fatal(err)
	}
	want := stampAt(12).Next(1)
	for key, r := range before.Delta(d).Registers() {
		if r.Stamp != want {
			t.Errorf("%s has %v, not %v", key, r.Stamp, want)
		}
	}
	if _, again := before.Delta(d).Register("two"); again {
		t.Error("a tuple that was empty is written again")
	}
	if got := len(before.Delta(d).Keys()); got != 4 {
		t.Errorf("%d registers", got)
	}
}
