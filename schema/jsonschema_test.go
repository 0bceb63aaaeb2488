package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/lww"
)

// sameTable says that the schema written for t has the policies of its tags.
func sameTable(t *testing.T, typ reflect.Type) bool {
	t.Helper()
	s, err := Of(typ)
	if err != nil {
		return false
	}
	text := s.JSONSchema("https://example.com/app.schema.json")
	got, err := FromJSON(text)
	if err != nil {
		t.Fatalf("%v: %v\n%s", typ, err, text)
	}
	if want := s.Table(); !maps.EqualFunc(got, want, samePolicy) {
		t.Fatalf("%v:\ngot  %+v\nwant %+v\n%s", typ, got, want, text)
	}
	return len(got) > 0
}

func samePolicy(p, q lww.Policy) bool { return reflect.DeepEqual(p, q) }

func TestTheSchemaOfATypeHasThePoliciesOfItsTags(t *testing.T) {
	for _, v := range []any{
		struct {
			Tokens map[string]Tokens `json:"tokens"`
			ID     string            `cfgmerge:"first,local"`
		}{},
		struct{ T [3][]Tokens }{},
		struct {
			A []map[string]any `cfgmerge:"keyed=it's"`
			S []string         `cfgmerge:"set,secret"`
			O Self             `cfgmerge:"max"`
		}{},
		struct {
			*Tokens
			N int `json:"a/b~c<ü" cfgmerge:"min"`
		}{},
		struct{ M map[string]sealedAt }{},
		Self{}, Matrix{}, Forest{}, Embedder{}, nil, new(any), json.RawMessage{},
	} {
		sameTable(t, reflect.TypeOf(v))
	}
}

func TestTheSchemasOfRandomTypesHaveThePoliciesOfTheirTags(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	declared := 0
	for range 6_000 {
		if sameTable(t, randomTagged(rnd, 3)) {
			declared++
		}
	}
	if declared < 600 {
		t.Errorf("only %d of the types declare anything", declared)
	}
}

// randomTagged returns a struct type with tags, many of which make no sense.
func randomTagged(rnd *rand.Rand, depth int) reflect.Type {
	words := []string{"first", "max", "min", "set", "keyed=A", "group=g", "group=h", "token=t,access", "token=t", "token=t,refresh",
		"token=t,expiry,secret", "token=u,access", "secret", "local", "secret,local"}
	var fields []reflect.StructField
	for _, name := range pick(rnd, []string{"A", "B", "C", "D", "E"}) {
		f := reflect.StructField{Name: name, Type: randomTaggedType(rnd, depth)}
		if rnd.IntN(2) == 0 {
			f.Tag = reflect.StructTag(fmt.Sprintf("cfgmerge:%q", words[rnd.IntN(len(words))]))
		}
		fields = append(fields, f)
	}
	return reflect.StructOf(fields)
}

func randomTaggedType(rnd *rand.Rand, depth int) reflect.Type {
	leaves := []reflect.Type{
		reflect.TypeFor[int](), reflect.TypeFor[*string](), reflect.TypeFor[[]any](), reflect.TypeFor[any](),
		reflect.TypeFor[time.Time](), reflect.TypeFor[Inner](), reflect.TypeFor[[]byte](), reflect.TypeFor[Self](),
	}
	if depth == 0 {
		return leaves[rnd.IntN(len(leaves))]
	}
	switch rnd.IntN(6) {
	case 0:
		return randomTagged(rnd, depth-1)
	case 1:
		return reflect.MapOf(reflect.TypeFor[string](), randomTaggedType(rnd, depth-1))
	case 2:
		return reflect.SliceOf(randomTaggedType(rnd, depth-1))
	case 3:
		return reflect.PointerTo(randomTaggedType(rnd, depth-1))
	}
	return leaves[rnd.IntN(len(leaves))]
}

