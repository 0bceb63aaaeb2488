package strictjson

import "hash/maphash"

// Up to fewKeys comparing keys is faster than hashing, and up to someKeys a table of hashes is not worth its memory.
const (
	fewKeys  = 16
	someKeys = 64
)

// distinct fails at the second of two equal keys of an object with size members; otherwise it returns end.
func (p *parser) distinct(object int32, size, end int) int {
	var repeated int32
	switch {
	case size <= fewKeys:
		repeated = p.repeatedOfFew(object)
	case p.ascend(object):
	case size <= someKeys:
		repeated = p.repeatedOfSome(object)
	default:
		repeated = p.seen.repeated(&p.Tree, object, size)
	}
	if repeated != 0 {
		return p.fail(DuplicateKey, int(p.nodes[repeated].keyStart)-1)
	}
	return end
}

// ascend reports whether each key is greater than the one before it, as those of a map are that was encoded: then none
// is repeated. Once they may begin anew below the first one: a member that is kept for programs often comes last.
func (t *Tree) ascend(object int32) bool {
	first, last, anew := t.key(object+1), "", false
	for i := object + 1; i < t.nodes[object].after; i = t.nodes[i].after {
		key := t.key(i)
		if i > object+1 && key <= last {
			if anew {
				return false
			}
			anew = true
		}
		if anew && key >= first {
			return false
		}
		last = key
	}
	return true
}

// repeatedOfFew returns the first member whose key an earlier one has, or 0. Keys are compared only where
// one of 256 bits, picked by length and outer bytes, was set before.
func (t *Tree) repeatedOfFew(object int32) int32 {
	var seen [4]uint64
	for i := object + 1; i < t.nodes[object].after; i = t.nodes[i].after {
		key := t.key(i)
		hint := keyHint(key)
		word, bit := &seen[hint/64%4], uint64(1)<<(hint%64)
		if *word&bit != 0 && t.hasKeyBefore(object, i, key) {
			return i
		}
		*word |= bit
	}
	return 0
}

// repeatedOfSome does the same with one of 1,024 bits, picked by a hash that nobody can aim at.
func (t *Tree) repeatedOfSome(object int32) int32 {
	seed := maphash.MakeSeed()
	var seen [16]uint64
	for i := object + 1; i < t.nodes[object].after; i = t.nodes[i].after {
		key := t.key(i)
		hint := maphash.String(seed, key)
		word, bit := &seen[hint/64%16], uint64(1)<<(hint%64)
		if *word&bit != 0 && t.hasKeyBefore(object, i, key) {
			return i
		}
		*word |= bit
	}
	return 0
}

func keyHint(key string) uint {
	if key == "" {
		return 0
	}
	return uint(len(key)) + 5*uint(key[0]) + 11*uint(key[len(key)-1])
}

func (t *Tree) hasKeyBefore(object, end int32, key string) bool {
	for i := object + 1; i < end; i = t.nodes[i].after {
		if t.key(i) == key {
			return true
		}
	}
	return false
}

// keySet is a hash table that is emptied in constant time, by counting rounds: a map would have to be cleared for
// each object, at the cost of the largest one so far. The seed is random, so that nobody can aim for collisions.
type keySet struct {
	seed  maphash.Seed
	slots []slot // a power of two, at least twice as many as keys
	round uint32
}

type slot struct {
	round uint32 // the slot is free unless this is the current round
	node  int32
	hash  uint64
}

// repeated returns the first of size members whose key an earlier one has, or 0.
func (s *keySet) repeated(t *Tree, object int32, size int) int32 {
	s.reset(size)
	for i := object + 1; i < t.nodes[object].after; i = t.nodes[i].after {
		if !s.add(t, i) {
			return i
		}
	}
	return 0
}

func (s *keySet) reset(size int) {
	if s.slots == nil {
		s.seed = maphash.MakeSeed()
	}
	if n := len(s.slots); n < 2*size {
		for n = max(n, 4*someKeys); n < 2*size; n *= 2 {
		}
		s.slots, s.round = make([]slot, n), 0
	}
	s.round++
	if s.round == 0 { // after 2^32 objects the old rounds would look current
		clear(s.slots)
		s.round = 1
	}
}

// add reports whether the key was new.
func (s *keySet) add(t *Tree, i int32) bool {
	key := t.key(i)
	hash := maphash.String(s.seed, key)
	mask := uint64(len(s.slots) - 1)
	for at := hash & mask; ; at = (at + 1) & mask {
		other := &s.slots[at]
		if other.round != s.round {
			*other = slot{round: s.round, node: i, hash: hash}
			return true
		}
		if other.hash == hash && t.key(other.node) == key {
			return false
		}
	}
}
