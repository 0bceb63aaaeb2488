package strictjson

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func set1(value string, path ...string) Edit { return Edit{Path: path, Value: value} }
func del(path ...string) Edit                { return Edit{Path: path} }

func TestOnlyTheBytesOfWhatChangedChange(t *testing.T) {
	const indented = "{\n  \"a\": 1.50,\n  \"b\": {\n    \"x\": \"<&>\",\n    \"y\": [1, 2]\n  },\n  \"c\": null\n}\n"
	tests := []struct {
		why   string
		src   string
		edits []Edit
		want  string
	}{
		{"no edits", indented, nil, indented},
		{"a value in place", indented, []Edit{set1("2", "a")}, strings.Replace(indented, "1.50", "2", 1)},
		{"the new literal is taken as it is", `{"a": 1}`, []Edit{set1("1.0", "a")}, `{"a": 1.0}`},
		{"a value deep down", indented, []Edit{set1(`">"`, "b", "x")}, strings.Replace(indented, `"<&>"`, `">"`, 1)},
		{"the first member goes with its line", indented, []Edit{del("a")},
			strings.Replace(indented, "  \"a\": 1.50,\n", "", 1)},
		{"the last member takes the comma before it", indented, []Edit{del("c")},
			strings.Replace(indented, ",\n  \"c\": null", "", 1)},
		{"a member in the middle", `{"a":1, "b":2, "c":3}`, []Edit{del("b")}, `{"a":1, "c":3}`},
		{"several in a row", `{"a":1, "b":2, "c":3, "d":4}`, []Edit{del("c"), del("b")}, `{"a":1, "d":4}`},
		{"all but the middle", `{ "a":1, "b":2, "c":3 }`, []Edit{del("a"), del("c")}, `{ "b":2 }`},
		{"the only member leaves {}", "{\n  \"a\": 1\n}\n", []Edit{del("a")}, "{}\n"},
		{"what is not there", indented, []Edit{del("z"), del("z1", "y"), del("a", "b"), del("b", "y", "0")}, indented},
		{"a new member on its own line", "{\n\t\"a\": 1\n}\n", []Edit{set1("2", "b")}, "{\n\t\"a\": 1,\n\t\"b\": 2\n}\n"},
		{"Windows lines", "{\r\n  \"a\": 1\r\n}\r\n", []Edit{set1(`{"x":1}`, "b")},
			"{\r\n  \"a\": 1,\r\n  \"b\": {\r\n    \"x\": 1\r\n  }\r\n}\r\n"},
		{"compact", `{"a":1}`, []Edit{set1(`{"x": [1, 2]}`, "b")}, `{"a":1,"b":{"x":[1,2]}}`},
		{"one line with spaces", `{"a": 1}`, []Edit{set1(`{"x":[1,2]}`, "b")}, `{"a": 1, "b": {"x": [1, 2]}}`},
		{"one line with padding", `{ "a": 1, "b": 2 }`, []Edit{set1(`{"x":1}`, "c")},
			`{ "a": 1, "b": 2, "c": { "x": 1 } }`},
		{"the comma in front", "{ \"a\": 1\n, \"b\": 2\n}", []Edit{set1("3", "c")}, "{ \"a\": 1\n, \"b\": 2\n, \"c\": 3\n}"},
		{"two members to a line", "{\n  \"a\": 1, \"b\": 2\n}", []Edit{set1(`{"x":1}`, "c")},
			"{\n  \"a\": 1, \"b\": 2, \"c\": {\"x\": 1}\n}"},
		{"a Windows blank line between groups", "{\r\n \"a\": 1,\r\n\r\n \"b\": 2\r\n}", []Edit{set1("3", "c")},
			"{\r\n \"a\": 1,\r\n\r\n \"b\": 2,\r\n \"c\": 3\r\n}"},
		{"a blank line between groups is not the rule", "{\n  \"a\": 1,\n\n  \"b\": 2\n}", []Edit{set1("3", "c")},
			"{\n  \"a\": 1,\n\n  \"b\": 2,\n  \"c\": 3\n}"},
		{"new members in the order of the edits", `{"m":0}`, []Edit{set1("1", "z"), set1("2", "a")}, `{"m":0,"z":1,"a":2}`},
		{"all members replaced by another", "{\n  \"a\": 1\n}", []Edit{del("a"), set1("2", "b")}, "{\n  \"b\": 2\n}"},
		{"an empty document is indented by two", "{}\n", []Edit{set1("1", "a", "b")},
			"{\n  \"a\": {\n    \"b\": 1\n  }\n}\n"},
		{"an empty object follows the unit of the file", "{\n\t\"a\": {},\n\t\"b\": { }\n}", []Edit{set1("1", "a", "x")},
			"{\n\t\"a\": {\n\t\t\"x\": 1\n\t},\n\t\"b\": { }\n}"},
		{"an empty object on one line", `{"a":{}}`, []Edit{set1("1", "a", "x")}, `{"a":{"x":1}}`},
		{"an empty object in a one-line document keeps its inner space", `{"a":{ }}`, []Edit{del("a", "x")}, `{"a":{ }}`},
		{"missing objects are made", "{\n  \"a\": 1\n}", []Edit{set1("1", "b", "c", "d"), set1("2", "b", "e")},
			"{\n  \"a\": 1,\n  \"b\": {\n    \"c\": {\n      \"d\": 1\n    },\n    \"e\": 2\n  }\n}"},
		{"a scalar in the way gives way", "{\n  \"a\": 1\n}", []Edit{set1("1", "a", "b")},
			"{\n  \"a\": {\n    \"b\": 1\n  }\n}"},
		{"an array in the way gives way, though the segment is a number", `{"a":[1]}`, []Edit{set1("1", "a", "0")},
			`{"a":{"0":1}}`},
		{"an object in the place of a scalar", indented, []Edit{set1(`{"k":{}}`, "c")},
			strings.Replace(indented, "null", "{\n    \"k\": {}\n  }", 1)},
		{"a scalar in the place of an object", `{"a": {"b": 1}}`, []Edit{set1(" 1 ", "a")}, `{"a": 1}`},
		{"equal members of a replaced object stay", `{"a": {"x": 1.0, "y" : 2, "z":3}}`,
			[]Edit{set1(`{"z":3,"x":1,"y":4,"w":5}`, "a")}, `{"a": {"x": 1.0, "y" : 4, "z":3, "w": 5}}`},
		{"equal elements of a replaced array stay", `{"a": [1.0, {"k" : 2},  3]}`,
			[]Edit{set1(`[3,{"k":2},1,4]`, "a")}, `{"a": [3, {"k" : 2}, 1.0, 4]}`},
		{"an element appended to lines", "{\n  \"a\": [\n    \"x\"\n  ]\n}", []Edit{set1(`["x","y"]`, "a")},
			"{\n  \"a\": [\n    \"x\",\n    \"y\"\n  ]\n}"},
		{"an element removed from lines", "{\n  \"a\": [\n    \"x\",\n    \"y\"\n  ]\n}", []Edit{set1(`["y"]`, "a")},
			"{\n  \"a\": [\n    \"y\"\n  ]\n}"},
		{"a matrix keeps its rows", "{\"a\": [\n  1, 0,\n  0, 1]}", []Edit{set1(`[1,0,0,2]`, "a")},
			"{\"a\": [\n  1, 0,\n  0, 2]}"},
		{"a field of an element in place", "{\n  \"users\": [\n    { \"name\": \"a\", \"id\": 1.0 },\n    { \"name\": \"b\", \"id\": 2 }\n  ]\n}",
			[]Edit{set1(`[{"name":"a","id":1},{"id":3,"name":"b"}]`, "users")},
			"{\n  \"users\": [\n    { \"name\": \"a\", \"id\": 1.0 },\n    { \"name\": \"b\", \"id\": 3 }\n  ]\n}"},
		{"a new element beside one-line elements", "[\n  { \"id\": 1 }\n]\n", []Edit{set1(`[{"id":1},{"id":2}]`)},
			"[\n  { \"id\": 1 },\n  { \"id\": 2 }\n]\n"},
		{"a new object beside one-line objects", "{\n  \"a\": {\"id\": 1}\n}\n", []Edit{set1(`{"id":2}`, "b")},
			"{\n  \"a\": {\"id\": 1},\n  \"b\": {\"id\": 2}\n}\n"},
		{"an array emptied", "{\n  \"a\": [\n    1\n  ]\n}", []Edit{set1("[]", "a")}, "{\n  \"a\": []\n}"},
		{"an empty array filled", "{\n  \"a\": []\n}", []Edit{set1("[1]", "a")}, "{\n  \"a\": [\n    1\n  ]\n}"},
		{"an empty array set to itself", `{"a":[ ]}`, []Edit{set1("[]", "a")}, `{"a":[ ]}`},
		{"the root", " {\"a\":1}\n", []Edit{set1("[1]")}, " [\n  1\n]\n"},
		{"the root of another kind gives way", "null\n", []Edit{set1("1", "a")}, "{\n  \"a\": 1\n}\n"},
		{"a key spelled with escapes keeps its spelling", `{"\u0061":1}`, []Edit{set1("2", "a")}, `{"\u0061":2}`},
		{"keys that other libraries trip over", `{"":1,"0":2,"a*":3,"a.b":4,":0":5,"~/":6}`,
			[]Edit{set1("0", ""), set1("0", "0"), set1("0", "a*"), set1("0", "a.b"), set1("0", ":0"), del("~/")},
			`{"":0,"0":0,"a*":0,"a.b":0,":0":0}`},
		{"verbatim, in another layout than the file's", indented, []Edit{{[]string{"b"}, "{\"z\":1,\n\"x\": [ ] }", true}},
			"{\n  \"a\": 1.50,\n  \"b\": {\"z\":1,\n\"x\": [ ] },\n  \"c\": null\n}\n"},
		{"verbatim, an equal value", `{"a": 1.0}`, []Edit{{[]string{"a"}, "1", true}}, `{"a": 1}`},
		{"a new key is quoted no more than needed", `{}`, []Edit{set1(`"<&>"`, "<\n\xed\xa0\xbd>")},
			"{\n  \"<\\n\\ud83d>\": \"<&>\"\n}"},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			got, err := Apply(mustParse(t, test.src), test.edits)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
			const front = "in front"
			if got, err := AppendApply([]byte(front), mustParse(t, test.src), test.edits); err != nil || string(got) != front+test.want {
				t.Errorf("behind other text: %v, got\n%s", err, got)
			}
		})
	}
}