func TestASchemaSaysWhatTheEncoderWrites(t *testing.T) {
	type Leaf struct {
		N uint8 `json:"n,string"`
	}
	type Config struct {
		When  time.Time       `json:"when" cfgmerge:"max"`
		Bytes []byte          `json:"bytes"`
		Map   map[string]Leaf `json:"map"`
		One   *Leaf           `json:"one,omitempty"`
		Any   any             `json:"any"`
		Num   json.Number     `json:"num"`
		F     [2]float32      `json:"f"`
		Word  ValueText       `json:"word"`
	}
	s, err := Of(reflect.TypeFor[Config]())
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "properties": {
    "when": {
      "type": "string",
      "format": "date-time",
      "x-cfgmerge": "max"
    },
    "bytes": {
      "type": [
        "string",
        "null"
      ],
      "contentEncoding": "base64"
    },
    "map": {
      "type": [
        "object",
        "null"
      ],
      "additionalProperties": {
        "type": "object",
        "properties": {
          "n": {
            "type": "string"
          }
        }
      }
    },
    "one": {
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "n": {
          "type": "string"
        }
      }
    },
    "any": {},
    "num": {
      "type": [
        "number",
        "string"
      ]
    },
    "f": {
      "type": "array",
      "items": {
        "type": "number"
      }
    },
    "word": {
      "type": "string"
    }
  }
}
`
	if got := string(s.JSONSchema("")); got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestATypeInManyPlacesIsWrittenOnce(t *testing.T) {
	type root struct{ Paths manyPaths[manyPaths[int]] } // 2^32 of them
	s, err := Of(reflect.TypeFor[root]())
	if err != nil {
		t.Fatal(err)
	}
	if text := string(s.JSONSchema("")); len(text) > 100_000 || !strings.Contains(text, `"$ref": "#/$defs/`) {
		t.Errorf("%d bytes", len(text))
	}
}

