package lww

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/strictjson"
	"pgregory.net/rapid"
)

// The laws are checked over tiny domains, where clones, ties and type changes
// are the rule and not the exception.

var lawKeys = []string{"a", "b", "a!", "m"}

func genStamp(t *rapid.T) Stamp {
	return NewStamp(rapid.IntRange(0, 1).Draw(t, "epoch")*rapid.IntRange(0, 1).Draw(t, "raised"),
		rapid.Int64Range(0, 6).Draw(t, "ms"), 0, Actor(rapid.IntRange(0, 2).Draw(t, "actor")))
}

func genPath(t *rapid.T) []string {
	return rapid.SliceOfN(rapid.SampledFrom(lawKeys), 1, 3).Draw(t, "path")
}

// genPlace may also be the root.
func genPlace(t *rapid.T) []string {
	return rapid.SliceOfN(rapid.SampledFrom(lawKeys), 0, 3).Draw(t, "place")
}

func genLeaf(t *rapid.T) string {
	return rapid.SampledFrom([]string{"1", "1.0", "2", `"x"`, "{}", "[1]", "null"}).Draw(t, "leaf")
}

// genArray is an array of different things that have an id, or share one, or have
// none.
func genArray(t *rapid.T) string {
	return arrayText(rapid.SliceOfNDistinct(rapid.Custom(genElement), 0, 3, strictjson.Canonical).Draw(t, "array"))
}

func genElement(t *rapid.T) string {
	return rapid.SampledFrom([]string{"1", "1.0", `"x"`, `{"id":1}`, `{"id":1,"b":2}`, `{"id":"x"}`, `{"b":2}`}).Draw(t, "element")
}

// genElements adds any elements to an array.
func genElements(t *rapid.T, d *Document, is rule, at string) (order string) {
	var keys []string
	for range rapid.IntRange(0, 3).Draw(t, "elements") {
		r := Register{Stamp: genStamp(t), Value: genElement(t), Dead: rapid.IntRange(0, 2).Draw(t, "gone") == 0}
		key := numbered(is.called(r.Value), 0)
		if is.kind == Keyed {
			key = numbered(is.called(r.Value), rapid.IntRange(0, 1).Draw(t, "number"))
		}
		if rapid.Bool().Draw(t, "exists") {
			d.Put(elementPointer(at, key), r)
		}
		if rapid.Bool().Draw(t, "listed") {
			keys = append(keys, key)
		}
	}
	return orderText(keys)
}

// genRegisters is a hostile document: any register anywhere.
func genRegisters(t *rapid.T, policies Table) *Document {
	d := &Document{Policies: maps.Clone(policies)}
	fields := policies.fields()
	for range rapid.IntRange(0, 5).Draw(t, "registers") {
		path := genPlace(t)
		is := ruleAt(fields, path)
		r := Register{Policy: is.kind, ID: is.id, Stamp: genStamp(t), Value: genLeaf(t)}
		if is.kind.Elements() && isArray(r.Value) {
			r.Value = genElements(t, d, is, pointer(path))
		}
		if r.Policy != LWW {
			r.Era = NewStamp(0, rapid.Int64Range(0, 2).Draw(t, "era"), 0, 0)
		}
		if rapid.IntRange(0, 2).Draw(t, "dead") == 0 {
			r.Dead = true
		}
		d.Put(pointer(path), r)
	}
	for _, g := range policies.groups() {
		if rapid.Bool().Draw(t, "tuple") {
			continue
		}
		name := InstanceName(g.name, genPath(t)[:len(g.At.Keys(g.At.Path(nil)))])
		d.Put(name, Register{
			Policy: g.Kind, Stamp: genStamp(t), Gen: uint64(rapid.IntRange(0, 2).Draw(t, "gen")),
			Spent: rapid.SampledFrom([]string{"", "aaaa", "bbbb", "aaaabbbb"}).Draw(t, "spent"),
			Value: genTuple(t, g.Members),
		})
	}
	d.Lift()
	return d
}

// genTuple is a tuple of some of the members: a register never holds others.
func genTuple(t *rapid.T, members []string) string {
	tuple := map[string]*View{}
	for _, m := range members {
		if rapid.Bool().Draw(t, "present") {
			tuple[m] = viewOfRaw(genLeaf(t))
		}
	}
	return tupleText(tuple)
}

// genWritten is a document made the way programs make one.
func genWritten(t *rapid.T, policies Table) *Document {
	d := &Document{Policies: maps.Clone(policies)}
	for range rapid.IntRange(0, 4).Draw(t, "writes") {
		genWrite(t, d)
	}
	return d
}