func TestEditsThatCannotBeAppliedAreNamed(t *testing.T) {
	tests := []struct {
		why   string
		edits []Edit
		index int
		want  error
	}{
		{"twice the same path", []Edit{set1("1", "a"), set1("1", "a")}, 1, ErrOverlap},
		{"below another", []Edit{set1("{}", "a"), set1("1", "a", "b", "c")}, 1, ErrOverlap},
		{"above another", []Edit{set1("1", "a", "b", "c"), del("a")}, 1, ErrOverlap},
		{"the root and a member", []Edit{set1("{}"), set1("1", "a")}, 1, ErrOverlap},
		{"the root deleted", []Edit{set1("1", "a"), del()}, 1, ErrDeleteRoot},
		{"a key that is not UTF-8", []Edit{set1("1", "a\xff")}, 0, ErrKey},
		{"two halves that the file would join", []Edit{set1("1", "\xed\xa0\xbd\xed\xb8\x80")}, 0, ErrKey},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			_, err := Apply(mustParse(t, "{}"), test.edits)
			var bad *EditError
			if !errors.As(err, &bad) || bad.Index != test.index || !errors.Is(err, test.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAValueMustBeOneStrictText(t *testing.T) {
	for value, want := range map[string]Class{
		" ": WhitespaceOnly, "1,": TrailingGarbage, `1,"b":2`: TrailingGarbage, `{"s3cret":1,"s3cret":1}`: DuplicateKey, `"s3cret`: Truncated,
	} {
		_, err := Apply(mustParse(t, "{}"), []Edit{set1(value, "a")})
		var bad *EditError
		if !errors.As(err, &bad) || classOf(t, err) != want {
			t.Errorf("%q: %v", value, err)
		}
		if strings.Contains(fmt.Sprintf("%+v", err), "s3cret") {
			t.Error("the error holds the value")
		}
	}
}

func TestTheResultStaysWithinTheLimits(t *testing.T) {
	tests := []struct {
		why  string
		l    Limits
		edit Edit
		want Class
	}{
		{"as deep as allowed", Limits{MaxDepth: 3}, set1("[]", "a", "b"), ""},
		{"the value is too deep there", Limits{MaxDepth: 3}, set1("[[]]", "a", "b"), TooDeep},
		{"the path is as deep as allowed", Limits{MaxDepth: 3}, set1("1", "a", "b", "c"), ""},
		{"the path is too deep", Limits{MaxDepth: 3}, set1("1", "a", "b", "c", "d"), TooDeep},
		{"a deletion makes nothing", Limits{MaxDepth: 3}, del("a", "b", "c", "d", "e"), ""},
		{"as large as allowed", Limits{MaxSize: len("{\n  \"a\": 1\n}")}, set1("1", "a"), ""},
		{"one byte larger", Limits{MaxSize: len("{\n  \"a\": 1\n}")}, set1("12", "a"), TooLarge},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			tree, err := Parse([]byte("{}"), test.l)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := AppendApply([]byte("in front"), tree, []Edit{test.edit}); classOf(t, err) != test.want {
				t.Errorf("behind other text: got %v, want class %q", err, test.want)
			}
			got, err := Apply(tree, []Edit{test.edit})
			if classOf(t, err) != test.want {
				t.Fatalf("got %v, want class %q", err, test.want)
			}
			if err == nil {
				if _, err := Parse(got, test.l); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestAddingAMemberAndDeletingItRestoresTheBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := model{objectOf(2).Draw(t, "doc")}.render(t)
		tree := mustParseRapid(t, src)
		key := nastyString().Draw(t, "key")
		if _, ok := tree.Root().Get(key); ok || tree.Root().Len() == 0 {
			t.Skip("not an addition")
		}
		added, err := Apply(tree, []Edit{set1("{}", key)})
		if err != nil {
			t.Fatal(err)
		}
		restored, err := Apply(mustParseRapid(t, string(added)), []Edit{del(key)})
		if err != nil || string(restored) != src {
			t.Fatalf("got %q, %v, want %q", restored, err, src)
		}
	})
}

func TestSettingWhatIsThereChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := document(3).Draw(t, "doc").render(t)
		tree := mustParseRapid(t, src)
		var edits []Edit
		for key, member := range tree.Root().Members() {
			edits = append(edits, set1(member.Raw(), key))
		}
		if len(edits) == 0 || rapid.Bool().Draw(t, "root") {
			edits = []Edit{set1(tree.Root().Raw())}
		}
		if got, err := Apply(tree, edits); err != nil || string(got) != src {
			t.Fatalf("got %q, %v, want %q", got, err, src)
		}
	})
}

func TestEditsAgreeWithAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree := mustParseRapid(t, document(3).Draw(t, "doc").render(t))
		var edits []Edit
		for range rapid.IntRange(0, 5).Draw(t, "edits") {
			e := Edit{Path: drawPath(t, tree.Root())}
			if len(e.Path) == 0 || rapid.IntRange(0, 2).Draw(t, "delete") > 0 {
				e.Value = document(2).Draw(t, "value").render(t)
				e.Verbatim = rapid.Bool().Draw(t, "verbatim")
			}
			edits = append(edits, e)
		}
		checkApply(t, tree, edits)
	})
}

// drawPath walks down members that are there, more often than not, and ends with one that may not be.
func drawPath(t *rapid.T, n Node) []string {
	var path []string
	for rapid.IntRange(0, 3).Draw(t, "deeper") > 0 {
		key := nastyString().Draw(t, "key")
		var keys []string
		if n.tree != nil {
			for key := range n.Members() {
				keys = append(keys, key)
			}
		}
		if len(keys) > 0 && rapid.IntRange(0, 3).Draw(t, "known") > 0 {
			key = rapid.SampledFrom(keys).Draw(t, "key")
		}
		path = append(path, key)
		if n.tree != nil {
			n, _ = n.Get(key)
		}
	}
	return path
}

