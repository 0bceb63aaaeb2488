package schema

import (
	"encoding/json"
	"reflect"
	"testing"
)

type plain map[string]int

type textual map[string]int

func (textual) MarshalText() ([]byte, error) { return nil, nil }

type decoding map[string]int

func (*decoding) UnmarshalJSON([]byte) error { return nil }

type sealedStruct struct{ M plain }

func (*sealedStruct) UnmarshalJSON([]byte) error { return nil }

type encodingStruct struct{ M plain }

func (*encodingStruct) MarshalJSON() ([]byte, error) { return nil, nil }

type withMap struct{ M plain }

type (
	level1 struct{ level2 }
	level2 struct{ level3 }
	level3 struct{ A, B plain }
)

type inlinedMap struct{ In plain }

type unseenMap struct{ Un plain }

type chain struct {
	M    plain
	Next *chain
	All  map[string]*chain
	List []chain
}

func TestMakeMaps(t *testing.T) {
	made, some := plain{}, plain{"a": 1}
	sharing := make([]withMap, 2)
	for _, tt := range []struct {
		reason    string
		got, want any
	}{
		{"a root map", new(plain), &made},
		{"a map that is there stays", &some, &plain{"a": 1}},
		{"a field", &withMap{}, &withMap{made}},
		{"a pointer to a map", &struct{ P *plain }{new(plain)}, &struct{ P *plain }{&made}},
		{"a nil pointer stays nil", &struct{ P *withMap }{}, &struct{ P *withMap }{}},
		{"omitempty makes no difference", &struct {
			M plain `json:",omitempty"`
		}{}, &struct {
			M plain `json:",omitempty"`
		}{made}},
		{"an embedded struct", &struct{ inlinedMap }{}, &struct{ inlinedMap }{inlinedMap{made}}},
		{"a struct embedded far down", &struct{ level1 }{}, &struct{ level1 }{level1{level2{level3{made, made}}}}},
		{"an embedded pointer", &struct{ *inlinedMap }{&inlinedMap{}}, &struct{ *inlinedMap }{&inlinedMap{made}}},
		{"an embedded nil pointer", &struct{ *inlinedMap }{}, &struct{ *inlinedMap }{}},
		{"elements of a slice", &[]withMap{{}, {some}}, &[]withMap{{made}, {some}}},
		{"a slice that shares its first element with one seen before",
			&[][]withMap{sharing[:1], sharing}, &[][]withMap{{{made}}, {{made}, {made}}}},
		{"elements of an array", &[2]*withMap{{}}, &[2]*withMap{{made}}},
		{"values of a map", &map[string]withMap{"a": {}}, &map[string]withMap{"a": {made}}},
		{"pointers in a map", &map[string]*withMap{"a": {}, "b": nil}, &map[string]*withMap{"a": {made}, "b": nil}},
		{"maps in a map", &map[string]plain{"a": nil}, &map[string]plain{"a": made}},
		{"arrays in a map", &map[int][1]withMap{1: {}}, &map[int][1]withMap{1: {{made}}}},
		{"a field that JSON skips", &struct {
			A plain `json:"-"`
			b plain
		}{}, &struct {
			A plain `json:"-"`
			b plain
		}{}},
		{"a field that another one hides", &struct {
			unseenMap
			Un int
		}{}, &struct {
			unseenMap
			Un int
		}{}},
		{"what is in an interface", &struct{ I any }{&withMap{}}, &struct{ I any }{&withMap{}}},
		{"a map that is a text", &struct{ M textual }{}, &struct{ M textual }{}},
		{"a map that decodes itself", &struct{ M decoding }{}, &struct{ M decoding }{}},
		{"a struct that decodes itself", &[]sealedStruct{{}}, &[]sealedStruct{{}}},
		{"one in a map, where its pointer method is not called", &map[string]sealedStruct{"a": {}}, &map[string]sealedStruct{"a": {}}},
		{"one that encodes itself", &map[string]encodingStruct{"a": {}}, &map[string]encodingStruct{"a": {}}},
		{"what can't be set", withMap{}, withMap{}},
		{"a raw message", &json.RawMessage{}, &json.RawMessage{}},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			s, err := Of(reflect.TypeOf(tt.got))
			if err != nil {
				t.Fatal(err)
			}
			if s.MakeMaps(tt.got); !reflect.DeepEqual(tt.got, tt.want) {
				t.Errorf("got %+v, want %+v", tt.got, tt.want)
			}
		})
	}
}

func TestMakeMapsComesToAnEndInValuesThatContainThemselves(t *testing.T) {
	c := &chain{All: map[string]*chain{}}
	c.Next, c.All["self"], c.List = c, c, []chain{{Next: c}}
	c.List[0].List = c.List
	s, err := Of(reflect.TypeOf(c))
	if err != nil {
		t.Fatal(err)
	}
	if s.MakeMaps(c); c.M == nil || c.List[0].M == nil || c.List[0].All == nil {
		t.Errorf("got M %v, below the list %v and %v", c.M, c.List[0].M, c.List[0].All)
	}
}

func TestMakeMapsOfAnotherTypePanics(t *testing.T) {
	defer func() {
		want := "schema: MakeMaps of a schema.withMap with the shape of a *schema.withMap"
		if got := recover(); got != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}()
	s, _ := Of(reflect.TypeFor[*withMap]())
	s.MakeMaps(withMap{})
}
