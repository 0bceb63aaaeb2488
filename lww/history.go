package lww

import (
	"slices"
	"strings"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// History remembers what was superseded, so that a file without a block can be
// judged: which of its values are edits, and which are only old.
type History struct {
	// Past holds, for each key, the versions that were superseded, oldest
	// first.
	Past map[string][]Superseded `json:"past,omitempty"`
	// Vocabularies are the sets of keys of the last files without a block,
	// each as the sorted digests of its pointers.
	Vocabularies []string `json:"vocabularies,omitempty"`
	// Spent reports whether a digest is one of those that SpentBy has ever
	// returned. They are kept apart from the rest, for much longer. Nil: none
	// is.
	Spent func(digest string) bool `json:"-"`
}

// Superseded is a superseded value: the stamp of its register followed by the
// digest of its value, which is empty for a tombstone.
type Superseded string

// What is remembered: versions of one key, and vocabularies.
const (
	historyDepth      = 16
	vocabularyDepth   = 4
	versionWithDigest = stampLen + digestLen
)

func (v Superseded) stamp() Stamp {
	s, _ := ParseStamp(string(v[:min(len(v), stampLen)]))
	return s
}

func (v Superseded) digest() string { return string(v[min(len(v), stampLen):]) }

// Record adds what now supersedes in old: values that show there and no longer
// do here, and deletions that were taken back.
func (h *History) Record(old, now *Document) {
	digests, after := newDigester(now.Salt), now.Showing()
	for key, r := range old.Showing() {
		if after[key] == r {
			continue
		}
		h.Add(key, version(digests, key, r))
	}
}

// version is what a History keeps of a register.
func version(digests *digester, key string, r Register) Superseded {
	v := Superseded(r.Stamp.String())
	if !r.Dead {
		v += Superseded(digests.of(key, r.Value))
	}
	return v
}

// Showing returns the registers that say what the document shows: leaves,
// tuples, and tombstones with nothing below.
func (d *Document) Showing() map[string]Register {
	d = d.lifted()
	out := map[string]Register{}
	resolve(&d.root, d.holders(), Stamp{}).collect("", out)
	return out
}

func (p *place) collect(at string, out map[string]Register) {
	if p == nil {
		return
	}
	if p.own != nil && (p.shows != object) {
		out[at] = *p.own
	}
	for _, s := range p.seats {
		out[s.name] = s.reg
	}
	for key, kid := range p.kids {
		kid.collect(strictjson.AppendSegment(at, key), out)
	}
}

// Add remembers one superseded version, and forgets the oldest beyond 16.
func (h *History) Add(key string, v Superseded) {
	past := h.Past[key]
	i, found := slices.BinarySearchFunc(past, v, func(a, b Superseded) int { return strings.Compare(string(a), string(b)) })
	if found || len(v) != stampLen && len(v) != versionWithDigest {
		return
	}
	if h.Past == nil {
		h.Past = make(map[string][]Superseded)
	}
	past = slices.Insert(slices.Clone(past), i, v)
	h.Past[key] = past[max(0, len(past)-historyDepth):]
}

// Merge adds what other remembers.
func (h *History) Merge(other *History) {
	for _, key := range sortedKeys(other.Past) {
		for _, v := range other.Past[key] {
			h.Add(key, v)
		}
	}
	for _, v := range other.Vocabularies {
		h.see(v)
	}
	if h.Spent == nil {
		h.Spent = other.Spent
	}
}

// see remembers the vocabulary of a file without a block.
func (h *History) see(vocabulary string) {
	h.Vocabularies = slices.DeleteFunc(slices.Clone(h.Vocabularies), func(v string) bool { return v == vocabulary })
	h.Vocabularies = append(h.Vocabularies, vocabulary)
	h.Vocabularies = h.Vocabularies[max(0, len(h.Vocabularies)-vocabularyDepth):]
}

// Clone returns a copy that shares nothing mutable.
func (h *History) Clone() *History {
	c := &History{}
	c.Merge(h)
	return c
}
