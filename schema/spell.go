package schema

import (
	"strings"
	"unicode"
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
	spelled := make([]string, 0, len(path))
	n := s.root
	for _, key := range path {
		spelled = append(spelled, n.spell(key, spelled, keys))
		n = n.child(key)
	}
	return spelled
}

func (n *node) spell(key string, parent []string, keys func([]string) []string) string {
	if n == nil || n.exact[key] == nil {
		return key
	}
	spelled := key
	for _, k := range keys(parent) {
		if n.decodes(k) == n.exact[key] {
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
