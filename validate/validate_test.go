package validate

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/schema"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

func tree(t *testing.T, text string) strictjson.Node {
	t.Helper()
	tree, err := strictjson.Parse([]byte(text), strictjson.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return tree.Root()
}

func compiled(t *testing.T, text string) *Schema {
	t.Helper()
	s, err := Compile([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// said renders violations on one line each.
func said(found []Violation) []string {
	out := []string{}
	for _, v := range found {
		out = append(out, fmt.Sprintf("%s %s %s", strictjson.JoinPointer(v.Path...), v.Rule, v.Message))
	}
	return out
}

func TestViolationsNamePlaceAndRule(t *testing.T) {
	for _, tt := range []struct {
		reason, schema, file string
		want                 []string
	}{
		{"nothing is wrong", `{"properties": {"a": {"type": "string"}}}`, `{"a": "x", "b": 1}`, []string{}},
		{"everything is allowed", `true`, `{"a": 1}`, []string{}},
		{"nothing is allowed", `false`, `{"a": 1}`, []string{" # must not be here"}},
		{"a type", `{"properties": {"a": {"type": ["string", "null"]}}}`, `{"a": 1}`, []string{"/a #/properties/a/type must be null or string, and is number"}},
		{"an integer is one however it is spelled", `{"properties": {"a": {"type": "integer"}}}`, `{"a": 1.0e2}`, []string{}},
		{"missing members, one by one", `{"required": ["b", "a"]}`, `{}`, []string{` #/required lacks the member "a"`, ` #/required lacks the member "b"`}},
		{"unknown members, one by one", `{"additionalProperties": false, "properties": {"a": {}}}`, `{"c": 1, "a": 1, "b": 1}`,
			[]string{"/c #/additionalProperties the schema allows no member of this name", "/b #/additionalProperties the schema allows no member of this name"}},
		{"behind a reference the rule is where it stands", `{"properties": {"a/b": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"minimum": 2}}}`, `{"a/b": 1}`,
			[]string{"/a~1b #/$defs/x/minimum must be at least 2"}},
		{"in the order of the text", `{"properties": {"a": {"maxLength": 1}, "b": {"items": {"enum": [1]}}}}`, `{"b": [1, 2, 3], "a": "xy"}`,
			[]string{"/b/1 #/properties/b/items/enum is none of the values that the schema allows", "/b/2 #/properties/b/items/enum is none of the values that the schema allows",
				"/a #/properties/a/maxLength must have at most 1 characters"}},
		{"an alternative to null is judged alone", `{"properties": {"a": {"anyOf": [{"type": "null"}, {"type": "object", "required": ["x"]}]}}}`, `{"a": {}}`,
			[]string{`/a #/properties/a/anyOf/1/required lacks the member "x"`}},
		{"two alternatives are not guessed at", `{"properties": {"a": {"oneOf": [{"minimum": 3}, {"minimum": 4}]}}}`, `{"a": 1}`, []string{"/a #/properties/a/oneOf fits none of the alternatives"}},
		{"one too many", `{"properties": {"a": {"oneOf": [{}, true]}}}`, `{"a": 1}`, []string{"/a #/properties/a/oneOf fits more than one of the alternatives"}},
		{"names", `{"propertyNames": {"pattern": "^[a-z]+$"}}`, `{"a": 1, "B": 2}`, []string{"/B #/propertyNames the schema allows no member of this name"}},
		{"formats are checked", `{"properties": {"a": {"format": "date-time"}}}`, `{"a": "yesterday"}`, []string{`/a #/properties/a/format is not of the format "date-time"`}},
		{"an older draft", `{"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"d": {"exclusiveMaximum": 1.5}}, "properties": {"a": {"$ref": "#/definitions/d"}}, "dependencies": {"a": ["b"]}}`, `{"a": 2}`,
			[]string{` #/dependencies/a lacks the member "b"`, "/a #/definitions/d/exclusiveMaximum must be less than 1.5"}},
		{"an $id does not change where a rule is", `{"$id": "https://e.com/s", "properties": {"a": {"const": 1}}}`, `{"a": 2}`, []string{"/a #/properties/a/const is not the one value that the schema allows"}},
		{"what the caller leaves out", `{"additionalProperties": false}`, `{"$schema": "x"}`, []string{}},
		{"and what the schema asks for all the same", `{"properties": {"$schema": {"const": "y"}}, "required": ["$schema"]}`, `{"$schema": "x"}`, []string{"/$schema #/properties/$schema/const is not the one value that the schema allows"}},
		{"half a surrogate pair in a key", `{"additionalProperties": {"type": "null"}}`, `{"\ud800": 1}`, []string{"/\xed\xa0\x80 #/additionalProperties/type must be null, and is number"}},
		{"a number of a gigabyte", `{"properties": {"a": {"multipleOf": 3}}}`, `{"a": 1e999999999}`, []string{"/a # the number is too long to be checked"}},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			found, more, err := compiled(t, tt.schema).Validate(tree(t, tt.file), "$schema")
			if got := said(found); err != nil || more != 0 || !slices.Equal(got, tt.want) {
				t.Errorf("got  %q, %d, %v\nwant %q", got, more, err, tt.want)
			}
		})
	}
}

func TestAViolationHoldsTheOffsetOfItsValue(t *testing.T) {
	const file = `{"ä": [1, "x"]}`
	found, _, err := compiled(t, `{"properties": {"ä": {"items": {"type": "number"}}}}`).Validate(tree(t, file))
	if err != nil || len(found) != 1 || file[found[0].Offset:] != `"x"]}` {
		t.Errorf("got %+v, %v", found, err)
	}
}

// Each rule is broken by a value that must not be said.
func TestNoMessageHoldsAValue(t *testing.T) {
	const secret, key = "CANARY", "key"
	for _, rule := range []string{
		`"type": "null"`, `"enum": [1]`, `"const": 1`, `"pattern": "^x"`, `"format": "date"`, `"maxLength": 1`, `"minLength": 100`, `"not": {}`,
		`"anyOf": [{"const": 1}, {"const": 2}]`, `"oneOf": [{"pattern": "C"}, {"pattern": "A"}]`, `"if": {}, "then": false`,
	} {
		found, _, err := compiled(t, `{"properties": {"`+key+`": {`+rule+`}}}`).Validate(tree(t, `{"key": "`+secret+`"}`))
		if err != nil || len(found) != 1 || strings.Contains(found[0].Message+found[0].Rule, secret) {
			t.Errorf("%s: got %+v, %v", rule, found, err)
		}
	}
	for _, rule := range []string{`"minimum": 8e9`, `"maximum": 1`, `"multipleOf": 7`, `"exclusiveMinimum": 8e9`, `"exclusiveMaximum": 1`} {
		found, _, err := compiled(t, `{"properties": {"key": {`+rule+`}}}`).Validate(tree(t, `{"key": 7777777777.5}`))
		if err != nil || len(found) != 1 || strings.Contains(found[0].Message, "77777") {
			t.Errorf("%s: got %+v, %v", rule, found, err)
		}
	}
	for _, rule := range []string{`"uniqueItems": true`, `"contains": {"const": 1}`, `"minItems": 9`, `"maxItems": 0`, `"items": {"type": "null"}`, `"prefixItems": [{}], "items": false`} {
		found, _, err := compiled(t, `{"properties": {"key": {`+rule+`}}}`).Validate(tree(t, `{"key": ["CANARY", "CANARY"]}`))
		for _, v := range found {
			if strings.Contains(v.Message+v.Rule, secret) {
				t.Errorf("%s: %+v", rule, v)
			}
		}
		if err != nil || len(found) == 0 {
			t.Errorf("%s: got %+v, %v", rule, found, err)
		}
	}
}

func TestASchemaThatCanNotBeUsedIsAnError(t *testing.T) {
	for _, tt := range []struct{ reason, text, at, want string }{
		{"a type that there is not", `{"properties": {"a": {"type": "CANARY"}}}`, "/properties/a/type", "none of"},
		{"a keyword of the wrong type", `{"properties": {"a": {"minimum": "CANARY"}}}`, "/properties/a/minimum", "must be number"},
		{"no schema at all", `["CANARY"]`, "", "must be"},
		{"a file with a secret", `{"type": "CANARY", "token": "CANARY"}`, "/type", "none of"},
		{"the network", `{"$ref": "https://CANARY.example.com/x"}`, "", "nothing is fetched"},
		{"another file", `{"$ref": "CANARY.json"}`, "", "nothing is fetched"},
		{"a file by its URL", `{"$ref": "file:///etc/passwd"}`, "", "nothing is fetched"},
		{"a dialect from the network", `{"$schema": "https://CANARY.example.com/x"}`, "", "nothing is fetched"},
		{"a reference to nothing", `{"$ref": "#/CANARY"}`, "", "leads nowhere"},
		{"an anchor that is not there", `{"$ref": "#CANARY"}`, "", "leads nowhere"},
		{"look-around", `{"properties": {"a": {"pattern": "(?=CANARY)"}}}`, "/properties/a/pattern", "linear time"},
		{"a pattern without end", `{"pattern": "` + strings.Repeat("(CANARY|", 2000) + `"}`, "/pattern", "linear time"},
		{"a pattern that grows", `{"pattern": "((((a{90}){90}){90}){90}){90}"}`, "/pattern", "linear time"},
		{"a number of a gigabyte", `{"minimum": 1e999999999}`, "/minimum", "too long"},
		{"too many parts", `{"allOf": [` + strings.Repeat(`{},`, maxParts) + `{}]}`, "", "more than"},
	} {
		_, err := Compile([]byte(tt.text))
		var se *SchemaError
		if !errors.As(err, &se) || se.At != tt.at || !strings.Contains(se.Reason, tt.want) || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: got %v", tt.reason, err)
		}
	}
	for text, class := range map[string]strictjson.Class{
		"": strictjson.Empty, `{"a": 1, "a": 2}`: strictjson.DuplicateKey, strings.Repeat("[", 2000): strictjson.TooDeep, strings.Repeat(" ", 20<<20): strictjson.TooLarge,
	} {
		_, err := Compile([]byte(text))
		var syntax *strictjson.SyntaxError
		if !errors.As(err, &syntax) || syntax.Class != class {
			t.Errorf("got %v, want %s", err, class)
		}
	}
}

func TestACircleIsTheSchemasFault(t *testing.T) {
	for _, text := range []string{`{"$ref": "#"}`, `{"properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"allOf": [{"$ref": "#/properties/a"}]}}}`} {
		_, _, err := compiled(t, text).Validate(tree(t, `{"a": 1}`))
		var se *SchemaError
		if !errors.As(err, &se) || !strings.Contains(se.Reason, "circle") {
			t.Errorf("%s: got %v", text, err)
		}
	}
	found, _, err := compiled(t, `{"properties": {"next": {"$ref": "#"}}, "type": "object"}`).Validate(tree(t, `{"next": {"next": 1}}`))
	if err != nil || len(found) != 1 {
		t.Errorf("a list is no circle: %v, %v", found, err)
	}
}

// Without a bound each of these takes hours, or all memory.
func TestWorkIsBounded(t *testing.T) {
	doubling := func(format string, n int, last string) string {
		var b strings.Builder
		b.WriteString(`{"$ref": "#/$defs/0", "$defs": {`)
		for i := range n {
			fmt.Fprintf(&b, `"%d": %s,`, i, strings.ReplaceAll(format, "N", fmt.Sprint(i+1)))
		}
		fmt.Fprintf(&b, `"%d": %s}}`, n, last)
		return b.String()
	}
	deep := strings.Repeat(`{"a":`, 60) + `1` + strings.Repeat(`}`, 60)
	for i, dialect := range []string{"https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-07/schema#"} {
		for _, tt := range []struct{ reason, schema, file string }{
			{"all of two, sixty times, one leaf wrong", doubling(`{"allOf": [{"$ref": "#/$defs/N"}, {"$ref": "#/$defs/N"}]}`, 60, `{"type": "null"}`), `{"a": 1}`},
			{"all of two, right", doubling(`{"allOf": [{"$ref": "#/$defs/N"}, {"$ref": "#/$defs/N"}]}`, 60, `{"type": "object"}`), `{"a": 1}`},
			{"any of two, wrong", doubling(`{"anyOf": [{"$ref": "#/$defs/N"}, {"$ref": "#/$defs/N"}]}`, 60, `{"enum": [1]}`), `{"a": 1}`},
			{"not not", doubling(`{"not": {"anyOf": [{"not": {"anyOf": [{"$ref": "#/$defs/N"}, {"$ref": "#/$defs/N"}]}}, {"not": {"$ref": "#/$defs/N"}}]}}`, 60, `{"type": "null"}`), `{"a": 1}`},
			{"by the depth of the file", `{"$ref": "#/$defs/n", "$defs": {"n": {"anyOf": [{"properties": {"a": {"$ref": "#/$defs/n"}}, "type": "object", "maxProperties": 9}, {"properties": {"a": {"$ref": "#/$defs/n"}}, "type": "object", "maxProperties": 8}]}}}`, deep},
		} {
			if i > 0 && !strings.HasPrefix(tt.reason, "all of two") {
				continue
			}
			text := strings.Replace(tt.schema, "{", `{"$schema": "`+dialect+`", "allOf": [{`, 1)
			text = strings.Replace(text, `, "$defs"`, `}], "$defs"`, 1)
			_, _, err := compiled(t, text).Validate(tree(t, tt.file))
			if !errors.Is(err, ErrCostly) {
				t.Errorf("%s (%s): got %v", tt.reason, dialect, err)
			}
		}
	}
	pattern := `{"additionalProperties": {"pattern": "^(.*a){1,30}.*b.*c{900}$"}}`
	long := `{"k": "` + strings.Repeat("a", 30<<20) + `"}`
	if _, _, err := compiled(t, pattern).Validate(tree(t, long)); !errors.Is(err, ErrCostly) {
		t.Errorf("a pattern over a long string: got %v", err)
	}
	s := compiled(t, `{"properties": {"a": {"type": "null"}}}`)
	if found, _, err := s.Validate(tree(t, `{"a": 1}`)); err != nil || len(found) != 1 {
		t.Errorf("the bound is for each file: %v, %v", found, err)
	}
}

func TestManyViolationsAreCounted(t *testing.T) {
	s := compiled(t, `{"properties": {"a": {"items": {"type": "null"}}}}`)
	found, more, err := s.Validate(tree(t, `{"a": [`+strings.Repeat("1,", 99_999)+`1]}`))
	if err != nil || len(found) != MaxViolations || more != 100_000-MaxViolations || found[0].Path[1] != "0" || found[199].Path[1] != "199" {
		t.Errorf("got %d and %d more, %v", len(found), more, err)
	}
}

// Leaf and root have what the encoder treats in ways of its own.
type Leaf struct {
	N  uint8  `json:"n,string"`
	S  string `json:",omitempty"`
	Up *root
}

type root struct {
	Leaf
	When  time.Time
	Bytes []byte
	Map   map[string]Leaf
	Ptr   **Leaf
	Any   any
	Num   json.Number
	F     [2]float32
	Deep  map[string][]map[int]*[]Leaf
	Raw   json.RawMessage
	Q     *int64 `json:",string"`
	B     bool
}

func TestWhatTheEncoderWritesFitsTheSchemaOfTheType(t *testing.T) {
	shape, err := schema.Of(reflect.TypeFor[*root]())
	if err != nil {
		t.Fatal(err)
	}
	s := compiled(t, string(shape.JSONSchema("https://example.com/root")))
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		var v root
		fill(rnd, reflect.ValueOf(&v).Elem(), 5)
		text, err := json.Marshal(&v)
		if err != nil {
			t.Fatal(err)
		}
		if found, _, err := s.Validate(tree(t, string(text))); err != nil || len(found) > 0 {
			t.Fatalf("%q, %v\n%s", said(found), err, text)
		}
	}
	if found, _, _ := s.Validate(tree(t, `{"n": 1, "Map": {"x": 1}, "When": "x", "B": null, "unknown": 1}`)); len(found) != 4 {
		t.Errorf("got %q", said(found))
	}
}

