package schema

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// field is a struct field that encoding/json encodes, or would if another
// one did not hide it.
type field struct {
	key        string       // as the encoder spells it
	named      bool         // by a json tag
	owner      reflect.Type // the struct that declares it
	name       string       // in Go
	typ        reflect.Type
	index      []int // the way to it through embedded structs
	viaPointer bool  // one of them is a pointer
	quoted     bool  // its json tag has the option string
	own        bool  // it has a tag of its own
	tag        tag   // its own and those of the embedded structs on the way
	node       *node
}

func (f *field) fail(reason string) error {
	return &TagError{Type: f.owner, Field: f.name, Tag: f.tag.text, Reason: reason}
}

// fieldsOf returns the fields that encoding/json encodes for the struct type
// t, in the order of their declaration. The rules are those of typeFields in
// encoding/json: Go's for embedded fields, except that of several fields at the
// same depth the only one named by a json tag wins.
func fieldsOf(t reflect.Type) ([]*field, error) {
	s := fieldScan{depth: make(map[reflect.Type]int), rivals: make(map[string][]*field)}
	for level := []inlined{{typ: t}}; len(level) > 0; {
		next, err := s.level(level)
		if err != nil {
			return nil, err
		}
		level = next
	}
	return s.survivors()
}

// inlined is a struct whose fields are keys of the object that is looked at:
// the object's own struct, or one embedded in it.
type inlined struct {
	typ        reflect.Type
	index      []int
	viaPointer bool
	tag        tag
}

// fieldScan looks for fields breadth first.
type fieldScan struct {
	depth  map[reflect.Type]int // at which an embedded struct was first met
	keys   []string             // in the order in which they were found
	rivals map[string][]*field  // the fields that claim a key
	tagged []*field             // embedded structs with a tag of their own
}

// level looks at the structs embedded at one depth and returns those at the
// next. A struct met again further down is hidden by its first appearance. One
// met twice at the same depth claims its keys twice, so that none survives;
// encoding/json nevertheless descends into it once.
func (s *fieldScan) level(structs []inlined) (next []inlined, err error) {
	for _, in := range structs {
		depth, again := s.depth[in.typ]
		if again && depth < len(in.index) {
			continue
		}
		s.depth[in.typ] = len(in.index)
		below, err := s.claim(in)
		if err != nil {
			return nil, err
		}
		if !again {
			next = append(next, below...)
		}
	}
	return next, nil
}

// claim enters the fields of one struct and returns the structs embedded in it.
func (s *fieldScan) claim(in inlined) (below []inlined, err error) {
	for sf := range in.typ.Fields() {
		f, err := in.field(sf)
		if err != nil {
			return nil, err
		}
		switch {
		case f == nil:
		case f.key == "":
			viaPointer := in.viaPointer || sf.Type.Kind() == reflect.Pointer
			below = append(below, inlined{structType(sf.Type), f.index, viaPointer, f.tag})
			if f.own {
				s.tagged = append(s.tagged, f)
			}
		default:
			s.enter(f)
		}
	}
	return below, nil
}

func (s *fieldScan) enter(f *field) {
	if s.rivals[f.key] == nil {
		s.keys = append(s.keys, f.key)
	}
	s.rivals[f.key] = append(s.rivals[f.key], f)
}

// field returns the field sf of in: nil if encoding/json ignores it, without
// a key if it is inlined.
func (in inlined) field(sf reflect.StructField) (*field, error) {
	f := &field{
		owner: in.typ, name: sf.Name, typ: sf.Type, viaPointer: in.viaPointer,
		index: append(slices.Clip(in.index), sf.Index...),
	}
	if err := f.readTag(sf.Tag, in.tag); err != nil {
		return nil, err
	}
	if !visible(sf) {
		if f.own {
			return nil, f.fail("encoding/json leaves this field out")
		}
		return nil, nil
	}
	f.key, f.named = jsonName(sf.Tag.Get("json"))
	_, options, _ := strings.Cut(sf.Tag.Get("json"), ",")
	f.quoted = slices.Contains(strings.Split(options, ","), "string")
	if !f.named && !embedsStruct(sf) {
		f.key = sf.Name
	}
	return f, nil
}

// visible reports whether encoding/json looks at a field: it must be exported,
// or be an embedded struct, whose own fields may be.
func visible(sf reflect.StructField) bool {
	return sf.Tag.Get("json") != "-" && (sf.IsExported() || embedsStruct(sf))
}

func embedsStruct(sf reflect.StructField) bool {
	return sf.Anonymous && structType(sf.Type) != nil
}

// structType returns t, or what it points to, if that is a struct, else nil.
func structType(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	return t
}

// jsonName returns the name in a json tag. One that encoding/json does not
// accept counts as none.
func jsonName(tag string) (name string, ok bool) {
	name, _, _ = strings.Cut(tag, ",")
	if name == "" || strings.ContainsFunc(name, forbidden) {
		return "", false
	}
	return name, true
}

// forbidden reports whether a name with r in it counts as none, see isValidTag
// in encoding/json.
func forbidden(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r)
}

// survivors returns the field that wins each key, in the order of their
// declaration. A loser's tag would be without effect.
func (s *fieldScan) survivors() (fields []*field, err error) {
	for _, key := range s.keys {
		winner := dominant(s.rivals[key])
		if winner != nil {
			fields = append(fields, winner)
		}
		for _, f := range s.rivals[key] {
			if f != winner && f.own {
				return nil, f.fail("hidden by another field with the key " + key)
			}
		}
	}
	slices.SortFunc(fields, func(a, b *field) int { return slices.Compare(a.index, b.index) })
	return fields, s.checkEmbedded(fields)
}

// checkEmbedded finds tags on embedded structs of which no field survives.
func (s *fieldScan) checkEmbedded(fields []*field) error {
	for _, e := range s.tagged {
		within := func(f *field) bool {
			return len(f.index) > len(e.index) && slices.Equal(f.index[:len(e.index)], e.index)
		}
		if !slices.ContainsFunc(fields, within) {
			return e.fail("the embedded struct has no fields that encoding/json encodes")
		}
	}
	return nil
}

// dominant returns the field that hides its rivals, or nil if two hide each
// other. It sorts rivals.
func dominant(rivals []*field) *field {
	slices.SortStableFunc(rivals, (*field).compare)
	if len(rivals) > 1 && rivals[0].compare(rivals[1]) == 0 {
		return nil
	}
	return rivals[0]
}

// compare orders fields with the same key: the one that hides the other first.
func (f *field) compare(g *field) int {
	if c := cmp.Compare(len(f.index), len(g.index)); c != 0 || f.named == g.named {
		return c
	}
	if f.named {
		return -1
	}
	return 1
}
