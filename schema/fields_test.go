package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

type (
	Inner  struct{ X, Y int }
	Other  struct{ X, Z int }
	hidden struct{ P, Q int }
	Words  []string
	number int

	Left  struct{ Deep }
	Right struct{ Deep }
	Deep  struct {
		Deeper
		D int
	}
	Deeper struct{ E int }

	Self struct {
		*Self
		Next  *Self
		Kids  []Self
		ByKey map[string]Self
		N     int
	}
	Endless  *Endless
	Matrix   []Matrix
	Forest   map[string]Forest
	Embedder struct {
		*Embedder
		V int
	}
)

// PointerJSON encodes itself only where it can be addressed.
type PointerJSON struct{ In, Out int }

func (*PointerJSON) MarshalJSON() ([]byte, error) { return []byte(`["custom"]`), nil }

type ValueJSON struct{ In int }

func (ValueJSON) MarshalJSON() ([]byte, error) { return []byte(`[1]`), nil }

type ValueText struct{ In int }

func (ValueText) MarshalText() ([]byte, error) { return []byte("text"), nil }

// AlsoJSON has MarshalJSON too, so that a struct embedding both has neither.
type AlsoJSON struct{ Also int }

func (AlsoJSON) MarshalJSON() ([]byte, error) { return []byte(`2`), nil }

type textByte byte

func (textByte) MarshalText() ([]byte, error) { return []byte("b"), nil }

func TestKeysAreThoseThatTheEncoderWrites(t *testing.T) {
	for _, tt := range []struct {
		reason string
		value  any
	}{
		{"names come from the tag, else from Go", new(struct {
			A int `json:"alpha"`
			B int `json:",omitempty"`
			C int
		})},
		{"a lone dash leaves the field out, a dash with a comma is a name", new(struct {
			A int `json:"-"`
			//lint:ignore SA5008 the odd tag is what the row is about
			B int `json:"-,"`
		})},
		{"a name with a quote or a backslash counts as none", new(struct {
			//lint:ignore SA5008 the odd tag is what the row is about
			A int `json:"it's"`
			//lint:ignore SA5008 the odd tag is what the row is about
			B int `json:"b\\"`
			C int `json:"ü_$%-/"`
			D int `json:"<&>"`
		})},
		{"options do not change keys", new(struct {
			A int       `json:"a,string"`
			B time.Time `json:"b,omitzero"`
			C *string   `json:"c,omitempty,string"`
		})},
		{"an embedded struct is inlined", new(struct {
			Inner
			Own int
		})},
		{"an embedded struct with a name is a field", new(struct {
			Inner `json:"inner"`
		})},
		{"an embedded pointer is inlined", new(struct{ *Inner })},
		{"an embedded unexported struct has exported fields", new(struct{ hidden })},
		{"an embedded pointer to one is encoded if it is there", &struct{ *hidden }{&hidden{1, 2}}},
		{"an embedded slice is a field", new(struct{ Words })},
		{"an embedded unexported number is nothing", new(struct {
			number
			N int
		})},
		{"an embedded interface is a field", &struct{ fmt.Stringer }{time.Second}},
		{"the shallower field wins", new(struct {
			Inner
			X string
		})},
		{"two at one depth hide each other", new(struct {
			Inner
			Other
		})},
		{"unless one of them is named by a tag", new(struct {
			Inner
			Tagged struct{ A int }
			Also   struct{ B int } `json:"X"`
		})},
		{"one struct embedded twice hides its own fields, but not those embedded in it", new(struct {
			Left
			Right
		})},
		{"an embedded pointer to itself ends", new(Embedder)},
		{"maps, slices, arrays and pointers are looked through", new(struct {
			M map[string]Inner
			I map[int]*Inner
			S []Inner
			A [2]Inner
			P **Inner
			D map[string][]map[string]Inner
		})},
		{"map keys may be text", new(map[netip.Addr]Inner)},
		{"bytes are a string, arrays of bytes and bytes that are texts are not", new(struct {
			B []byte
			A [3]byte
			T []textByte
		})},
		{"interfaces, raw messages and times are opaque", new(struct {
			I any
			R json.RawMessage
			T time.Time
			A netip.Addr
			N json.Number
		})},
		{"a type that encodes itself is opaque", new(struct {
			V ValueJSON
			P *ValueJSON
			T ValueText
			M map[string]ValueJSON
		})},
		{"a pointer method does so only where it can be called", new(struct {
			V PointerJSON
			P *PointerJSON
			S []PointerJSON
			A [1]PointerJSON
			M map[string]PointerJSON
			N map[string]*PointerJSON
			L map[string][]PointerJSON
			O map[string][1]PointerJSON
		})},
		{"in a value that can't be addressed", struct {
			V PointerJSON
			A [1]PointerJSON
			S []PointerJSON
		}{S: make([]PointerJSON, 1)}},
		{"behind an embedded pointer it can", struct{ *addressed }{new(addressed)}},
		{"and behind a struct embedded in that one", struct{ *around }{new(around)}},
		{"MarshalJSON is promoted from an embedded time", new(struct {
			time.Time
			N int
		})},
		{"two promoted methods cancel out", new(struct {
			ValueJSON
			AlsoJSON
		})},
		{"a type may contain itself", new(Self)},
		{"in slices only", new(Matrix)},
		{"in maps only", new(Forest)},
		{"the root may be a map", new(map[string]Inner)},
		{"the root may be a raw message", new(json.RawMessage)},
		{"the root may be anything", new(any)},
	} {
		t.Run(tt.reason, func(t *testing.T) { compareKeys(t, tt.value) })
	}
}

