package schema

import (
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/cfgmerge/cfgmerge/lww"
)

// Spell returns path, the keys from the root as the encoder spells them, as
// the file spells them. The decoder takes a key of the file for a struct field
// if the two are equal when folded, so a file may say "Theme" where the encoder
// says "theme". Of several such keys the decoder obeys the last, and so does
// Spell. Keys of maps, and keys that the file doesn't have, stay as they are.
//
// The function keys returns the keys of the file's object at parent, in the
// file's order, or nil if there is none; it must not keep parent.
func (s *Shape) Spell(path []string, keys func(parent []string) []string) []string {
	c := cursor{node: s.root, keys: keys}
	for _, key := range path {
		c.enter(lww.Segment{Key: key})
	}
	return c.path
}

// SpellTable returns the declared policies with the keys in them as the file
// spells them: a policy for "refresh_token" would not see the file's
// "Refresh_Token". Where a policy applies to each value of a map or each
// element of an array, the first one decides, so keys is also asked for the
// indices of arrays; it is otherwise that of [Shape.Spell].
func (s *Shape) SpellTable(keys func(parent []string) []string) lww.Table {
	table := make(lww.Table, len(s.table))
	for name, p := range s.table {
		p = s.spellPolicy(p, keys)
		if !p.Kind.Tuple() {
			name = lww.FieldName(p.At)
		}
		if q, taken := table[name]; taken {
			p = join(lww.Table{name: q}, lww.Table{name: p})[name]
		}
		table[name] = p
	}
	return table
}

func (s *Shape) spellPolicy(p lww.Policy, keys func(parent []string) []string) lww.Policy {
	c := cursor{node: s.root, keys: keys}
	p.At = slices.Clone(p.At)
	for i, seg := range p.At {
		c.enter(seg)
		if !seg.Any {
			p.At[i].Key = c.path[i]
		}
	}
	if p.Kind == lww.Keyed {
		c.enter(lww.Segment{Any: true})
		p.ID = c.spell(p.ID)
	}
	p.Members = slices.Clone(p.Members)
	for i, member := range p.Members {
		p.Members[i] = c.spell(member)
	}
	slices.Sort(p.Members)
	if expiry := c.node.child(p.Expiry); p.ExpiryForm == "" && expiry != nil && expiry.typ == reflect.TypeFor[time.Time]() {
		p.ExpiryForm = "rfc3339" // a number could not be read back
	}
	for _, role := range []*string{&p.Access, &p.Refresh, &p.Expiry, &p.Identity} {
		*role = c.spell(*role)
	}
	return p
}

// cursor is a place in a file.
type cursor struct {
	node *node    // of what is there
	path []string // as the file spells it
	keys func(parent []string) []string
}

// enter moves down to a key, spelled as the encoder does, or to the first of
// any.
func (c *cursor) enter(s lww.Segment) {
	key := ""
	if !s.Any {
		key = c.spell(s.Key)
	} else if keys := c.keys(c.path); len(keys) > 0 {
		key = keys[0]
	}
	c.path = append(c.path, key)
	c.node = c.node.child(s.Key)
}

// spell returns the file's spelling of a key.
func (c *cursor) spell(key string) string {
	if c.node == nil || c.node.exact[key] == nil {
		return key
	}
	spelled := key
	for _, k := range c.keys(c.path) {
		if c.node.decodes(k) == c.node.exact[key] {
			spelled = k
		}
	}
	return spelled
}

// decodes returns the field into which the decoder puts the value of a key of
// the file, or nil if it ignores it.
func (n *node) decodes(key string) *field {
	if f := n.exact[key]; f != nil {
		return f
	}
	return n.folded[fold(key)]
}

// fold returns the same string for all strings that strings.EqualFold calls
// equal. It is how encoding/json compares keys.
func fold(s string) string { return strings.Map(leastFold, s) }

// leastFold returns the smallest of the runes that differ from r only in case.
func leastFold(r rune) rune {
	least := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	return least
}