type fataler interface {
	Fatalf(format string, args ...any)
}

// checkApply applies the edits and compares with the model; overlapping ones must be refused.
func checkApply(t fataler, tree *Tree, edits []Edit) {
	got, err := Apply(tree, edits)
	if err != nil {
		if !errors.Is(err, ErrOverlap) || !overlap(edits) {
			t.Fatalf("%v", err)
		}
		return
	}
	if overlap(edits) {
		t.Fatalf("overlapping edits accepted: %+v", edits)
	}
	want := model{modelOf(tree.Root())}
	for _, e := range edits {
		want.apply(e)
	}
	after, err := Parse(got, tree.limits)
	if err != nil {
		t.Fatalf("%q is refused: %v", got, err)
	}
	if canonical := Canonical(string(got)); canonical != want.canonical() {
		t.Fatalf("%q with %+v is\n%q, want\n%q", tree.src, edits, canonical, want.canonical())
	}
	checkUntouched(t, nil, tree.Root(), after.Root(), edits)
	for _, e := range edits {
		if _, was := find(tree.Root(), e.Path); was && e.Verbatim {
			if is, _ := find(after.Root(), e.Path); is.Raw() != strings.TrimSpace(e.Value) {
				t.Fatalf("%q at %q was not put in as it is: %q", e.Value, e.Path, is.Raw())
			}
		}
	}
}

