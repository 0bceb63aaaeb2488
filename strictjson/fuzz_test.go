package strictjson

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

var fuzzSeeds = []string{
	"", " ", "{}", "[]", "null", "-0", "1.5e+300", `{"a":{"b":[1,2,{"c":null}]},"":"x"}`, `{"a":1,"a":2}`,
	`{"a":1,"\u0061":2}`, `"\ud83d\ude00\ud83d"`, "{\r\n\t\"a\": 1\r\n}\r\n", "\ufeff{}", "{\x00}\x00", "\xff\xfe", "\"\xed\xa0\x80\"",
	"{\n<<<<<<< HEAD\n", `{"a":tru`, "[01]", "{} {}", strings.Repeat("[", 1001), "\x00\x00\x00",
	`{ "a": 1, "b": 2 }`, "{\n  \"a\": [\n    {\"x\": 1}\n  ]\n}\n", "{\"a\": 1\n, \"b\": 2}",
}

// FuzzParse compares with encoding/json, which differs only in what it tolerates.
func FuzzParse(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		tree, err := Parse(src, Limits{})
		lenient := json.Valid(src)
		if err == nil {
			if !lenient || !utf8.Valid(src) {
				t.Fatal("accepted too much")
			}
			checkTree(t, tree)
			return
		}
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || syntax.Offset < 0 || syntax.Offset > len(src) {
			t.Fatalf("bad error %+v", err)
		}
		if lenient && utf8.Valid(src) && syntax.Class != DuplicateKey && syntax.Class != TooDeep {
			t.Fatalf("refused too much: %v", err)
		}
		if syntax.Class == DuplicateKey && lenient && !hasRepeatedKey(src) {
			t.Fatal("no key is there twice")
		}
		if syntax.Class == Truncated && lenient {
			t.Fatal("nothing is missing")
		}
	})
}

func checkTree(t *testing.T, tree *Tree) {
	src := tree.Source()
	canonical := Canonical(src)
	if !json.Valid([]byte(canonical)) || Canonical(canonical) != canonical || !Equal(src, canonical) {
		t.Fatalf("canonical form %q", canonical)
	}
	if want := (model{modelOf(tree.Root())}).canonical(); canonical != want {
		t.Fatalf("canonical form %q, want %q", canonical, want)
	}
	if hasRepeatedKey([]byte(canonical)) && !strings.Contains(canonical, `\ud`) && !strings.Contains(canonical, "\ufffd") {
		t.Fatal("a key is there twice")
	}
	for n := 0; n < len(src); n += 1 + len(src)/64 {
		_, err := Parse([]byte(src[:n]), Limits{})
		switch class := classOf(t, err); class {
		case Truncated, Empty, WhitespaceOnly:
		default:
			if !json.Valid([]byte(src[:n])) {
				t.Fatalf("cut at %d: %q", n, class)
			}
		}
	}
	if root := tree.Root(); root.Kind() == String {
		var s string
		if err := json.Unmarshal([]byte(src), &s); err != nil || utf8.ValidString(root.Text()) && s != root.Text() {
			t.Fatalf("text %q, want %q", root.Text(), s)
		}
	}
}

// hasRepeatedKey reads with encoding/json, to which lone surrogates are all the same.
func hasRepeatedKey(src []byte) bool {
	d := json.NewDecoder(strings.NewReader(string(src)))
	d.UseNumber()
	return repeatedKeyInNext(d)
}

func repeatedKeyInNext(d *json.Decoder) bool {
	token, _ := d.Token()
	delim, ok := token.(json.Delim)
	if !ok {
		return false
	}
	seen, repeated := map[string]bool{}, false
	for d.More() {
		if delim == '{' {
			key, _ := d.Token()
			repeated = repeated || seen[key.(string)]
			seen[key.(string)] = true
		}
		repeated = repeatedKeyInNext(d) || repeated
	}
	d.Token()
	return repeated
}

// FuzzApply compares with a model.
func FuzzApply(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add(seed, "/a", "1", "/b/c", `{"x":[1,2]}`)
		f.Add(seed, "/a/b", "", "/", "[]")
		f.Add(seed, "/b", "null", "/a", "")
	}
	f.Fuzz(func(t *testing.T, src, pointer1, value1, pointer2, value2 string) {
		tree, err := Parse([]byte(src), Limits{})
		if err != nil {
			t.Skip()
		}
		var edits []Edit
		for _, e := range []struct{ pointer, value string }{{pointer1, value1}, {pointer2, value2}} {
			path, err := SplitPointer(e.pointer)
			if err != nil || e.value == "" && len(path) == 0 {
				t.Skip()
			}
			edits = append(edits, Edit{Path: path, Value: e.value})
		}
		_, err = Apply(tree, edits)
		var syntax *SyntaxError
		if errors.Is(err, ErrKey) || errors.As(err, &syntax) {
			t.Skip()
		}
		checkApply(t, tree, edits)
	})
}
