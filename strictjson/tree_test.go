package strictjson

import (
	"slices"
	"testing"
)

func mustParse(t testing.TB, src string) *Tree {
	t.Helper()
	tree, err := Parse([]byte(src), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestEveryValueShowsItsSource(t *testing.T) {
	src := " {\"a\\n\": [1, 1.50e1 ,\t\"x\\u00e9\", null], \"\": {}, \"b\":true} "
	root := mustParse(t, src).Root()
	if start, end := root.Span(); start != 1 || end != len(src)-1 || root.Raw() != src[1:len(src)-1] {
		t.Errorf("root spans %d to %d", start, end)
	}
	var keys, raws []string
	for key, member := range root.Members() {
		keys, raws = append(keys, key), append(raws, member.Raw())
		if start, end := member.Span(); src[start:end] != member.Raw() {
			t.Errorf("%q spans %d to %d", key, start, end)
		}
	}
	if want := []string{"a\n", "", "b"}; !slices.Equal(keys, want) {
		t.Errorf("keys %q", keys)
	}
	if want := []string{"[1, 1.50e1 ,\t\"x\\u00e9\", null]", "{}", "true"}; !slices.Equal(raws, want) {
		t.Errorf("raws %q", raws)
	}
	array, _ := root.Get("a\n")
	var kinds []Kind
	for element := range array.Elements() {
		kinds = append(kinds, element.Kind())
	}
	if want := []Kind{Number, Number, String, Null}; !slices.Equal(kinds, want) {
		t.Errorf("kinds %v", kinds)
	}
}

func TestGetFindsOnlyTheExactKey(t *testing.T) {
	root := mustParse(t, `{"":0,"0":1,"a*":2,"a.b":3,":0":4,"~/":5,"\u0061":6,"\ud83d":7}`).Root()
	for i, key := range []string{"", "0", "a*", "a.b", ":0", "~/", "a", "\xed\xa0\xbd"} {
		member, ok := root.Get(key)
		if !ok || member.Raw() != string(rune('0'+i)) {
			t.Errorf("key %q: found %v", key, ok)
		}
	}
	for _, key := range []string{"A", "a.", "*", `\u0061`, "\ufffd"} {
		if _, ok := root.Get(key); ok {
			t.Errorf("key %q found", key)
		}
	}
}

func TestOtherKindsHaveNoChildrenAndNoText(t *testing.T) {
	for _, src := range []string{"1", "null", `"a"`, "[1]", "{}"} {
		n := mustParse(t, src).Root()
		for range n.Members() {
			t.Errorf("%s has a member", src)
		}
		if _, ok := n.Get("a"); ok {
			t.Errorf("%s has a member", src)
		}
		if n.Kind() != Array {
			for range n.Elements() {
				t.Errorf("%s has an element", src)
			}
		}
		if n.Kind() != String && n.Text() != "" {
			t.Errorf("%s has text", src)
		}
	}
}

func TestIterationCanStop(t *testing.T) {
	root := mustParse(t, `{"a":[1,2],"b":2}`).Root()
	for _, member := range root.Members() {
		for range member.Elements() {
			break
		}
		break
	}
}

func TestKindsHaveNames(t *testing.T) {
	for kind, name := range []string{"null", "bool", "number", "string", "array", "object", "invalid"} {
		if got := Kind(kind).String(); got != name {
			t.Errorf("kind %d is %q, want %q", kind, got, name)
		}
	}
}

func TestAtFollowsKeysAndNothingElse(t *testing.T) {
	tree, err := ParseObject([]byte(`{"a": {"b": {"": 1}}, "list": [{"b": 2}]}`), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range [][]string{{}, {"a"}, {"a", "b"}, {"a", "b", ""}} {
		n, ok := tree.Root().At(path)
		if want := map[int]Kind{0: Object, 1: Object, 2: Object, 3: Number}[len(path)]; !ok || n.Kind() != want {
			t.Errorf("%q: %v, %v", path, n, ok)
		}
	}
	for _, path := range [][]string{{"b"}, {"a", "c"}, {"a", "c", "b"}, {"a", "b", "", "d"}, {"list", "0"}} {
		if _, ok := tree.Root().At(path); ok {
			t.Errorf("%q was found", path)
		}
	}
}
