package schema

import (
	"reflect"
	"testing"

	"github.com/cfgmerge/cfgmerge/lww"
)

func TestTablesPutTogetherByHandAreLookedAt(t *testing.T) {
	shape, err := Of(reflect.TypeFor[map[string]Tokens]())
	if err != nil || Valid(shape.Table()) != nil || Valid(nil) != nil {
		t.Errorf("%v, %v", err, Valid(shape.Table()))
	}
	for reason, table := range map[string]lww.Table{
		"a field under another name":  {"/a": {Kind: lww.Max, At: at("b")}},
		"a field under a group's":     {"a": {Kind: lww.Max, At: at("a")}},
		"the root":                    {"": {Secret: true, At: at()}},
		"a group under a pointer":     {"/a": {Kind: lww.Group, At: at(), Members: []string{"x"}}},
		"a group of nothing":          {"g": {Kind: lww.Group, At: at()}},
		"members out of order":        {"g": {Kind: lww.Group, At: at(), Members: []string{"y", "x"}}},
		"a role in a group":           {"g": {Kind: lww.Group, At: at(), Members: []string{"x"}, Access: "x"}},
		"a role that no member plays": {"g": {Kind: lww.Token, At: at(), Members: []string{"x"}, Access: "y"}},
		"keyed by nothing":            {"/a": {Kind: lww.Keyed, At: at("a")}},
		"an id of a set":              {"/a": {Kind: lww.Set, At: at("a"), ID: "x"}},
		"a kind that there is not":    {"/a": {Kind: 99, At: at("a")}},
	} {
		if Valid(table) == nil {
			t.Errorf("%s: is taken", reason)
		}
	}
}

func TestAShapeWithATableDeclaresBoth(t *testing.T) {
	shape, err := Of(reflect.TypeFor[struct {
		Theme string `json:"theme" cfgmerge:"first"`
		N     int    `json:"n" cfgmerge:"max,local"`
	}]())
	if err != nil {
		t.Fatal(err)
	}
	more := shape.With(table(nil,
		lww.Policy{Kind: lww.Max, At: at("theme")}, lww.Policy{At: at("n"), Secret: true}, lww.Policy{Kind: lww.Min, At: at("new")}))
	want := table(nil, lww.Policy{Kind: lww.Max, At: at("Theme")},
		lww.Policy{Kind: lww.Max, At: at("n"), Secret: true, Local: true}, lww.Policy{Kind: lww.Min, At: at("new")})
	if got := more.SpellTable(keysOf(t, `{"Theme": 1}`)); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if len(shape.Table()) != 2 {
		t.Error("the shape itself has changed")
	}
}

func TestPoliciesOfOneFieldInTwoSpellingsAreJoined(t *testing.T) {
	shape, _ := Of(reflect.TypeFor[struct {
		Theme string `json:"theme" cfgmerge:"first"`
	}]())
	both := shape.With(table(nil, lww.Policy{Kind: lww.Max, At: at("Theme")}))
	for range 20 { // maps have no order
		if got := both.SpellTable(keysOf(t, `{"Theme": 1}`))["/Theme"].Kind; got != lww.Max {
			t.Fatalf("got %v", got)
		}
	}
}
