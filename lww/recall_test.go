package lww

import (
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/strictjson"
	"pgregory.net/rapid"
)

// To recall is to decode without the digests: of what a document has written,
// both make the same, and it is encoded again to the same bytes.
func TestWhatIsRecalledIsWhatIsDecoded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := string(genDocument(t, genTable(t)).Canonical())
		decoded, recalled := decodedText(t, text, DecodeWith), decodedText(t, text, Recall)
		if a, b := state(recalled.Doc), state(decoded.Doc); a != b || recalled.Edited() {
			t.Fatalf("recalled\n%s\ndecoded\n%s\nedits %v", a, b, recalled.Edits())
		}
		if again := string(recalled.Doc.Canonical()); again != text {
			t.Fatalf("encoded again it is\n%s\nand was\n%s", again, text)
		}
		recalled.Doc.Salt, decoded.Doc.Salt = "other", "other"
		if a, b := string(recalled.Doc.Canonical()), string(copied(decoded.Doc).Canonical()); a != b {
			t.Fatalf("with another salt it is\n%s, not\n%s", a, b)
		}
	})
}

// A slot that vouches for a text which has more leaves than its block, or fewer,
// is wrong, and is not believed.
func TestABlockThatDoesNotFitIsNotRecalled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := genDocument(t, nil)
		_, block := d.Encode()
		view := d.View()
		now := view.With(rapid.SliceOfN(rapid.SampledFrom(lawKeys), 1, 3).Draw(t, "path"), genView(t, 1))
		if countLeaves(now) == countLeaves(view) {
			t.Skip("as many as before")
		}
		text := now.With([]string{BlockKey}, viewOfRaw(block)).JSON()
		decoded, recalled := decodedText(t, text, DecodeWith), decodedText(t, text, Recall)
		if a, b := state(recalled.Doc), state(decoded.Doc); a != b || !reflect.DeepEqual(recalled.Edits(), decoded.Edits()) {
			t.Fatalf("recalled\n%s %v\ndecoded\n%s %v", a, recalled.Edits(), b, decoded.Edits())
		}
	})
}

// What is read and encoded at each save is bounded by what the collector must clean
// up after it, which can be counted.
func TestALargeDocumentIsReadAndEncodedInFewPieces(t *testing.T) {
	const sections, fields = 100, 100 * 100
	d, view := &Document{ID: "many", Salt: "abcdefgh"}, &View{}
	for i := range fields {
		view = view.With([]string{strconv.Itoa(i % sections), strconv.Itoa(i)}, &View{Leaf: `"x"`})
	}
	if err := d.Write(Writer{Actor: 1, Now: time.UnixMilli(1)}, Change{Want: view}); err != nil {
		t.Fatal(err)
	}
	text := string(d.Canonical())
	tree, err := strictjson.ParseString(text, strictjson.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	block, _ := tree.Root().Get(BlockKey)
	if n := testing.AllocsPerRun(5, func() { _, _ = Recall(tree.Root(), block) }); n > fields/4 {
		t.Errorf("to recall %d fields takes %v allocations", fields, n)
	}
	if n := testing.AllocsPerRun(5, func() { d.Encode() }); n > fields/10 {
		t.Errorf("to encode %d fields again takes %v allocations", fields, n)
	}
}

func countLeaves(v *View) (n int) {
	v.eachLeaf("", func(string) { n++ })
	return n
}

func decodedText(t *rapid.T, text string, decode func(root, block strictjson.Node) (*Decoded, error)) *Decoded {
	tree, err := strictjson.ParseString(text, strictjson.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	block, _ := tree.Root().Get(BlockKey)
	file, err := decode(tree.Root(), block)
	if err != nil {
		t.Fatal(err)
	}
	return file
}