// fill makes v anything, nil included.
func fill(rnd *rand.Rand, v reflect.Value, depth int) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(rnd.Int64N(1e9), rnd.Int64N(1e9))))
		return
	case json.RawMessage:
		v.SetBytes([]byte(`[1]`))
		return
	case json.Number:
		v.SetString("1.5e3")
		return
	}
	if depth == 0 || rnd.IntN(4) == 0 {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(rnd.Int64() - 1<<62)
	case reflect.Uint8:
		v.SetUint(200)
	case reflect.Float32:
		v.SetFloat(rnd.NormFloat64())
	case reflect.String:
		v.SetString("x<ü")
	case reflect.Interface:
		v.Set(reflect.ValueOf(map[string]any{"a": 1}))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(rnd, v.Elem(), depth-1)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(rnd, v.Field(i), depth-1)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(rnd, v.Index(0), depth-1)
	case reflect.Array:
		fill(rnd, v.Index(0), depth-1)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(rnd, elem, depth-1)
		v.SetMapIndex(key, elem)
	}
}

func FuzzValidate(f *testing.F) {
	f.Add(`{"properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"minimum": 2, "uniqueItems": true}}}`, `{"a": [1, 1e9]}`)
	f.Add(`{"$id": "a", "$ref": "#b", "$defs": {"b": {"$anchor": "b", "dependentRequired": {"a": ["b"]}, "unevaluatedProperties": false}}}`, `{"a": 1}`)
	f.Add(`{"$schema": "http://json-schema.org/draft-04/schema#", "id": "x", "dependencies": {"a": ["b"]}, "multipleOf": 0.1}`, `{"a": 0.3}`)
	f.Fuzz(func(t *testing.T, text, file string) {
		s, err := Compile([]byte(text))
		tree, err2 := strictjson.Parse([]byte(file), strictjson.Limits{})
		if err != nil || err2 != nil {
			return
		}
		found, _, err := s.Validate(tree.Root())
		if err == nil {
			for _, v := range found {
				if v.Rule == "" || v.Message == "" || v.Offset < 0 || v.Offset > len(file) {
					t.Errorf("%+v", v)
				}
			}
		}
	})
}
