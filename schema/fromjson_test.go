package schema

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

func TestAKeywordWithoutEffectIsAnError(t *testing.T) {
	for _, tt := range []struct {
		reason, text string
		at, want     string
	}{
		{"an unknown word", `{"properties": {"a": {"x-cfgmerge": "frist"}}}`, "/properties/a/x-cfgmerge", `unknown word "frist"`},
		{"two policies in one keyword", `{"properties": {"a": {"x-cfgmerge": "max,min"}}}`, "/properties/a/x-cfgmerge", "two policies"},
		{"two policies in two schemas", `{"properties": {"a": {"x-cfgmerge": "max", "$ref": "#/$defs/m"}}, "$defs": {"m": {"x-cfgmerge": "min"}}}`, "/$defs/m", "two policies"},
		{"a number", `{"properties": {"a": {"x-cfgmerge": 1}}}`, "/properties/a/x-cfgmerge", "a string or an object"},
		{"another spelling", `{"properties": {"a": {"X-CfgMerge": "max"}}}`, "/properties/a/X-CfgMerge", "spelled x-cfgmerge"},
		{"an unknown word in an object", `{"properties": {"a": {"x-cfgmerge": {"policy": "max"}}}}`, "/properties/a/x-cfgmerge", `unknown word "policy"`},
		{"the default, which is not a word", `{"properties": {"a": {"x-cfgmerge": {"kind": "lww"}}}}`, "/properties/a/x-cfgmerge", `unknown word "lww"`},
		{"an empty word", `{"properties": {"a": {"x-cfgmerge": {"kind": ""}}}}`, "/properties/a/x-cfgmerge", "not empty"},
		{"a flag that is neither", `{"properties": {"a": {"x-cfgmerge": {"secret": "yes"}}}}`, "/properties/a/x-cfgmerge", "true or false"},
		{"an id without keyed", `{"properties": {"a": {"x-cfgmerge": {"kind": "set", "id": "x"}}}}`, "/properties/a/x-cfgmerge", "belong together"},
		{"a group without a kind", `{"properties": {"a": {"x-cfgmerge": {"group": "auth", "role": "access"}}}}`, "/properties/a/x-cfgmerge", "belong together"},
		{"an unknown role", `{"properties": {"a": {"x-cfgmerge": {"kind": "token", "group": "a", "role": "id"}}}}`, "/properties/a/x-cfgmerge", "unknown role"},
		{"an unknown form", `{"properties": {"a": {"x-cfgmerge": {"kind": "token", "group": "a", "role": "expiry", "form": "min"}}}}`, "/properties/a/x-cfgmerge", "unknown form"},
		{"a form of no expiry", `{"properties": {"a": {"x-cfgmerge": {"kind": "token", "group": "a", "role": "access", "form": "s"}}}}`, "/properties/a/x-cfgmerge", "role expiry"},
		{"a role without a token", `{"properties": {"a": {"x-cfgmerge": "access"}}}`, "/properties/a", "needs token=NAME"},
		{"a token in which nothing is secret", `{"properties": {"a": {"x-cfgmerge": "token=t"}}}`, "/properties/a", "no field of t"},
		{"a group in two objects", `{"properties": {"a": {"x-cfgmerge": "group=g"}, "b": {"properties": {"c": {"x-cfgmerge": "group=g"}}}}}`, "/properties/b/properties/c", "keys of two objects"},
		{"a member without a key of its own", `{"additionalProperties": {"x-cfgmerge": "group=g"}}`, "/additionalProperties", "a key of its own"},
		{"the root", `{"x-cfgmerge": "secret"}`, "", "the root has no policy"},
		{"a set of what is no array", `{"properties": {"a": {"type": ["string", "null"], "x-cfgmerge": "set"}}}`, "/properties/a", "set needs an array"},
		{"recursion", `{"properties": {"kids": {"items": {"$ref": "#"}}, "n": {"x-cfgmerge": "max"}}}`, "/properties/kids", "contains itself"},
		{"recursion, a way round", `{"$ref": "#/$defs/a", "$defs": {"a": {"properties": {"b": {"$ref": "#/$defs/b"}}}, "b": {"allOf": [{"$ref": "#/$defs/a"}], "properties": {"n": {"x-cfgmerge": "max"}}}}}`, "/$defs/a/properties/b", "contains itself"},
		{"what must not be", `{"not": {"properties": {"a": {"x-cfgmerge": "max"}}}}`, "/not/properties/a/x-cfgmerge", "below not"},
		{"a condition", `{"if": {"properties": {"a": {"x-cfgmerge": "max"}}}}`, "/if/properties/a/x-cfgmerge", "below if"},
		{"some element", `{"properties": {"l": {"contains": {"x-cfgmerge": "secret"}}}}`, "/properties/l/contains/x-cfgmerge", "below contains"},
		{"the first element", `{"properties": {"l": {"prefixItems": [{"x-cfgmerge": "secret"}]}}}`, "/properties/l/prefixItems/0/x-cfgmerge", "not for one"},
		{"the first element, in older drafts", `{"properties": {"l": {"items": [{"x-cfgmerge": "secret"}]}}}`, "/properties/l/items/0/x-cfgmerge", "not for one"},
		{"unnamed members beside named ones", `{"properties": {"a": {}}, "additionalProperties": {"x-cfgmerge": "max"}}`, "/properties/a", "would apply here too"},
		{"below unnamed members beside named ones", `{"properties": {"a": {"type": "object"}}, "additionalProperties": {"properties": {"b": {"x-cfgmerge": "max"}}}}`, "/properties/a", "would apply here too"},
		{"members of two patterns", `{"patternProperties": {"^a": {"x-cfgmerge": "max"}, "^b": {}}}`, "/patternProperties/^b", "would apply here too"},
		{"another file", `{"properties": {"a": {"$ref": "other.json#/x"}}}`, "/properties/a", "nothing is fetched"},
		{"the network", `{"$id": "https://e.com/x", "properties": {"a": {"$ref": "y"}}}`, "/properties/a", "nothing is fetched"},
		{"a reference to nothing", `{"properties": {"a": {"$ref": "#/$defs/a"}}}`, "/properties/a", "leads nowhere"},
		{"a reference to an anchor that is not there", `{"properties": {"a": {"$ref": "#a"}}}`, "/properties/a", "leads nowhere"},
		{"a reference that is none", `{"properties": {"a": {"$ref": "#/%zz"}}}`, "/properties/a", "leads nowhere"},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			_, err := FromJSON([]byte(tt.text))
			var ke *KeywordError
			if !errors.As(err, &ke) {
				t.Fatalf("got %v, want a *KeywordError", err)
			}
			if ke.At != tt.at || !strings.Contains(ke.Reason, tt.want) {
				t.Errorf("got %v, want it at #%s and %q", err, tt.at, tt.want)
			}
		})
	}
}

