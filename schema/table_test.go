package schema

import (
	"encoding/json"
	"maps"
	"reflect"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/lww"
)

// at is the pattern of keys, with a wildcard for each "*".
func at(keys ...string) lww.Pattern {
	p := lww.Pattern{}
	for _, key := range keys {
		if key == "*" {
			p = append(p, lww.Segment{Any: true})
		} else {
			p = append(p, lww.Segment{Key: key})
		}
	}
	return p
}

// table adds the policies of single fields to those of groups.
func table(groups lww.Table, fields ...lww.Policy) lww.Table {
	all := lww.Table{}
	maps.Copy(all, groups)
	for _, p := range fields {
		all[lww.FieldName(p.At)] = p
	}
	return all
}

type Tokens struct {
	Access  string    `json:"access"  cfgmerge:"token=oauth,access"`
	Refresh string    `json:"refresh" cfgmerge:"token=oauth,refresh,secret,local"`
	Expires time.Time `json:"expires" cfgmerge:"token=oauth,expiry"`
	Account string    `json:"account" cfgmerge:"token=oauth,identity,secret"`
	Scope   []string  `json:"scope"   cfgmerge:"token=oauth"`
	Label   string    `json:"label"`
}

// Defaulted decodes itself, as types do that fill in defaults. Its keys are
// those of a plain struct all the same.
type Defaulted struct {
	ID string `cfgmerge:"first"`
}

func (*Defaulted) UnmarshalJSON([]byte) error { return nil }