type addressed struct{ V PointerJSON }

type around struct{ addressed }

func TestKeysOfRandomStructs(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 1500 {
		typ := randomStruct(rnd)
		compareKeys(t, reflect.New(typ).Interface())
		if t.Failed() {
			t.Fatalf("in %v", typ)
		}
	}
}

func TestTypesWithoutEndAreRead(t *testing.T) {
	for _, typ := range []reflect.Type{
		nil, reflect.TypeFor[Endless](), reflect.TypeFor[Self](), reflect.TypeFor[Matrix](), reflect.TypeFor[chan int](),
	} {
		if _, err := Of(typ); err != nil {
			t.Errorf("Of(%v): %v", typ, err)
		}
	}
}

// compareKeys fills what v points to and compares its shape with its JSON.
func compareKeys(t *testing.T, v any) {
	t.Helper()
	s, err := Of(reflect.TypeOf(v))
	if err != nil {
		t.Fatal(err)
	}
	fill(reflect.ValueOf(v), 14)
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	compareNode(t, s.root, got, "")
	if t.Failed() {
		t.Logf("encoded as %s", text)
	}
}

// compareNode looks at three levels, fewer than what fill fills of a type that
// contains itself.
func compareNode(t *testing.T, n *node, got any, at string) {
	t.Helper()
	if n.kind == opaque && n.typ.Kind() == reflect.Struct && reflect.TypeOf(got) == reflect.TypeFor[map[string]any]() {
		t.Errorf("%s: %v is opaque, its JSON an object, which the methods here never make", at, n.typ)
	}
	if strings.Count(at, "/") > 2 || n.kind == opaque || got == nil {
		return
	}
	gotKind := scalar
	switch got := got.(type) {
	case map[string]any:
		gotKind = dict
		if n.kind == object {
			gotKind = object
			compareFields(t, n, got, at)
		}
		for key, kid := range got {
			if child := n.child(key); child != nil {
				compareNode(t, child, kid, at+"/"+key)
			}
		}
	case []any:
		gotKind = list
		for _, kid := range got {
			compareNode(t, n.elem, kid, at+"/-")
		}
	}
	if gotKind != n.kind && !(gotKind == list && n.kind == tuple) {
		t.Errorf("%s: %v has kind %d, its JSON %d", at, n.typ, n.kind, gotKind)
	}
}

func compareFields(t *testing.T, n *node, got map[string]any, at string) {
	t.Helper()
	want := slices.Sorted(maps.Keys(n.exact))
	if keys := slices.Sorted(maps.Keys(got)); !slices.Equal(want, keys) {
		t.Errorf("%s: the shape has the keys %q, the JSON %q", at, want, keys)
	}
}

// fill makes v something that omitempty does not omit, as far down as depth.
func fill(v reflect.Value, depth int) {
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		fill(v.Elem(), depth)
		return
	}
	if depth == 0 || !v.CanSet() {
		return
	}
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(1, 0)))
		return
	case json.RawMessage:
		v.SetBytes([]byte(`{"raw":1}`))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(1)
	case reflect.String:
		v.SetString("1")
	case reflect.Interface:
		if v.NumMethod() == 0 {
			v.Set(reflect.ValueOf("any"))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth-1)
	case reflect.Struct:
		for _, f := range v.Fields() {
			fill(f, depth-1)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth-1)
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), depth-1)
		}
	case reflect.Map:
		key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, depth-1)
		fill(elem, depth-1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, elem)
	}
}

// randomStruct returns a struct type with embedded structs, some of them
// several times and at several depths, and with few names, so that they clash.
func randomStruct(rnd *rand.Rand) reflect.Type {
	pool := []reflect.Type{reflect.TypeFor[struct{ A int }]()}
	for range 2 + rnd.IntN(5) {
		var fields []reflect.StructField
		for _, name := range pick(rnd, []string{"A", "B", "C", "D"}) {
			fields = append(fields, reflect.StructField{Name: name, Type: randomType(rnd, pool), Tag: randomTag(rnd)})
		}
		for _, name := range pick(rnd, []string{"A1", "B1", "C1"}) {
			typ := pool[rnd.IntN(len(pool))]
			if rnd.IntN(3) == 0 {
				typ = reflect.PointerTo(typ)
			}
			fields = append(fields, reflect.StructField{Name: name, Type: typ, Anonymous: true, Tag: randomTag(rnd)})
		}
		rnd.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
		pool = append(pool, reflect.StructOf(fields))
	}
	return pool[len(pool)-1]
}

// pick returns about half of names.
func pick(rnd *rand.Rand, names []string) []string {
	return slices.DeleteFunc(names, func(string) bool { return rnd.IntN(2) == 0 })
}

func randomType(rnd *rand.Rand, pool []reflect.Type) reflect.Type {
	typ := pool[rnd.IntN(len(pool))]
	switch rnd.IntN(6) {
	case 0:
		return typ
	case 1:
		return reflect.MapOf(reflect.TypeFor[string](), typ)
	case 2:
		return reflect.SliceOf(typ)
	default:
		return reflect.TypeFor[int]()
	}
}

func randomTag(rnd *rand.Rand) reflect.StructTag {
	if rnd.IntN(3) > 0 {
		return ""
	}
	names := []string{"-", "-,", "A", "B", "C1", "x", "X", ",omitempty", "B,omitempty", "b,string", "not'valid", "A,string"}
	return reflect.StructTag(fmt.Sprintf("json:%q", names[rnd.IntN(len(names))]))
}
