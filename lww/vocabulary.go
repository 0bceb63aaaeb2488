package lww

import (
	"slices"
	"strings"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// vocabulary returns which leaves a text has, as the digests of their
// pointers: as a set, and as one string that a History can keep.
func vocabulary(digests *digester, v *View) (words map[string]bool, all string) {
	words = map[string]bool{}
	v.eachLeaf("", func(at string) { words[digests.of(at, "")] = true })
	return words, strings.Join(sortedKeys(words), "")
}

func (v *View) eachLeaf(at string, fn func(at string)) {
	if !v.IsObject() || v.Len() == 0 {
		fn(at)
		return
	}
	for key, kid := range v.Members() {
		kid.eachLeaf(strictjson.AppendSegment(at, key), fn)
	}
}

// isMissing reports whether all that v consists of is among the missing words.
func (v *View) isMissing(at string, digests *digester, missing map[string]bool) bool {
	all := true
	v.eachLeaf(at, func(at string) { all = all && missing[digests.of(at, "")] })
	return all
}

// missing returns the words by which an earlier vocabulary exceeds the given
// one, the newest first; none if each of them lacks a word of it.
func (h *History) missing(words map[string]bool) map[string]bool {
	for _, earlier := range slices.Backward(h.Vocabularies) {
		had := map[string]bool{}
		for i := 0; i+digestLen <= len(earlier); i += digestLen {
			had[earlier[i:i+digestLen]] = true
		}
		if out := exceeds(had, words); len(out) > 0 {
			return out
		}
	}
	return nil
}

// exceeds returns what a has and b has not, if a has all of b.
func exceeds(a, b map[string]bool) map[string]bool {
	for word := range b {
		if !a[word] {
			return nil
		}
	}
	out := map[string]bool{}
	for word := range a {
		if !b[word] {
			out[word] = true
		}
	}
	return out
}
