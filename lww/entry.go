package lww

import (
	"strconv"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// entry is one value of the block's "at" object: what the block says of a
// pointer or of a group's instance. SPEC.md section 4.3.
type entry struct {
	form    form
	stamp   Stamp
	digests string
	era     Stamp
	gen     uint64
	// spent are the digests of the secrets that a token has superseded.
	spent string
	// order of an array's elements, where the text does not say it all.
	order string
}

// form tells the shapes of an entry apart.
type form uint8

const (
	// values: [stamp, digests, era, generation, spent], the last three
	// optional. The values below that have no deeper entry, or the value itself.
	// Arrays whose elements merge have their order in the place of a generation.
	values form = iota
	// tombstone: [stamp].
	tombstone
	// emptyObject: [stamp, "{}"].
	emptyObject
	// typedTombstone: [stamp, null, era].
	typedTombstone
	// misfit: an entry with parts that the kind of its key has no use for.
	misfit
)

const emptyMark = "{}"

// entryOf is the entry of one register, with the digest of its value.
func entryOf(r Register, digest string) entry {
	e := entry{stamp: r.Stamp, digests: digest, era: r.Era, gen: r.Gen, spent: r.Spent}
	switch {
	case r.Dead && r.Policy == LWW:
		e.form, e.digests = tombstone, ""
	case r.Dead:
		e.form, e.digests = typedTombstone, ""
	}
	return e
}

func (e entry) append(dst []byte) []byte {
	dst = append(dst, '[', '"')
	dst = append(dst, e.stamp.String()...)
	dst = append(dst, '"')
	switch e.form {
	case tombstone:
		return append(dst, ']')
	case emptyObject:
		return append(dst, `,"`+emptyMark+`"]`...)
	case typedTombstone:
		dst = append(dst, ",null"...)
	default:
		dst = append(dst, ',', '"')
		dst = append(dst, e.digests...)
		dst = append(dst, '"')
	}
	if e.isOrdered() || e.form == typedTombstone {
		dst = append(dst, `,"`+e.era.String()+`"`...)
	}
	if e.gen > 0 || e.spent != "" {
		dst = append(dst, ',')
		dst = strconv.AppendUint(dst, e.gen, 10)
	}
	if e.spent != "" {
		dst = append(dst, `,"`+e.spent+`"`...)
	}
	if e.order != "" {
		dst = append(append(dst, ','), e.order...)
	}
	return append(dst, ']')
}

// parseEntry reads an entry; ok is false if it is malformed.
func parseEntry(n strictjson.Node) (e entry, ok bool) {
	if n.Kind() != strictjson.Array {
		return entry{}, false
	}
	var parts []strictjson.Node
	for part := range n.Elements() {
		parts = append(parts, part)
	}
	if len(parts) < 1 || len(parts) > 5 || !parseStampNode(parts[0], &e.stamp) {
		return entry{}, false
	}
	if len(parts) == 1 {
		e.form = tombstone
		return e, true
	}
	if !e.parseDigests(parts[1]) || e.form == emptyObject && len(parts) > 2 || e.form == typedTombstone && len(parts) != 3 {
		return entry{}, false
	}
	if len(parts) > 2 && !parseStampNode(parts[2], &e.era) {
		return entry{}, false
	}
	if len(parts) > 3 && parts[3].Kind() == strictjson.Array {
		e.order = strictjson.Canonical(parts[3].Raw())
		return e, e.form == values && len(parts) == 4
	}
	if len(parts) > 3 {
		gen, err := strconv.ParseUint(parts[3].Raw(), 10, 64)
		if e.gen = gen; err != nil || gen > maxGen {
			return entry{}, false
		}
	}
	if len(parts) > 4 {
		e.spent = parts[4].Text()
		return e, e.form == values && areDigests(e.spent)
	}
	return e, true
}

// isOrdered reports whether the entry has a part that only registers have which
// compare by more than their stamp.
func (e entry) isOrdered() bool {
	return !e.era.IsZero() || e.gen > 0 || e.spent != "" || e.order != ""
}

// fits reports whether a register of the kind can have all parts of a values
// entry, and as many values.
func (e entry) fits(kind Kind) bool {
	switch kind {
	case Token:
		return e.count() == 1 && e.order == ""
	case Set, Keyed:
		return e.gen == 0
	case First, Max, Min:
		return e.count() == 1 && e.gen == 0 && e.order == ""
	case Group:
		return e.count() == 1 && !e.isOrdered()
	}
	return !e.isOrdered()
}

func (e *entry) parseDigests(n strictjson.Node) bool {
	switch {
	case n.Kind() == strictjson.Null:
		e.form = typedTombstone
		return true
	case n.Kind() != strictjson.String:
		return false
	case n.Text() == emptyMark:
		e.form = emptyObject
		return true
	}
	e.digests = n.Text()
	return areDigests(e.digests)
}

func parseStampNode(n strictjson.Node, s *Stamp) bool {
	if n.Kind() != strictjson.String {
		return false
	}
	parsed, err := ParseStamp(n.Text())
	*s = parsed
	return err == nil
}

// count is the number of leaves that the entry vouches for.
func (e entry) count() int { return len(e.digests) / digestLen }

// digest returns the digest of the i-th leaf.
func (e entry) digest(i int) string { return e.digests[i*digestLen : (i+1)*digestLen] }
