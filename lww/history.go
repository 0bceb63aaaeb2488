package lww

import "slices"

// History holds, for each key, the digests of values that were superseded,
// newest last: what tells a rewrite by a stale program from an edit.
type History map[string][]string

// historyDepth is the number of superseded values that are remembered for each
// register.
const historyDepth = 16

// Has reports whether the digest is that of a superseded value.
func (h History) Has(key, digest string) bool { return slices.Contains(h[key], digest) }

// Record adds what now supersedes in old: the values of registers that differ.
func (h History) Record(old, now *Document) {
	for key, r := range old.Registers() {
		n, ok := now.Register(key)
		if !ok || r.Dead || n == r {
			continue
		}
		h.Add(key, now.Digest(key, r.Value))
	}
	for key := range h {
		if r, ok := now.Register(key); ok && !r.Dead {
			h.drop(key, now.Digest(key, r.Value))
		}
	}
}

// Add remembers one superseded value, and forgets the oldest beyond 16.
func (h History) Add(key, digest string) {
	h.drop(key, digest)
	past := append(h[key], digest)
	h[key] = past[max(0, len(past)-historyDepth):]
}

// drop forgets a value that is current again.
func (h History) drop(key, digest string) {
	if i := slices.Index(h[key], digest); i >= 0 {
		h[key] = slices.Delete(slices.Clone(h[key]), i, i+1)
	}
}
