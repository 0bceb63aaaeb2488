package schema

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/cfgmerge/cfgmerge/lww"
)

// tagKey is the key of our struct tags.
const tagKey = "cfgmerge"

// TagError reports a struct tag that can't take effect.
type TagError struct {
	Type   reflect.Type // the struct that declares the field
	Field  string       // its name in Go
	Tag    string       // its tag, after those of embedded structs around it
	Reason string
}

func (e *TagError) Error() string {
	name := e.Type.String()
	if e.Type.Name() == "" {
		name = "struct" // its String is the whole source text
	}
	return fmt.Sprintf("%s.%s: tag %q: %s", name, e.Field, e.Tag, e.Reason)
}

// tag is what a struct tag says. The zero value says nothing.
type tag struct {
	text   string   // as written
	kind   lww.Kind // LWW: no policy is named
	name   string   // of the group, or of the key that identifies an element
	role   string   // in a token
	form   string   // of an expiry; no struct tag says it, but the type may
	secret bool
	local  bool
}

// readTag parses the field's tag and adds it to outer, that of the struct in
// which the field is embedded.
func (f *field) readTag(st reflect.StructTag, outer tag) error {
	text, own := st.Lookup(tagKey)
	if !own {
		f.tag = outer
		return f.checkSyntax(string(st))
	}
	t, err := parse(text)
	if err == nil {
		t, err = outer.and(t)
	}
	f.own, f.tag = true, t
	if err != nil {
		f.tag.text = text
		return f.fail(err.Error())
	}
	return nil
}

// checkSyntax finds tags that are ours but that package reflect does not see.
func (f *field) checkSyntax(st string) error {
	if !mistyped(st) {
		return nil
	}
	f.tag.text = st
	return f.fail("not of the form " + tagKey + `:"item,item", separated from other tags by a space`)
}

// mistyped reports whether a struct tag without the key cfgmerge was meant to
// have it: json:"a",cfgmerge:"first", or cfgmerge: "first".
func mistyped(st string) bool {
	for st = strings.TrimLeft(st, " "); st != ""; st = strings.TrimLeft(st, " ") {
		key, rest, _ := strings.Cut(st, ":")
		value, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return strings.Contains(st, tagKey)
		}
		if strings.EqualFold(strings.Trim(key, " ,;\t\r\n"), tagKey) {
			return true
		}
		st = rest[len(value):]
	}
	return false
}

// parse returns what the text of a tag says.
func parse(text string) (all tag, err error) {
	for item := range strings.SplitSeq(text, ",") {
		t, err := parseItem(item)
		if err == nil {
			all, err = all.and(t)
		}
		if err != nil {
			return tag{}, err
		}
	}
	all.text = text
	return all, nil
}

func parseItem(item string) (tag, error) {
	switch item {
	case "secret":
		return tag{secret: true}, nil
	case "local":
		return tag{local: true}, nil
	case "access", "refresh", "expiry", "identity":
		return tag{role: item}, nil
	default:
		return parsePolicy(item)
	}
}

func parsePolicy(item string) (tag, error) {
	word, name, hasName := strings.Cut(item, "=")
	kind, ok := lww.ParseKind(word)
	needsName := kind.Tuple() || kind == lww.Keyed
	switch {
	case !ok || kind == lww.LWW:
		return tag{}, fmt.Errorf("unknown word %q", item)
	case !needsName && hasName:
		return tag{}, fmt.Errorf("%s takes no name", word)
	case needsName && name == "":
		return tag{}, fmt.Errorf("%s needs a name: %s=NAME", word, word)
	case kind.Tuple() && !groupName(name):
		return tag{}, fmt.Errorf("the name of a group begins with a lower-case letter and goes on with those, digits, _ and -: not %q", name)
	}
	return tag{kind: kind, name: name}, nil
}

// groupName reports whether s may be the name of a group: [a-z][a-z0-9_-]*.
func groupName(s string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	return s != "" && strings.Contains(letters, s[:1]) && strings.Trim(s, letters+"0123456789_-") == ""
}

// and returns what t and u say together.
func (t tag) and(u tag) (tag, error) {
	switch {
	case t.kind != lww.LWW && u.kind != lww.LWW:
		return t, errors.New("two policies on one field")
	case t.role != "" && u.role != "":
		return t, errors.New("two roles for one field")
	}
	if u.kind == lww.LWW {
		u.kind, u.name = t.kind, t.name
	}
	if t.text != "" {
		u.text = t.text + "," + u.text
	}
	u.role += t.role
	u.secret = u.secret || t.secret
	u.local = u.local || t.local
	return u, nil
}

// hiddenTag returns an error if t, which encodes itself, has a tag on a field
// that encoding/json would otherwise have come to.
func hiddenTag(t reflect.Type, seen map[reflect.Type]bool) error {
	if seen[t] {
		return nil
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return hiddenTag(t.Elem(), seen)
	case reflect.Struct:
		return hiddenFieldTag(t, seen)
	}
	return nil
}

func hiddenFieldTag(t reflect.Type, seen map[reflect.Type]bool) error {
	for sf := range t.Fields() {
		f := field{owner: t, name: sf.Name}
		if err := f.readTag(sf.Tag, tag{}); err != nil {
			return err
		}
		if f.own {
			return f.fail("hidden by a MarshalJSON or MarshalText at or above " + t.String())
		}
		if !visible(sf) {
			continue
		}
		if err := hiddenTag(sf.Type, seen); err != nil {
			return err
		}
	}
	return nil
}