func genWrite(t *rapid.T, d *Document) (path []string, want *View, err error) {
	path, want = genPath(t), genView(t, 2)
	w := Writer{Actor: Actor(rapid.IntRange(0, 2).Draw(t, "actor")), Now: time.UnixMilli(rapid.Int64Range(0, 6).Draw(t, "now"))}
	return path, want, d.Write(w, Change{Path: path, Want: want})
}

func genView(t *rapid.T, depth int) *View {
	switch rapid.IntRange(0, 4).Draw(t, "shape") {
	case 0:
		return nil
	case 3:
		return &View{Leaf: genArray(t)}
	case 1, 2:
		if depth > 0 {
			v := &View{}
			for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom(lawKeys), 0, 2, rapid.ID[string]).Draw(t, "keys") {
				if kid := genView(t, depth-1); kid != nil {
					v.Put(key, kid)
				}
			}
			return v
		}
	}
	return viewOfRaw(genLeaf(t))
}

var lawTables = []Table{
	nil,
	{"pair": {Kind: Group, At: Pattern{{Key: "a"}}, Members: []string{"b", "m"}}},
	{"tok": {Kind: Token, At: Pattern{{Any: true}}, Members: []string{"b", "m"}, Refresh: "m", Identity: "b"}},
	{"/a": {Kind: Max, At: Pattern{{Key: "a"}}}, "/b/m": {Kind: First, At: Pattern{{Key: "b"}, {Key: "m"}}}},
	{"/a": {Kind: Set, At: Pattern{{Key: "a"}}}, `["m",null]`: {Kind: Keyed, ID: "id", At: Pattern{{Key: "m"}, {Any: true}}}},
	{"/a": {Kind: Keyed, ID: "id", At: Pattern{{Key: "a"}}}, "/b/m": {Kind: Set, At: Pattern{{Key: "b"}, {Key: "m"}}}},
	{"/a": {Kind: Keyed, ID: "b", At: Pattern{{Key: "a"}}}},
	{"one": {Kind: Group, Members: []string{"a", "m"}}, "two": {Kind: Token, Members: []string{"b", "m"}, Refresh: "b"}, "/a!": {Kind: First, At: Pattern{{Key: "a!"}}}},
	{"flat": {Kind: Group, Members: []string{"m"}}, "/b/a": {Kind: Min, At: Pattern{{Key: "b"}, {Key: "a"}}}},
}

func genTable(t *rapid.T) Table { return rapid.SampledFrom(lawTables).Draw(t, "policies") }

func genDocument(t *rapid.T, policies Table) *Document {
	if rapid.Bool().Draw(t, "hostile") {
		return genRegisters(t, policies)
	}
	return genWritten(t, policies)
}

func state(d *Document) string {
	var lines []string
	for key, r := range d.Registers() {
		lines = append(lines, fmt.Sprintf("%s %v", key, r))
	}
	slices.Sort(lines)
	return fmt.Sprint(d.ID, d.Salt, sortedKeys(d.Policies), lines)
}

func merged(docs ...*Document) *Document {
	out := &Document{}
	for _, d := range docs {
		out.Merge(d)
	}
	return out
}

func reread(t interface{ Fatalf(string, ...any) }, d *Document) *Document {
	text := d.Canonical()
	tree, err := strictjson.Parse(text, strictjson.Limits{})
	if err != nil {
		t.Fatalf("the encoding is no JSON: %v\n%s", err, text)
	}
	file, err := Decode(tree.Root())
	if err != nil {
		t.Fatalf("the encoding can't be read: %v\n%s", err, text)
	}
	if file.Edited() || file.Block != Intact || len(file.Malformed) > 0 {
		t.Fatalf("the encoding does not vouch for itself: %+v %v\n%s", file.edits, file.Malformed, text)
	}
	return file.Doc
}

func TestMergeIsCommutativeAssociativeAndIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := genDocument(t, genTable(t)), genDocument(t, genTable(t)), genDocument(t, genTable(t))
		if x, y := merged(a, b), merged(b, a); state(x) != state(y) {
			t.Fatalf("order matters:\n%s\n%s", state(x), state(y))
		}
		if x, y := merged(merged(a, b), c), merged(a, merged(b, c)); state(x) != state(y) {
			t.Fatalf("grouping matters:\n%s\n%s", state(x), state(y))
		}
		once := merged(a, b)
		if once.Merge(b) || once.Merge(a) || state(once) != state(merged(a, b)) {
			t.Fatalf("merging again changed something")
		}
	})
}

func TestMergesInEveryOrderEncodeIdentically(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := genTable(t)
		a, b, c := genDocument(t, p), genDocument(t, p), genDocument(t, p)
		x, y := merged(a, b, c), merged(c, a, b)
		if string(x.Canonical()) != string(y.Canonical()) {
			t.Fatalf("two encodings:\n%s\n%s", x.Canonical(), y.Canonical())
		}
	})
}

