package schema

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/lww"
)

type tagged struct {
	K string `json:"k" cfgmerge:"secret"`
}

type taggedTokens struct {
	Access string `json:"access" cfgmerge:"token=auth,access"`
}

type (
	sealed    struct{ tagged }
	sealedMap map[string]tagged
	sealedTxt struct {
		Deep struct{ Deeper []*tagged }
	}
	// sealedAt encodes itself unless it is the value of a map.
	sealedAt tagged
	// ignored is sealed, but none of its tags would have mattered.
	ignored struct {
		Skipped tagged `json:"-"`
		//lint:ignore U1000 reflection reaches it
		unseen *tagged
	}
)

type sealedTypo struct {
	K int `cfgmerge:"frist"`
}

func (sealedTypo) MarshalJSON() ([]byte, error) { return nil, nil }

func (sealed) MarshalJSON() ([]byte, error)    { return nil, nil }
func (sealedMap) MarshalJSON() ([]byte, error) { return nil, nil }
func (sealedTxt) MarshalText() ([]byte, error) { return nil, nil }
func (*sealedAt) MarshalJSON() ([]byte, error) { return nil, nil }
func (ignored) MarshalJSON() ([]byte, error)   { return nil, nil }

type recursive struct {
	Name string `cfgmerge:"max"`
	Kids []recursive
}

type recursiveGroup struct {
	A    string `cfgmerge:"group=g"`
	Kids map[string]*recursiveGroup
}

func TestATagWithoutEffectIsAnError(t *testing.T) {
	for _, tt := range []struct {
		reason string
		value  any
		field  string
		want   string // part of the error
	}{
		{"a misspelt policy", struct {
			A int `cfgmerge:"frist"`
		}{}, "A", `unknown word "frist"`},
		{"the default is not a word: it would hide a policy stored before", struct {
			A int `cfgmerge:"lww"`
		}{}, "A", `unknown word "lww"`},
		{"white space", struct {
			A int `cfgmerge:"first, secret"`
		}{}, "A", `unknown word " secret"`},
		{"nothing at all", struct {
			A int `cfgmerge:""`
		}{}, "A", `unknown word ""`},
		{"a comma too many", struct {
			A int `cfgmerge:"first,"`
		}{}, "A", `unknown word ""`},
		{"a flag with a value", struct {
			A int `cfgmerge:"secret=true"`
		}{}, "A", `unknown word "secret=true"`},
		{"a policy that takes no name", struct {
			A int `cfgmerge:"first=a"`
		}{}, "A", "first takes no name"},
		{"keyed without its key", struct {
			A []tagged `cfgmerge:"keyed"`
		}{}, "A", "keyed needs a name"},
		{"a group without a name", struct {
			A int `cfgmerge:"group="`
		}{}, "A", "group needs a name"},
		{"an upper-case group", struct {
			A int `cfgmerge:"group=Auth"`
		}{}, "A", `not "Auth"`},
		{"a group that begins with a digit", struct {
			A int `cfgmerge:"group=1a"`
		}{}, "A", `not "1a"`},
		{"a group with a letter that is not ASCII", struct {
			A int `cfgmerge:"group=é"`
		}{}, "A", `not "é"`},
		{"two policies", struct {
			A int `cfgmerge:"first,max"`
		}{}, "A", "two policies"},
		{"the same policy twice", struct {
			A int `cfgmerge:"max,max"`
		}{}, "A", "two policies"},
		{"two roles", struct {
			A int `cfgmerge:"token=t,access,refresh"`
		}{}, "A", "two roles"},
		{"a role without a policy", struct {
			A int `cfgmerge:"access"`
		}{}, "A", "the role access needs token=NAME"},
		{"a role in a plain group", struct {
			A int `cfgmerge:"group=g,expiry"`
		}{}, "A", "the role expiry needs token=NAME"},
		{"a role twice in one token", struct {
			A int `cfgmerge:"token=t,access"`
			B int `cfgmerge:"token=t,access"`
		}{}, "B", "t has two fields for the role access"},
		{"a token in which nothing is secret", struct {
			A int `cfgmerge:"token=t"`
			B int `cfgmerge:"token=t,expiry"`
		}{}, "A", "no field of t has the role access or refresh"},
		{"a name for a group and a token", struct {
			A int `cfgmerge:"token=t,access"`
			B int `cfgmerge:"group=t"`
		}{}, "B", "t is both a group and a token"},
		{"members in an object and in one below it", struct {
			A int `json:"a" cfgmerge:"group=g"`
			B struct {
				C int `cfgmerge:"group=g"`
			} `json:"b"`
		}{}, "C", "keys of two objects, the root and " + lww.FieldName(at("b"))},
		{"one type in two places", struct {
			A taggedTokens            `json:"a"`
			B map[string]taggedTokens `json:"b"`
		}{}, "Access", "keys of two objects, " + lww.FieldName(at("a")) + " and " + lww.FieldName(at("b", "*"))},
		{"an unexported field", struct {
			a int `cfgmerge:"first"`
		}{}, "a", "leaves this field out"},
		{"a field that JSON skips", struct {
			A int `json:"-" cfgmerge:"first"`
		}{}, "A", "leaves this field out"},
		{"an embedded number that is not exported", struct {
			number `cfgmerge:"first"`
		}{}, "number", "leaves this field out"},
		{"an embedded struct without fields", struct {
			struct0 `cfgmerge:"secret"`
		}{}, "struct0", "no fields"},
		{"an embedded struct all of whose fields are shadowed", struct {
			one `cfgmerge:"secret"`
			X   int
		}{}, "one", "no fields"},
		{"a shadowed field", struct {
			tagged
			Mine string `json:"k"`
		}{}, "K", "hidden by another field with the key k"},
		{"fields that shadow each other", struct {
			maximum
			other
		}{}, "A", "hidden by another field with the key A"},
		{"a policy beside that of the embedded struct", struct {
			maximum `cfgmerge:"min"`
		}{}, "A", "two policies"},
		{"a role that an embedded struct gives to all its fields", struct {
			Inner `cfgmerge:"token=t,access"`
		}{}, "Y", "two fields for the role access"},
		{"a misspelt tag on an embedded struct", struct {
			struct0 `cfgmerge:"secrt"`
		}{}, "struct0", `unknown word "secrt"`},
		{"a set of letters", struct {
			A string `cfgmerge:"set"`
		}{}, "A", "set needs an array"},
		{"a set of bytes, which is a string", struct {
			A []byte `cfgmerge:"set"`
		}{}, "A", "set needs an array"},
		{"a set as the keys of a map", struct {
			A map[string]bool `cfgmerge:"set"`
		}{}, "A", "set needs an array"},
		{"a set of one time", struct {
			A time.Time `cfgmerge:"set"`
		}{}, "A", "set needs an array"},
		{"a set of fixed length", struct {
			A [4]string `cfgmerge:"set"`
		}{}, "A", "no room"},
		{"keyed on an object", struct {
			A tagged `cfgmerge:"keyed=k"`
		}{}, "A", "keyed needs an array"},
		{"a key in Go's spelling", struct {
			A []tagged `cfgmerge:"keyed=K"`
		}{}, "A", "the elements have no key K"},
		{"a key of strings", struct {
			A []string `cfgmerge:"keyed=id"`
		}{}, "A", "the elements have no key id"},
		{"a type that encodes itself", sealed{}, "K", "hidden by a MarshalJSON"},
		{"a map that encodes itself", struct{ A sealedMap }{}, "K", "hidden by a MarshalJSON"},
		{"a type that is a text", struct{ A *sealedTxt }{}, "K", "hidden by a MarshalJSON or MarshalText"},
		{"a pointer method", struct{ A *sealedAt }{}, "K", "hidden by a MarshalJSON"},
		{"a misspelt tag below a method", struct{ A sealedTypo }{}, "K", `unknown word "frist"`},
		{"a promoted method", struct {
			time.Time
			A int `cfgmerge:"first"`
		}{}, "A", "hidden by a MarshalJSON"},
		{"recursion", recursive{}, "Name", "schema.recursive contains itself"},
		{"recursion in a group", recursiveGroup{}, "A", "schema.recursiveGroup contains itself"},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			_, err := Of(reflect.TypeOf(tt.value))
			var te *TagError
			if !errors.As(err, &te) {
				t.Fatalf("got %v, want a *TagError", err)
			}
			if te.Field != tt.field || !strings.Contains(te.Error(), tt.want) {
				t.Errorf("got %v, want field %s and %q", err, tt.field, tt.want)
			}
		})
	}
}

