package schema

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// Builder declares policies for programs that have neither a Go type nor a JSON
// Schema. The zero value is ready; call its methods, then Table.
//
// A place is a JSON Pointer in which * stands for any key of a map and any
// element of an array: /servers/*/token. A key that is just * is written ~2.
type Builder struct {
	d   declarations
	err error // the first
}

// BuildError reports a call of a Builder's method that makes no sense.
type BuildError struct {
	// At is the place as it was given.
	At     string
	Reason string
}

func (e *BuildError) Error() string { return fmt.Sprintf("the policy of %q: %s", e.At, e.Reason) }

// First lets the earliest write win at the places.
func (b *Builder) First(places ...string) *Builder { return b.add(tag{kind: lww.First}, places) }

// Max lets the greatest value win at the places.
func (b *Builder) Max(places ...string) *Builder { return b.add(tag{kind: lww.Max}, places) }

// Min lets the smallest value win at the places.
func (b *Builder) Min(places ...string) *Builder { return b.add(tag{kind: lww.Min}, places) }

// Set merges the arrays at the places as sets.
func (b *Builder) Set(places ...string) *Builder { return b.add(tag{kind: lww.Set}, places) }

// Keyed merges the array of objects at the place by the member id.
func (b *Builder) Keyed(place, id string) *Builder {
	if id == "" {
		return b.fail(place, "keyed needs the name of a member")
	}
	return b.add(tag{kind: lww.Keyed, name: id}, []string{place})
}

// Secret redacts what is at the places, beside any policy that they have.
func (b *Builder) Secret(places ...string) *Builder { return b.add(tag{secret: true}, places) }

// Local keeps what is at the places on this machine.
func (b *Builder) Local(places ...string) *Builder { return b.add(tag{local: true}, places) }

// Group makes the members, keys of the object at holder, one value.
func (b *Builder) Group(name, holder string, members ...string) *Builder {
	for _, key := range members {
		b.join(lww.Group, name, holder, key, "")
	}
	return b
}

// Token makes members of the object at holder a rotating credential. The
// members are named by the methods of the result.
func (b *Builder) Token(name, holder string) *TokenBuilder { return &TokenBuilder{b, name, holder} }

// TokenBuilder names the members of a token.
type TokenBuilder struct {
	b            *Builder
	name, holder string
}

// Access names the member that is the access token.
func (t *TokenBuilder) Access(key string) *TokenBuilder { return t.join(key, "access") }

// Refresh names the member that is spent when the token is refreshed.
func (t *TokenBuilder) Refresh(key string) *TokenBuilder { return t.join(key, "refresh") }

// Expiry names the member that says when the access token expires.
func (t *TokenBuilder) Expiry(key string) *TokenBuilder { return t.join(key, "expiry") }

// Form says how the expiry is written: [lww.FormRFC3339], [lww.FormSeconds] or
// [lww.FormMillis]. Without it the first expiry that is written tells.
func (t *TokenBuilder) Form(form string) *TokenBuilder {
	p, declared := t.b.d.table[t.name]
	switch {
	case !slices.Contains([]string{lww.FormRFC3339, lww.FormSeconds, lww.FormMillis}, form):
		t.b.fail(t.holder, "there is no form "+strconv.Quote(form)+" of an expiry")
	case !declared || p.Expiry == "":
		t.b.fail(t.holder, "the form comes after the expiry")
	default:
		p.ExpiryForm = form
		t.b.d.table[t.name] = p
	}
	return t
}

// Identity names the member that says whose token it is.
func (t *TokenBuilder) Identity(key string) *TokenBuilder { return t.join(key, "identity") }

// Members names members without a role.
func (t *TokenBuilder) Members(keys ...string) *TokenBuilder {
	for _, key := range keys {
		t.join(key, "")
	}
	return t
}

func (t *TokenBuilder) join(key, role string) *TokenBuilder {
	t.b.join(lww.Token, t.name, t.holder, key, role)
	return t
}

// Table returns what was declared. The error, a [*BuildError], is that of the
// first call that made no sense.
func (b *Builder) Table() (lww.Table, error) {
	if b.err == nil {
		b.err = b.d.checkTokens()
	}
	if b.err != nil {
		return nil, b.err
	}
	return join(b.d.table), nil
}

func (b *Builder) fail(place, reason string) *Builder {
	if b.err == nil {
		b.err = &BuildError{place, reason}
	}
	return b
}

func (b *Builder) add(t tag, places []string) *Builder {
	for _, place := range places {
		at, err := parsePlace(place)
		switch {
		case err != nil:
			b.fail(place, err.Error())
		case len(at) == 0:
			b.fail(place, "the root has no policy: give its members theirs")
		default:
			b.enter(t, at, place)
		}
	}
	return b
}

func (b *Builder) join(kind lww.Kind, group, holder, key, role string) {
	at, err := parsePlace(holder)
	switch {
	case err != nil:
		b.fail(holder, err.Error())
	case !groupName(group):
		b.fail(holder, "the name of a group begins with a lower-case letter and goes on with those, digits, _ and -")
	default:
		b.enter(tag{kind: kind, name: group, role: role}, below(at, lww.Segment{Key: key}), holder)
	}
}

// enter adds a flag to a policy that the place has already, and a policy to
// flags.
func (b *Builder) enter(t tag, at lww.Pattern, place string) {
	if b.d.table == nil {
		b.d.table = lww.Table{}
	}
	if t.kind != lww.LWW && b.claimed(at) {
		b.fail(place, "two policies for one field")
		return
	}
	if p, ok := b.d.table[lww.FieldName(at)]; ok && !t.kind.Tuple() {
		t.secret, t.local = t.secret || p.Secret, t.local || p.Local
		if t.kind == lww.LWW {
			t.kind, t.name = p.Kind, p.ID
		}
	}
	fail := func(reason string) error { return &BuildError{place, reason} }
	if err := b.d.enter(t, at, fail); err != nil && b.err == nil {
		b.err = err
	}
}

// claimed reports whether the field has a policy or is in a group.
func (b *Builder) claimed(at lww.Pattern) bool {
	if p, ok := b.d.table[lww.FieldName(at)]; ok && p.Kind != lww.LWW {
		return true
	}
	holder, key := at[:len(at)-1], at[len(at)-1].Key
	for _, p := range b.d.table {
		if p.Kind.Tuple() && slices.Equal(p.At, holder) && slices.Contains(p.Members, key) {
			return true
		}
	}
	return false
}

var errPlace = errors.New("a place is a JSON Pointer, empty or with a / in front; * is any key, ~0 stands for ~, ~1 for /, ~2 for *")

// parsePlace reads a place.
func parsePlace(place string) (lww.Pattern, error) {
	at := lww.Pattern{}
	for i, segment := range strings.Split(place, "/") {
		switch {
		case i == 0 && segment != "":
			return nil, errPlace
		case i == 0:
		case segment == "*":
			at = append(at, lww.Segment{Any: true})
		case segment == "~2":
			at = append(at, lww.Segment{Key: "*"})
		default:
			path, err := strictjson.SplitPointer("/" + segment)
			if err != nil {
				return nil, errPlace
			}
			at = append(at, lww.Segment{Key: path[0]})
		}
	}
	return at, nil
}