func TestTags(t *testing.T) {
	oauth := lww.Policy{
		Kind: lww.Token, Members: []string{"access", "account", "expires", "refresh", "scope"},
		Access: "access", Refresh: "refresh", Expiry: "expires", ExpiryForm: "rfc3339", Identity: "account",
	}
	tokensAt := func(holder ...string) lww.Table {
		group, refresh, account := oauth, at(append(holder, "refresh")...), at(append(holder, "account")...)
		group.At = at(holder...)
		return table(lww.Table{
			"oauth": group,
		},
			lww.Policy{At: refresh, Local: true},
			lww.Policy{At: account, Secret: true},
		)
	}
	for _, tt := range []struct {
		reason string
		value  any
		want   lww.Table
	}{
		{"no tags, no policies", Inner{}, lww.Table{}},
		{"the simple policies", struct {
			A string    `json:"a" cfgmerge:"first"`
			B time.Time `cfgmerge:"max"`
			C *int      `json:"c,omitempty" cfgmerge:"min"`
		}{}, table(nil,
			lww.Policy{Kind: lww.First, At: at("a")},
			lww.Policy{Kind: lww.Max, At: at("B")},
			lww.Policy{Kind: lww.Min, At: at("c")},
		)},
		{"flags stand alone or beside a policy", struct {
			A string `cfgmerge:"secret"`
			B string `cfgmerge:"local,first,secret"`
			C string `cfgmerge:"local,local"`
			D string `cfgmerge:"secret,max"`
		}{}, table(nil,
			lww.Policy{At: at("A"), Secret: true},
			lww.Policy{Kind: lww.First, At: at("B"), Secret: true, Local: true},
			lww.Policy{At: at("C"), Local: true},
			lww.Policy{Kind: lww.Max, At: at("D"), Secret: true},
		)},
		{"arrays by element", struct {
			A []string         `cfgmerge:"set"`
			B *[]tagged        `cfgmerge:"keyed=k"`
			C []map[string]any `cfgmerge:"keyed=any key will do"`
			D []*ignored       `cfgmerge:"keyed=id"`
			E any              `cfgmerge:"set"`
			F json.RawMessage  `cfgmerge:"keyed=id"`
		}{}, table(nil,
			lww.Policy{Kind: lww.Set, At: at("A")},
			lww.Policy{Kind: lww.Keyed, At: at("B"), ID: "k"},
			lww.Policy{At: at("B", "*", "k"), Secret: true},
			lww.Policy{Kind: lww.Keyed, At: at("C"), ID: "any key will do"},
			lww.Policy{Kind: lww.Keyed, At: at("D"), ID: "id"},
			lww.Policy{Kind: lww.Set, At: at("E")},
			lww.Policy{Kind: lww.Keyed, At: at("F"), ID: "id"},
		)},
		{"a group among other fields of the root", struct {
			B int `cfgmerge:"group=pos_1-x"`
			X int
			A int `cfgmerge:"group=pos_1-x"`
		}{}, lww.Table{
			"pos_1-x": {Kind: lww.Group, At: at(), Members: []string{"A", "B"}},
		}},
		{"a token at the root; access and refresh are secret without a flag", Tokens{}, tokensAt()},
		{"below a field", struct {
			T *Tokens `json:"t"`
		}{}, tokensAt("t")},
		{"in a map, once for each key", struct {
			T map[string]*Tokens `json:"t"`
		}{}, tokensAt("t", "*")},
		{"in a root map", map[string]Tokens{}, tokensAt("*")},
		{"in an array", struct{ T [3][]Tokens }{}, tokensAt("T", "*", "*")},
		{"inlined", struct{ *Tokens }{}, tokensAt()},
		{"the tag of an inlined struct is that of its fields, of inlined ones too", struct {
			Deep `cfgmerge:"local"`
		}{}, table(nil,
			lww.Policy{At: at("D"), Local: true},
			lww.Policy{At: at("E"), Local: true},
		)},
		{"it adds to their own", struct {
			Halves `cfgmerge:"token=auth,secret"`
			Other  int `cfgmerge:"token=auth"`
		}{}, table(lww.Table{
			"auth": {Kind: lww.Token, At: at(), Members: []string{"A", "N", "Other", "R"}, Access: "A", Refresh: "R"},
		},
			lww.Policy{At: at("R"), Local: true},
			lww.Policy{At: at("N"), Secret: true},
		)},
		{"an embedded type met again further down counts once", struct {
			maximum
			again
		}{}, table(nil, lww.Policy{Kind: lww.Max, At: at("A")})},
		{"the tag of an embedded struct with a name is that of the object", struct {
			Inner `json:"inner" cfgmerge:"first"`
		}{}, table(nil,
			lww.Policy{Kind: lww.First, At: at("inner")},
		)},
		{"a type that only decodes itself", struct{ D Defaulted }{}, table(nil,
			lww.Policy{Kind: lww.First, At: at("D", "ID")},
		)},
		{"a pointer method that is not called in a map", struct{ M map[string]sealedAt }{}, table(nil,
			lww.Policy{At: at("M", "*", "k"), Secret: true},
		)},
		{"a key that looks like a wildcard is none", struct {
			A int `json:"null" cfgmerge:"max"`
		}{}, table(nil,
			lww.Policy{Kind: lww.Max, At: at("null")},
		)},
		{"tags beside a recursion", struct {
			A int `cfgmerge:"max"`
			S Self
		}{}, table(nil,
			lww.Policy{Kind: lww.Max, At: at("A")},
		)},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			s, err := Of(reflect.TypeOf(tt.value))
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Table(); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

type again struct{ maximum }

type Halves struct {
	A string `cfgmerge:"access"`
	R string `cfgmerge:"refresh,local"`
	N string
}

func TestTheTableIsTheCallers(t *testing.T) {
	s, err := Of(reflect.TypeFor[Tokens]())
	if err != nil {
		t.Fatal(err)
	}
	delete(s.Table(), "oauth")
	if _, ok := s.Table()["oauth"]; !ok {
		t.Error("deleting from the table changed the shape")
	}
}

type (
	twice[T any]     struct{ A, B *T }
	fourfold[T any]  = twice[twice[twice[twice[T]]]]
	manyPaths[T any] = fourfold[fourfold[fourfold[fourfold[T]]]]
)

func TestManyPathsToUntaggedFieldsCostNothing(t *testing.T) {
	type root struct {
		ID    string                    `cfgmerge:"first"`
		Paths manyPaths[manyPaths[int]] // 2^32 of them
	}
	s, err := Of(reflect.TypeFor[root]())
	if err != nil || len(s.Table()) != 1 {
		t.Errorf("got %v, %v", s, err)
	}
}

func TestIsMap(t *testing.T) {
	for typ, want := range map[reflect.Type]bool{
		reflect.TypeFor[map[string]int]():  true,
		reflect.TypeFor[*map[string]any](): true,
		reflect.TypeFor[Forest]():          true,
		reflect.TypeFor[Inner]():           false,
		reflect.TypeFor[any]():             false,
		reflect.TypeFor[json.RawMessage](): false,
		reflect.TypeFor[sealedForest]():    false,
	} {
		s, err := Of(typ)
		if err != nil || s.IsMap() != want {
			t.Errorf("%v: got %v, %v", typ, s, err)
		}
	}
}

type sealedForest map[string]int

func (sealedForest) MarshalJSON() ([]byte, error) { return nil, nil }