func TestKeywordsMayBeObjects(t *testing.T) {
	const text = `{"properties": {"list": {"x-cfgmerge": {"kind": "keyed", "id": "a,b", "local": true}},
		"a": {"x-cfgmerge": {"kind": "token", "group": "auth", "role": "refresh"}},
		"e": {"x-cfgmerge": {"kind": "token", "group": "auth", "role": "expiry", "form": "ms", "secret": true}}}}`
	got, err := FromJSON([]byte(text))
	want := table(lww.Table{
		"auth": {Kind: lww.Token, At: at(), Members: []string{"a", "e"}, Refresh: "a", Expiry: "e", ExpiryForm: "ms"},
	}, lww.Policy{Kind: lww.Keyed, At: at("list"), ID: "a,b", Local: true}, lww.Policy{At: at("e"), Secret: true})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestPoliciesAreFoundWhereverASchemaApplies(t *testing.T) {
	for _, tt := range []struct {
		reason, text string
		want         lww.Table
	}{
		{"no policies", `{"properties": {"a": {"type": "string"}}}`, lww.Table{}},
		{"the schema true", `true`, lww.Table{}},
		{"members, members of members", `{"properties": {"a": {"properties": {"b/c": {"x-cfgmerge": "max"}}}}}`,
			table(nil, lww.Policy{Kind: lww.Max, At: at("a", "b/c")})},
		{"unnamed members", `{"additionalProperties": {"x-cfgmerge": "first"}}`,
			table(nil, lww.Policy{Kind: lww.First, At: at("*")})},
		{"members named by a pattern", `{"patternProperties": {"^x": {"x-cfgmerge": "first"}}, "additionalProperties": false}`,
			table(nil, lww.Policy{Kind: lww.First, At: at("*")})},
		{"elements", `{"properties": {"l": {"items": {"properties": {"k": {"x-cfgmerge": "secret"}}}}}}`,
			table(nil, lww.Policy{At: at("l", "*", "k"), Secret: true})},
		{"behind a reference", `{"properties": {"a": {"$ref": "#/$defs/t%20x"}, "b": {"$ref": "#n"}}, "$defs": {"t x": {"x-cfgmerge": "max"}, "n": {"$anchor": "n", "x-cfgmerge": "min"}}}`,
			table(nil, lww.Policy{Kind: lww.Max, At: at("a")}, lww.Policy{Kind: lww.Min, At: at("b")})},
		{"behind a reference to where no schema is expected", `{"properties": {"a": {"$ref": "#/components/t"}}, "components": {"t": {"$ref": "#/components/u"}, "u": {"x-cfgmerge": "max"}}}`,
			table(nil, lww.Policy{Kind: lww.Max, At: at("a")})},
		{"in a schema with an $id of its own", `{"$id": "https://e.com/a/root", "properties": {"a": {"$ref": "leaf#/$defs/x"}, "b": {"$ref": "https://e.com/a/leaf"}, "c": {"$ref": "root#/$defs/l/$defs/x"}},
			"$defs": {"l": {"$id": "leaf", "x-cfgmerge": "min", "$defs": {"x": {"x-cfgmerge": "max"}, "y": {"$ref": "#/$defs/x"}}}}}`,
			table(nil, lww.Policy{Kind: lww.Max, At: at("a")}, lww.Policy{Kind: lww.Min, At: at("b")}, lww.Policy{Kind: lww.Max, At: at("c")})},
		{"in a schema that is a URN", `{"$id": "urn:x:y", "properties": {"a": {"$ref": "#/$defs/m"}, "b": {"$ref": "urn:x:y#/$defs/m"}}, "$defs": {"m": {"x-cfgmerge": "max"}}}`,
			table(nil, lww.Policy{Kind: lww.Max, At: at("a")}, lww.Policy{Kind: lww.Max, At: at("b")})},
		{"in one alternative: null is the other", `{"anyOf": [{"type": "null"}, {"properties": {"a": {"oneOf": [{"x-cfgmerge": "max"}, {}]}}}], "then": {"properties": {"b": {"x-cfgmerge": "local"}}}}`,
			table(nil, lww.Policy{Kind: lww.Max, At: at("a")}, lww.Policy{At: at("b"), Local: true})},
		{"the policy here, the flag there", `{"allOf": [{"properties": {"a": {"x-cfgmerge": "max,local"}}}, {"properties": {"a": {"x-cfgmerge": "secret"}}}, {"properties": {"a": {"x-cfgmerge": "max"}}}]}`,
			table(nil, lww.Policy{Kind: lww.Max, At: at("a"), Secret: true, Local: true})},
		{"a group beside other members", `{"additionalProperties": {"properties": {"a": {"x-cfgmerge": "token=t,access"}, "z": {}, "e": {"x-cfgmerge": "token=t,expiry"}}}}`,
			lww.Table{"t": {Kind: lww.Token, At: at("*"), Members: []string{"a", "e"}, Access: "a", Expiry: "e"}}},
		{"a definition that nobody uses", `{"$defs": {"a": {"properties": {"b": {"x-cfgmerge": "max"}}}}}`, lww.Table{}},
		{"data is no schema", `{"default": {"x-cfgmerge": 1}, "const": {"x-cfgmerge": 1}, "x-other": {"x-cfgmerge": 1}, "properties": {"x-cfgmerge": {}}}`, lww.Table{}},
		{"a cycle without policies", `{"$defs": {"n": {"properties": {"next": {"$ref": "#/$defs/n"}}}}, "$ref": "#/$defs/n", "properties": {"a": {"x-cfgmerge": "max"}}}`,
			table(nil, lww.Policy{Kind: lww.Max, At: at("a")})},
		{"a cycle that goes nowhere", `{"allOf": [{"$ref": "#"}], "properties": {"a": {"x-cfgmerge": "max"}}}`,
			table(nil, lww.Policy{Kind: lww.Max, At: at("a")})},
		{"a definition used here and below here", `{"$defs": {"s": {"x-cfgmerge": "secret"}}, "properties": {"a": {"$ref": "#/$defs/s", "properties": {"b": {"$ref": "#/$defs/s"}}}}}`,
			table(nil, lww.Policy{At: at("a"), Secret: true}, lww.Policy{At: at("a", "b"), Secret: true})},
		{"a named member that can't hold what unnamed ones do", `{"properties": {"$schema": {"type": "string"}}, "additionalProperties": {"properties": {"k": {"x-cfgmerge": "secret"}}}}`,
			table(nil, lww.Policy{At: at("*", "k"), Secret: true})},
		{"a named member that is like the unnamed ones", `{"$defs": {"p": {"properties": {"a": {"x-cfgmerge": "token=t,access"}}}}, "properties": {"default": {"$ref": "#/$defs/p"}}, "additionalProperties": {"$ref": "#/$defs/p"}}`,
			lww.Table{"t": {Kind: lww.Token, At: at("*"), Members: []string{"a"}, Access: "a"}}},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			got, err := FromJSON([]byte(tt.text))
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, tt.want)
			}
		})
	}
}
