package lww

import (
	"slices"
	"strconv"
	"strings"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// History remembers what was superseded, so that a file without a block can be
// judged: which of its values are edits, and which are only old. It counts time
// in its own steps: stamps say which write wins, but those of foreign writes
// say nothing of when it was made.
type History struct {
	// Now counts the calls of Record that found something.
	Now uint64 `json:"now,omitempty"`
	// Past holds, for each key, the versions that were superseded and the
	// values that files only showed, oldest first.
	Past map[string][]Superseded `json:"past,omitempty"`
	// Vocabularies are the sets of keys of the last files without a block,
	// each as the sorted digests of its pointers.
	Vocabularies []string `json:"vocabularies,omitempty"`
	// Spent reports whether a digest is one of those that SpentBy has ever
	// returned. They are kept apart from the rest, for much longer. Nil: none
	// is.
	Spent func(digest string) bool `json:"-"`

	// refused are the values that the last file without a block showed and that
	// were only old, by key: the next call of Record says when that was.
	refused map[string]string
}

// Superseded is a version that is no longer current: the step of the history at
// which it was superseded, in base32, and the digest of its value, which is
// empty if there was none. One that ends in "!" was not ours: a file showed it at
// that step, an old value that was written over. Whoever wrote that file will do
// so again, or has it read by others, long after the value was superseded.
type Superseded string

// What is remembered: versions of one key, the oldest of them only for when it
// ended; values that were only shown; and vocabularies.
const (
	historyDepth    = 17
	shownDepth      = 4
	vocabularyDepth = 4
	stepLen         = 7
	shownMark       = "!"
)

func superseded(step uint64, digest string) Superseded {
	var b [stepLen]byte
	for i := stepLen - 1; i >= 0; i-- {
		b[i], step = crockford[step&31], step>>5
	}
	return Superseded(string(b[:]) + digest)
}

func (v Superseded) malformed() bool {
	return len(v) != stepLen && len(v) != stepLen+digestLen && !(len(v) == stepLen+digestLen+1 && v.shown())
}

// shown reports whether the version was never ours.
func (v Superseded) shown() bool { return strings.HasSuffix(string(v), shownMark) }

// until is the step at which the version was superseded, or only shown.
func (v Superseded) until() uint64 {
	var step uint64
	for i := range min(len(v), stepLen) {
		step = step<<5 | uint64(max(strings.IndexByte(crockford, v[i]), 0))
	}
	return step
}

func (v Superseded) digest() string {
	return strings.TrimSuffix(string(v[min(len(v), stepLen):]), shownMark)
}

// refuse notes that a file showed a value which is only old.
func (h *History) refuse(key, digest string) {
	if h.refused == nil {
		h.refused = map[string]string{}
	}
	h.refused[key] = digest
}

// Record adds what delta, merged into old, supersedes there: the values that
// show at, above or below its registers, but for those that show in now just
// the same. What appears where nothing was is remembered, too, unless the whole
// document is new. After Adopt it also adds what the file showed and was only old,
// for the step at which the file's edits became ours.
func (h *History) Record(old, now, delta *Document) {
	h.record(old, now, delta)
	for key, digest := range h.refused {
		h.add(key, superseded(h.Now, digest+shownMark))
	}
	h.refused = nil
}

func (h *History) record(old, now, delta *Document) {
	digests := now.digester()
	was, is := old.lifted(), now.lifted()
	found := map[string]string{}
	for key := range delta.Registers() {
		was.shownAround(key, func(at string, r Register) {
			if is.shownAt(at) != r {
				found[at] = digests.ofRegister(at, r)
			}
		})
		if _, had := found[key]; !had && !old.empty() && was.shownAt(key) == (Register{}) {
			found[key] = ""
		}
	}
	if len(found) == 0 {
		return
	}
	h.Now++
	for at, digest := range found {
		h.add(at, superseded(h.Now, digest))
	}
}

// ofRegister is the digest of what a register shows: none for a tombstone.
func (d *digester) ofRegister(key string, r Register) string {
	if r.Dead {
		return ""
	}
	return d.of(key, r.Value)
}

// shownAround calls fn for the registers that decide what shows at, above or
// below the key.
func (d *Document) shownAround(key string, fn func(at string, r Register)) {
	if r, ok := d.tuples[key]; ok {
		fn(key, r)
	}
	if r := d.shownElement(key); r != (Register{}) {
		fn(key, r)
	}
	path, err := strictjson.SplitPointer(key)
	if isInstance(key) || err != nil {
		return
	}
	n, h, ceiling := &d.root, d.holders(), Stamp{}
	for i, segment := range path {
		if n.visible(ceiling) && !n.reg.Dead {
			if p := resolve(n, nil, ceiling); p.shown() == leaf {
				fn(pointer(path[:i]), *p.own)
			}
		}
		ceiling = n.ceiling(ceiling)
		if n, h = n.kid(segment), h.kid(segment); n == nil && h == nil {
			return
		}
	}
	around := map[string]Register{}
	resolve(n, h, ceiling).collect(key, around)
	for _, at := range sortedKeys(around) {
		fn(at, around[at])
	}
}

// shownAt returns the register that decides what shows at the key, the zero
// Register if there is none.
func (d *Document) shownAt(key string) Register {
	if isInstance(key) {
		return d.tuples[key]
	}
	if _, _, ok := splitElement(key); ok {
		return d.shownElement(key)
	}
	path, _ := strictjson.SplitPointer(key)
	n, h, ceiling := &d.root, d.holders(), Stamp{}
	for _, segment := range path {
		ceiling = n.ceiling(ceiling)
		n, h = n.kid(segment), h.kid(segment)
	}
	switch p := resolve(n, h, ceiling); {
	case p == nil || p.own == nil || p.shows == object:
		return Register{}
	case p.array != nil:
		return p.array.reg
	default:
		return *p.own
	}
}

// shownElement returns the register of an element that no reset hides.
func (d *Document) shownElement(key string) Register {
	at, element, ok := splitElement(key)
	path, err := strictjson.SplitPointer(at)
	if a := d.at(path).array(); ok && err == nil && a != nil {
		return a.elems[element]
	}
	return Register{}
}

// Showing returns the registers that say what the document shows: leaves,
// tuples, and tombstones with nothing below.
func (d *Document) Showing() map[string]Register {
	d = d.lifted()
	out := map[string]Register{}
	d.resolveRoot().collect("", out)
	return out
}

func (p *place) collect(at string, out map[string]Register) {
	if p == nil {
		return
	}
	switch {
	case p.array != nil:
		p.array.collect(at, out)
	case p.own != nil && p.shows != object:
		out[at] = *p.own
	}
	for _, s := range p.seats {
		out[s.name] = s.reg
	}
	for c, kid := range p.below() {
		below := strictjson.AppendSegment(at, c.key)
		if kid == nil {
			out[below] = c.node.reg
		} else {
			kid.collect(below, out)
		}
	}
}

// add remembers versions of one key, and forgets the oldest. Of a value that was
// shown again it forgets the time before.
func (h *History) add(key string, versions ...Superseded) {
	past := slices.Clone(h.Past[key])
	for _, v := range versions {
		if i, found := slices.BinarySearch(past, v); !found && !v.malformed() {
			past = slices.Insert(past, i, v)
		}
	}
	if len(past) == 0 {
		return
	}
	if h.Past == nil {
		h.Past = make(map[string][]Superseded)
	}
	h.Past[key] = tidy(distinct(past))
}

// distinct leaves of equal versions in a row the first one, because nothing was
// between them: a power cut left a shadow from before the version was superseded,
// so the next save did it again. A token that seems to have come back once would
// be believed to come back.
func distinct(past []Superseded) []Superseded {
	var last *string
	return slices.DeleteFunc(past, func(v Superseded) bool {
		digest := v.digest()
		if v.shown() || last != nil && *last == digest {
			return !v.shown()
		}
		last = &digest
		return false
	})
}

// tidy leaves what is to be remembered.
func tidy(past []Superseded) []Superseded {
	ours, shown := 0, map[string]bool{}
	kept := len(past)
	for i, v := range slices.Backward(past) {
		switch {
		case !v.shown() && ours < historyDepth:
			ours++
		case v.shown() && len(shown) < shownDepth && !shown[v.digest()]:
			shown[v.digest()] = true
		default:
			continue
		}
		kept--
		past[kept] = past[i]
	}
	return past[kept:]
}

// Merge adds what other remembers.
func (h *History) Merge(other *History) {
	h.Now = max(h.Now, other.Now)
	if h.Past == nil {
		h.Past = make(map[string][]Superseded, len(other.Past))
	}
	for key, past := range other.Past {
		if len(h.Past[key]) == 0 && isTidy(past) {
			h.Past[key] = past // add never changes what it finds
			continue
		}
		h.add(key, past...)
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

// AppendJSON adds to dst what json.Marshal makes of h, & < and > aside, in a
// fraction of the time.
func (h *History) AppendJSON(dst []byte) []byte {
	before := len(dst)
	if h.Now != 0 {
		dst = strconv.AppendUint(append(dst, `,"now":`...), h.Now, 10)
	}
	if len(h.Past) > 0 {
		dst = append(dst, `,"past":`...)
		open := byte('{')
		for _, key := range sortedKeys(h.Past) {
			dst = append(strictjson.AppendQuote(append(dst, open), key), ':')
			dst = appendTexts(dst, h.Past[key])
			open = ','
		}
		dst = append(dst, '}')
	}
	if len(h.Vocabularies) > 0 {
		dst = appendTexts(append(dst, `,"vocabularies":`...), h.Vocabularies)
	}
	if len(dst) == before {
		return append(dst, "{}"...)
	}
	dst[before] = '{' // in the place of the comma
	return append(dst, '}')
}

func appendTexts[T ~string](dst []byte, texts []T) []byte {
	if texts == nil {
		return append(dst, "null"...)
	}
	dst = append(dst, '[')
	for i, text := range texts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strictjson.AppendQuote(dst, string(text))
	}
	return append(dst, ']')
}

// isTidy reports whether the versions of a key are as add leaves them, but that
// it may have been shown one value twice.
func isTidy(past []Superseded) bool {
	shown := 0
	for i, v := range past {
		if v.malformed() || i > 0 && past[i-1] >= v {
			return false
		}
		if v.shown() {
			shown++
		}
	}
	return shown <= shownDepth && len(past)-shown <= historyDepth
}