func TestWhatAFileSaysMergesLikeTheStateItWasWrittenFrom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := genTable(t)
		a, b := genDocument(t, p), genDocument(t, genTable(t))
		direct, throughFile := merged(a, b).View(), merged(reread(t, a), b).View()
		if !direct.Equal(throughFile) {
			t.Fatalf("a file loses something:\na      %s\nb      %s\ndirect %s\nfile   %s\ntext %s", state(a), state(b), direct.JSON(), throughFile.JSON(), a.Canonical())
		}
	})
}

func TestWhatAFileSaysMergesLikeItsStateAlsoIfReplicasDisagreedAboutPolicies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, q := genTable(t), genTable(t)
		a, b := merged(genDocument(t, p), genDocument(t, q)), genDocument(t, rapid.SampledFrom([]Table{p, q}).Draw(t, "b"))
		a.Lift()
		direct, throughFile := merged(a, b).View(), merged(reread(t, a), b).View()
		if !direct.Equal(throughFile) {
			t.Fatalf("a file loses something:\na      %s\nb      %s\ndirect %s\nfile   %s\ntext %s", state(a), state(b), direct.JSON(), throughFile.JSON(), a.Canonical())
		}
	})
}

func TestEncodingIsAFixedPoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := genDocument(t, genTable(t))
		if again := reread(t, a); string(again.Canonical()) != string(a.Canonical()) {
			t.Fatalf("the encoding changes when read and written:\n%s\n%s", a.Canonical(), again.Canonical())
		}
	})
}

func TestAWriteShowsWhatItWroteAndNothingElseChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := genDocument(t, genTable(t))
		before := d.View()
		path, want, err := genWrite(t, d)
		if err != nil || losesToPolicy(d, path) {
			t.Skip("refused, or a policy decides")
		}
		if got := d.At(path); !got.Equal(want) {
			t.Fatalf("wrote %s at %s, shows %s\n%s", want.JSON(), pointer(path), got.JSON(), state(d))
		}
		if got := d.View(); !got.At(path).Equal(d.At(path)) {
			t.Fatalf("At and View disagree")
		}
		checkElsewhere(t, before, d.View(), path)
	})
}

// losesToPolicy reports whether a First at, above or below path may keep its
// value.
func losesToPolicy(d *Document, path []string) bool {
	for _, p := range d.Policies {
		n := min(len(p.At), len(path))
		if p.Kind == First && p.At[:n].Matches(path[:n]) {
			return true
		}
	}
	return false
}

// checkElsewhere compares all places beside path.
func checkElsewhere(t *rapid.T, before, after *View, path []string) {
	for i := range path {
		x, y := before.At(path[:i]), after.At(path[:i])
		if !x.IsObject() {
			return // the write made an object of what was above it
		}
		for _, key := range lawKeys {
			if key != path[i] && !x.Kid(key).Equal(y.Kid(key)) {
				t.Fatalf("a write at %s changed %s", pointer(path), pointer(append(path[:i:i], key)))
			}
		}
	}
}

func TestAWriteWinsOverEverythingItSaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := genDocument(t, genTable(t))
		seen := d.Clone()
		_, _, err := genWrite(t, d)
		if err != nil {
			t.Skip("refused")
		}
		shown := d.View()
		if d.Merge(seen); !d.View().Equal(shown) {
			t.Fatalf("the state that a write was based on took something back")
		}
	})
}

func TestPruningDoesNotChangeWhatShows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := genDocument(t, genTable(t))
		before := d.View()
		d.Prune(genStamp(t))
		if got := d.View(); !got.Equal(before) {
			t.Fatalf("before %s\nafter  %s", before.JSON(), got.JSON())
		}
		reread(t, d)
	})
}

func TestAStampsTextSortsAsTheStamp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := NewStamp(rapid.IntRange(0, 30).Draw(t, "e"), rapid.Int64().Draw(t, "ms"), rapid.IntRange(0, 40000).Draw(t, "c"), Actor(rapid.Uint64().Draw(t, "a")))
		b := rapid.SampledFrom([]Stamp{a.Next(3), NewStamp(0, rapid.Int64().Draw(t, "ms2"), 7, 9)}).Draw(t, "b")
		if got := a.Compare(b); got != map[bool]int{true: -1, false: 1}[a.String() < b.String()] && a != b {
			t.Fatalf("%s %s: %d", a, b, got)
		}
		if back, err := ParseStamp(a.String()); err != nil || back != a {
			t.Fatalf("%s read as %s, %v", a, back, err)
		}
	})
}
