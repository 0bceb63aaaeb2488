package schema

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/cfgmerge/cfgmerge/lww"
)

type spelled struct {
	Theme  string            `json:"theme"`
	Kind   string            `json:"Kind"`
	Straße string            `json:"straße"`
	Env    map[string]string `json:"env"`
	Hosts  map[string]struct {
		Port int `json:"port"`
	} `json:"hosts"`
	List []struct {
		Name string `json:"name"`
	} `json:"list"`
	Any    any             `json:"any"`
	Raw    json.RawMessage `json:"raw"`
	Nested *spelled        `json:"nested"`
}

func TestSpell(t *testing.T) {
	for _, tt := range []struct {
		reason, file, path, want string
	}{
		{"the same spelling", `{"theme":1}`, "theme", "theme"},
		{"another case", `{"THEME":1}`, "theme", "THEME"},
		{"a key that the file doesn't have", `{"them":1}`, "theme", "theme"},
		{"an empty file", `{}`, "nested/nested/theme", "nested/nested/theme"},
		{"the Kelvin sign is a K", `{"\u212aind":1}`, "Kind", "\u212aind"},
		{"letters beyond ASCII", `{"STRAßE":1}`, "straße", "STRAßE"},
		{"folding is by letter: SS is no ß", `{"STRASSE":1}`, "straße", "straße"},
		{"of several the decoder obeys the last", `{"Theme":1,"theme":2,"tHEME":3}`, "theme", "tHEME"},
		{"which may be the exact one", `{"Theme":1,"theme":2}`, "theme", "theme"},
		{"keys of a map are exact", `{"ENV":{"Path":"a"}}`, "env/PATH", "ENV/PATH"},
		{"fields below a map are fields", `{"hosts":{"H":{"PORT":1}}}`, "hosts/H/port", "hosts/H/PORT"},
		{"each object has a spelling of its own", `{"hosts":{"a":{"PORT":1},"b":{"Port":1}}}`, "hosts/b/port", "hosts/b/Port"},
		{"fields below an array are fields", `{"List":[{"NAME":1}]}`, "list/0/name", "List/0/NAME"},
		{"nothing is known below any", `{"Any":{"X":1}}`, "any/x", "Any/x"},
		{"nor below a raw message", `{"raw":{"X":1}}`, "raw/x", "raw/x"},
		{"fields below a field", `{"NESTED":{"Nested":{"Theme":1}}}`, "nested/nested/theme", "NESTED/Nested/Theme"},
		{"a key that the type doesn't know", `{"Other":1}`, "other/theme", "other/theme"},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			s, err := Of(reflect.TypeFor[*spelled]())
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(s.Spell(strings.Split(tt.path, "/"), keysOf(t, tt.file)), "/")
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// keysOf returns the function that Spell wants, for a file.
func keysOf(t *testing.T, file string) func(parent []string) []string {
	return func(parent []string) (keys []string) {
		raw := json.RawMessage(file)
		for _, key := range parent {
			kids := map[string]json.RawMessage{}
			if strings.HasPrefix(string(raw), "[") {
				kids["0"] = raw[1 : len(raw)-1] // of one element
			} else if raw != nil && json.Unmarshal(raw, &kids) != nil {
				t.Fatalf("bad file %s", file)
			}
			raw = kids[key]
		}
		if strings.HasPrefix(string(raw), "[") {
			return []string{"0"}
		}
		d := json.NewDecoder(strings.NewReader(string(raw)))
		d.Token()
		for d.More() {
			key, _ := d.Token()
			keys = append(keys, key.(string))
			var skipped json.RawMessage
			d.Decode(&skipped)
		}
		return keys
	}
}

func TestSpellTable(t *testing.T) {
	type config struct {
		Max     int              `json:"max" cfgmerge:"max"`
		Tokens  map[string]Halve `json:"tokens"`
		Servers []struct {
			ID string `json:"id" cfgmerge:"local"`
		} `json:"servers" cfgmerge:"keyed=id"`
	}
	for _, tt := range []struct {
		reason, file string
		want         lww.Table
	}{
		{"nothing in the file: the encoder's spelling", `{}`, table(lww.Table{
			"auth": {Kind: lww.Token, At: at("tokens", "*"), Members: []string{"a", "r"}, Access: "a", Refresh: "r"},
		},
			lww.Policy{Kind: lww.Max, At: at("max")},
			lww.Policy{Kind: lww.Keyed, At: at("servers"), ID: "id"},
			lww.Policy{At: at("servers", "*", "id"), Local: true},
		)},
		{"all that a policy names", `{"MAX":1,"Tokens":{"Max":{"A":1,"r":1},"b":{}},"Servers":[{"ID":"x"}]}`, table(lww.Table{
			"auth": {Kind: lww.Token, At: at("Tokens", "*"), Members: []string{"A", "r"}, Access: "A", Refresh: "r"},
		},
			lww.Policy{Kind: lww.Max, At: at("MAX")},
			lww.Policy{Kind: lww.Keyed, At: at("Servers"), ID: "ID"},
			lww.Policy{At: at("Servers", "*", "ID"), Local: true},
		)},
		{"members stay sorted", `{"tokens":{"x":{"a":1,"R":1}}}`, table(lww.Table{
			"auth": {Kind: lww.Token, At: at("tokens", "*"), Members: []string{"R", "a"}, Access: "a", Refresh: "R"},
		},
			lww.Policy{Kind: lww.Max, At: at("max")},
			lww.Policy{Kind: lww.Keyed, At: at("servers"), ID: "id"},
			lww.Policy{At: at("servers", "*", "id"), Local: true},
		)},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			s, err := Of(reflect.TypeFor[*config]())
			if err != nil {
				t.Fatal(err)
			}
			before := s.Table()
			if got := s.SpellTable(keysOf(t, tt.file)); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
			if after, _ := Of(reflect.TypeFor[*config]()); !reflect.DeepEqual(before, after.Table()) {
				t.Error("the shape has changed")
			}
		})
	}
}