func find(n Node, path []string) (Node, bool) {
	ok := true
	for _, key := range path {
		if n, ok = n.Get(key); !ok {
			return Node{}, false
		}
	}
	return n, true
}

// checkUntouched fails unless what no edit concerns has kept its bytes and its order.
func checkUntouched(t fataler, path []string, before, after Node, edits []Edit) {
	for _, e := range edits {
		if isPrefix(e.Path, path) {
			return
		}
	}
	if !slices.ContainsFunc(edits, func(e Edit) bool { return isPrefix(path, e.Path) }) {
		if before.Raw() != after.Raw() {
			t.Fatalf("%q: %q became %q", path, before.Raw(), after.Raw())
		}
		return
	}
	last := -1
	for key, member := range before.Members() {
		below := append(slices.Clone(path), key)
		now, ok := after.Get(key)
		if !ok {
			continue // the model knows whether it may be gone
		}
		if member.keyLiteral() != now.keyLiteral() || member.colonGap() != now.colonGap() || now.begin() < last {
			t.Fatalf("%q: the key was respelled or moved", below)
		}
		last = now.begin()
		checkUntouched(t, below, member, now, edits)
	}
}

func overlap(edits []Edit) bool {
	for i, e := range edits {
		for _, other := range edits[i+1:] {
			if isPrefix(e.Path, other.Path) || isPrefix(other.Path, e.Path) {
				return true
			}
		}
	}
	return false
}

func isPrefix(prefix, path []string) bool {
	return len(prefix) <= len(path) && slices.Equal(prefix, path[:len(prefix)])
}

// Each new line would begin with the file's indentation, or with two thousand blanks at the depth of the value.
func TestWhiteSpaceIsNotMultiplied(t *testing.T) {
	wide := strings.Repeat(" ", 1000)
	list := "[" + strings.Repeat("[{\"a\":1}],", 10_000) + "0]"
	tests := []struct{ why, src, value string }{
		{"a deep value", "{\n  \"a\": 1\n}", strings.Repeat("[", 990) + list + strings.Repeat("]", 990)},
		{"between elements", "{\"a\": [1,\n" + wide + "2]}", list},
		{"in front of the first element", "{\"a\": [\n" + wide + "2]}", list},
		{"on one line", "{\"a\": [1," + wide + "2]}", list},
		{"inside braces", "{" + wide + "\"a\": [1,2]}", list},
		{"behind the colon", "{\"a\":" + wide + "[1,2]}", list},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			got, err := Apply(mustParse(t, test.src), []Edit{set1(test.value, "a")})
			if err != nil {
				t.Fatal(err)
			}
			if limit := 100 * len(test.value); len(got) > limit {
				t.Errorf("%d bytes grew to %d", len(test.value), len(got))
			}
			tree := mustParse(t, string(got))
			if a, _ := tree.Root().Get("a"); !Equal(a.Raw(), test.value) {
				t.Error("the value is another")
			}
		})
	}
}

func TestManyEditsCostOnePass(t *testing.T) {
	apply := func(n int) func() {
		tree := mustParse(t, objectOfKeys(n))
		var edits []Edit
		for i := range n {
			edits = append(edits, set1("null", fmt.Sprint(2*i)))
		}
		return func() {
			if _, err := Apply(tree, edits); err != nil {
				t.Fatal(err)
			}
		}
	}
	few, many := cost(t, apply(2000)), cost(t, apply(60_000))
	if many > 30*10*few {
		t.Errorf("%v for thirty times as many as in %v", many, few)
	}
}

// Comparing the elements afresh at every level would cost the square of the depth.
func TestDeeplyNestedArraysAreComparedOnce(t *testing.T) {
	replace := func(depth int) func() {
		nested := func(core string) string {
			return strings.Repeat("[", depth) + strings.Repeat("12345,", 20_000) + core + strings.Repeat("]", depth)
		}
		tree := mustParse(t, nested("1"))
		return func() {
			if got, err := Apply(tree, []Edit{set1(nested("2"))}); err != nil || string(got) != nested("2") {
				t.Fatalf("wrong, %v", err)
			}
		}
	}
	shallow, deep := cost(t, replace(3)), cost(t, replace(900))
	if deep > 20*shallow {
		t.Errorf("%v at depth 900, %v at depth 3", deep, shallow)
	}
}
