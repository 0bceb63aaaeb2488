package lww

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// The fuzz targets of this file are given texts, since that is what an
// attacker writes. Their seeds are two of these and, once there are any, the
// documents of the conformance vectors.

const (
	fuzzBlocked = `{"a":1,"b":{"c":[1,2]},"$cfgmerge":{"v":1,"id":"doc","salt":"salt","at":{"":["01m6b1yq000007m3kq0xd","WkbYF1zS"],"/x":["01m6b1yq000007m3kq0xd"]}}}`
	fuzzTyped   = `{"auth":{"access":"A","refresh":"R"},"$cfgmerge":{"v":1,"id":"doc","salt":"salt","policy":{"auth":{"kind":"token","at":["auth"],"access":"access","refresh":"refresh"},"/m":{"kind":"max"}},` +
		`"at":{"auth":["01m6b1yq000007m3kq0xd","WkbY","01m6b1yq000007m3kq0xd",2],"/m":["01m6b1yq000007m3kq0xd",null,"01m6b1yq000007m3kq0xd"]}}}`
)

// vectorTexts returns every JSON object that stands as a text in a vector.
func vectorTexts(f *testing.F) []string {
	f.Helper()
	texts := []string{fuzzBlocked, fuzzTyped, `{"x":1}`}
	err := filepath.WalkDir("../conformance/vectors", func(name string, _ fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || filepath.Ext(name) != ".json" {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var vector any
		if err := json.Unmarshal(data, &vector); err != nil {
			return err
		}
		texts = objectTexts(texts, vector)
		return nil
	})
	if err != nil {
		f.Fatal(err)
	}
	return texts
}

func objectTexts(dst []string, v any) []string {
	switch v := v.(type) {
	case string:
		if strings.HasPrefix(v, "{") {
			dst = append(dst, v)
		}
	case []any:
		for _, e := range v {
			dst = objectTexts(dst, e)
		}
	case map[string]any:
		for _, e := range v {
			dst = objectTexts(dst, e)
		}
	}
	return dst
}

// fuzzDecode takes a text apart, or leaves the case: a text that is refused is
// the scanner's business.
func fuzzDecode(t *testing.T, text string) *Decoded {
	t.Helper()
	tree, err := strictjson.ParseObject([]byte(text), strictjson.Limits{MaxSize: 1 << 16})
	if err != nil {
		t.Skip("refused by the scanner")
	}
	file, err := Decode(tree.Root())
	var newer *VersionError
	if errors.As(err, &newer) {
		t.Skip("a newer version")
	}
	if err != nil {
		t.Fatalf("an error of another type: %v", err)
	}
	return file
}

// imported is what a machine that has nothing else makes of the text.
func imported(t *testing.T, text string) *Document {
	t.Helper()
	file := fuzzDecode(t, text)
	d := &Document{}
	Adopt(d, nil, file)
	return d
}

// FuzzBlock: whatever a text says of its own history, what is made of it can
// be written, read back, and then vouches for itself.
func FuzzBlock(f *testing.F) {
	for _, text := range vectorTexts(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file := fuzzDecode(t, text)
		d := &Document{}
		a := Adopt(d, nil, file)
		// A block may list what its own tombstones hide; without one the text counts.
		if file.Block != Intact && (len(a.Rejected) > 0 || !d.View().Equal(file.View)) {
			t.Fatalf("the text shows %s, the document %s", file.View.JSON(), d.View().JSON())
		}
		if again := reread(t, d); string(again.Canonical()) != string(d.Canonical()) {
			t.Fatalf("the encoding changes when read and written:\n%s\n%s", d.Canonical(), again.Canonical())
		}
	})
}

// FuzzMerge: the laws of the lattice hold for all that can be written in files.
func FuzzMerge(f *testing.F) {
	texts := vectorTexts(f)
	for i := range texts {
		f.Add(texts[i], texts[(i+1)%len(texts)], texts[(i+2)%len(texts)])
	}
	f.Fuzz(func(t *testing.T, x, y, z string) {
		a, b, c := imported(t, x), imported(t, y), imported(t, z)
		if p, q := merged(a, b, c), merged(c, b, a); state(p) != state(q) || string(p.Canonical()) != string(q.Canonical()) {
			t.Fatalf("order matters:\n%s\n%s", p.Canonical(), q.Canonical())
		}
		if p, q := merged(merged(a, b), c), merged(a, merged(b, c)); state(p) != state(q) {
			t.Fatalf("grouping matters:\n%s\n%s", state(p), state(q))
		}
		once := merged(a, b)
		if once.Merge(a) || once.Merge(b) {
			t.Fatal("merging again changed something")
		}
		if direct, through := merged(a, b).View(), merged(reread(t, a), b).View(); !direct.Equal(through) {
			t.Fatalf("a file loses something:\ndirect %s\nfile   %s", direct.JSON(), through.JSON())
		}
	})
}

// FuzzAdopt: adopting depends on nothing but its arguments, happens once, and
// leaves a document that can be written.
func FuzzAdopt(f *testing.F) {
	texts := vectorTexts(f)
	for i := range texts {
		f.Add(texts[i], texts[(i+1)%len(texts)])
	}
	f.Fuzz(func(t *testing.T, ours, found string) {
		base := imported(t, ours)
		first, second := base.Clone(), base.Clone()
		a, b := Adopt(first, nil, fuzzDecode(t, found)), Adopt(second, nil, fuzzDecode(t, found))
		if state(first) != state(second) || len(a.Adopted) != len(b.Adopted) || len(a.Rejected) != len(b.Rejected) {
			t.Fatalf("two results:\n%s\n%s", state(first), state(second))
		}
		if again := Adopt(first, nil, fuzzDecode(t, found)); len(again.Adopted) > 0 || state(first) != state(second) {
			t.Fatalf("adopted once more: %v\n%s\n%s", again.Adopted, state(second), state(first))
		}
		reread(t, first)
	})
}