func TestKeywordErrorsNameLineAndColumn(t *testing.T) {
	_, err := FromJSON([]byte("{\n \"properties\": {\n  \"ä\": {\"x-cfgmerge\": \"frist\"}}}"))
	const want = `the schema #/properties/ä/x-cfgmerge (line 3, column 24): unknown word "frist"`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestATextThatIsNoJSONIsASyntaxError(t *testing.T) {
	for text, class := range map[string]strictjson.Class{
		"": strictjson.Empty, `{"a": 1, "a": 2}`: strictjson.DuplicateKey, `{`: strictjson.Truncated,
		strings.Repeat("[", 2000): strictjson.TooDeep, strings.Repeat(" ", 20<<20): strictjson.TooLarge,
	} {
		_, err := FromJSON([]byte(text))
		var syntax *strictjson.SyntaxError
		if !errors.As(err, &syntax) || syntax.Class != class {
			t.Errorf("got %v, want %s", err, class)
		}
	}
}

// Each of these would take years, or all memory.
func TestHostileSchemasEndSoon(t *testing.T) {
	doubling := func(keyword string, n int, last string) string {
		var b strings.Builder
		b.WriteString(`{"$ref": "#/$defs/0", "$defs": {`)
		for i := range n {
			fmt.Fprintf(&b, `"%d": {"properties": {"a": {%s}, "b": {%s}}},`, i, fmt.Sprintf(keyword, i+1), fmt.Sprintf(keyword, i+1))
		}
		fmt.Fprintf(&b, `"%d": %s}}`, n, last)
		return b.String()
	}
	chain := func(n int) string {
		var b strings.Builder
		b.WriteString(`{"properties": {"a": {"$ref": "#/$defs/0"}}, "$defs": {`)
		for i := range n {
			fmt.Fprintf(&b, `"%d": {"$ref": "#/$defs/%d"},`, i, i+1)
		}
		fmt.Fprintf(&b, `"%d": {"x-cfgmerge": "max"}}}`, n)
		return b.String()
	}
	for _, tt := range []struct {
		reason, text string
		fine         bool
	}{
		{"2^60 places with a policy", doubling(`"$ref": "#/$defs/%d"`, 60, `{"x-cfgmerge": "secret"}`), false},
		{"2^60 places without", doubling(`"$ref": "#/$defs/%d"`, 60, `{}`), true},
		{"a long chain", chain(40_000), true},
		{"a longer one", chain(99_999), false},
		{"too many parts", `{"allOf": [` + strings.Repeat(`{},`, maxSubs) + `{}]}`, false},
		{"deep nesting", strings.Repeat(`{"items":`, 900) + `{}` + strings.Repeat(`}`, 900), true},
		{"a reference to itself", `{"$ref": "#"}`, true},
	} {
		_, err := FromJSON([]byte(tt.text))
		var ke *KeywordError
		if (err == nil) != tt.fine || err != nil && !errors.As(err, &ke) {
			t.Errorf("%s: got %v", tt.reason, err)
		}
	}
}

func FuzzFromJSON(f *testing.F) {
	for _, text := range []string{
		`{"$ref": "#/$defs/a", "$defs": {"a": {"properties": {"b": {"x-cfgmerge": "token=t,access"}}, "not": {}}}}`,
		`{"allOf": [{"items": {"$ref": "#x"}}, {"$anchor": "x", "additionalProperties": {"x-cfgmerge": {"kind": "keyed", "id": "i"}}}]}`,
		`{"$id": "urn:a", "patternProperties": {"^": {"$id": "b", "$ref": "urn:a#"}}}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 {
			return
		}
		table, err := FromJSON([]byte(text))
		if err == nil && table == nil {
			t.Error("neither a table nor an error")
		}
	})
}