type Halve struct {
	A string `json:"a" cfgmerge:"token=auth,access"`
	R string `json:"r" cfgmerge:"token=auth,refresh"`
}

type lowerK struct {
	Low string `json:"k"`
}

func TestOfFieldsThatDifferInCaseTheFirstGetsOtherSpellings(t *testing.T) {
	type embeddedFirst struct {
		lowerK
		Up string `json:"K"`
	}
	checkSpelling(t, reflect.TypeFor[embeddedFirst](), []string{"\u212a"})
}

// Whatever the fields are called and the file says, the key that Spell chooses
// is the one whose value the decoder puts into the field.
func TestSpellAgreesWithTheDecoder(t *testing.T) {
	names := []string{"k", "K", "\u212a", "s", "S", "ſ", "ks", "Ks", "kS", "\u212aſ", "σ", "ς", "Σ", "i", "I", "İ", "ı"}
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		typ := stringStruct(rnd, names)
		keys := make([]string, 1+rnd.IntN(5))
		for i := range keys {
			keys[i] = names[rnd.IntN(len(names))]
		}
		checkSpelling(t, typ, keys)
		if t.Failed() {
			t.Fatalf("%v in the file, the type is %v", keys, typ)
		}
	}
}

func stringStruct(rnd *rand.Rand, names []string) reflect.Type {
	var fields []reflect.StructField
	for i := range 1 + rnd.IntN(4) {
		fields = append(fields, reflect.StructField{
			Name: fmt.Sprint("F", i), Type: reflect.TypeFor[string](),
			Tag: reflect.StructTag(fmt.Sprintf("json:%q", names[rnd.IntN(len(names))])),
		})
	}
	return reflect.StructOf(fields)
}

// checkSpelling decodes a file in which each value is the number of its key.
func checkSpelling(t *testing.T, typ reflect.Type, keys []string) {
	t.Helper()
	var file []string
	for i, key := range keys {
		file = append(file, fmt.Sprintf("%q:%q", key, fmt.Sprint(i)))
	}
	v := reflect.New(typ)
	if err := json.Unmarshal([]byte("{"+strings.Join(file, ",")+"}"), v.Interface()); err != nil {
		t.Fatal(err)
	}
	s, err := Of(v.Type())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range s.root.fields {
		want := f.key
		if n := v.Elem().FieldByIndex(f.index).String(); n != "" {
			want = keys[n[0]-'0']
		}
		if got := s.Spell([]string{f.key}, func([]string) []string { return keys }); got[0] != want {
			t.Errorf("the decoder reads %s as %s, Spell says %s", want, f.key, got[0])
		}
	}
}

func TestFoldedKeysAreThoseThatEqualFoldEquates(t *testing.T) {
	words := []string{"", "theme", "THEME", "k", "\u212a", "ſ", "s", "ß", "ẞ", "ss", "İ", "i", "\xff", "\ufffd"}
	for _, a := range words {
		for _, b := range words {
			if got, want := fold(a) == fold(b), strings.EqualFold(a, b); got != want {
				t.Errorf("%q and %q: got %t, want %t", a, b, got, want)
			}
		}
	}
}