type (
	struct0 struct{}
	one     struct{ X int }
	other   struct{ A string }
	maximum struct {
		A int `cfgmerge:"max"`
	}
)

// go vet finds the malformed tags too, in those programs that run it.
func TestATagThatReflectDoesNotSeeIsAnError(t *testing.T) {
	for _, tt := range []struct {
		reason, tag string
		want        bool
	}{
		{"a space after the colon", `cfgmerge: "first"`, true},
		{"no quotes", `cfgmerge:first`, true},
		{"a comma between two tags", `json:"a",cfgmerge:"first"`, true},
		{"a comma and a space", `json:"a", cfgmerge:"first"`, true},
		{"a new line", "json:\"a\"\n\tcfgmerge:\"first\"", true},
		{"capitals", `cfgMerge:"first"`, true},
		{"something broken before it", `json:a cfgmerge:"first"`, true},
		{"well formed", `json:"a" cfgmerge:"first"`, false},
		{"without a space, which reflect does not need", `json:"a"cfgmerge:"first"`, false},
		{"the word in another tag", `doc:"see cfgmerge: first"`, false},
		{"a longer key", `xcfgmerge:"first"`, false},
		{"no tag", ``, false},
		{"somebody else's broken tag", `json:a`, false},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			typ := reflect.StructOf([]reflect.StructField{{Name: "A", Type: reflect.TypeFor[int](), Tag: reflect.StructTag(tt.tag)}})
			_, err := Of(typ)
			if got := err != nil; got != tt.want {
				t.Errorf("%s: got error %v, want one: %t", tt.tag, err, tt.want)
			}
		})
	}
}

func TestTagsThatNobodyLooksForDoNotMatter(t *testing.T) {
	for _, v := range []any{
		ignored{},
		struct{ A map[string]ignored }{},
		struct {
			A tagged `json:"-"`
		}{},
		struct{ a tagged }{},
		struct{ I any }{tagged{}},
		struct{ R json.RawMessage }{},
	} {
		s, err := Of(reflect.TypeOf(v))
		if err != nil || len(s.Table()) != 0 {
			t.Errorf("%T: got %v, %v", v, s, err)
		}
	}
}

func TestTagErrorsNameTheField(t *testing.T) {
	_, err := Of(reflect.TypeFor[sealed]())
	want := `schema.tagged.K: tag "secret": hidden by a MarshalJSON or MarshalText at or above schema.tagged`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
