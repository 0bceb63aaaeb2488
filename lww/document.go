package lww

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// Document is the state of one file: a register for every leaf that was ever
// written, tombstones included, and one for every instance of a group. The
// zero Document is empty and ready to use. A Document is not safe for
// concurrent use, and Clone is the way to copy one.
type Document struct {
	// ID says which files are copies of one document. Empty: none yet.
	ID string
	// Salt keys the digests. It goes with the ID.
	Salt string
	// Policies are the stored policies. A document without any is all LWW.
	Policies Table

	root   node
	tuples map[string]Register // by instance name

	digests *digester // once one was needed
}

// node is a place in the document: the register of the place itself, if it
// ever had one, and what lies below; of an array whose elements merge, these.
type node struct {
	reg   Register
	has   bool
	kids  *family // nil: none, as at most nodes
	elems elements
	// signed is the digest of reg's value, once it was computed; put forgets it.
	signed atomic.Pointer[signature]
}

func (n *node) kid(key string) *node {
	if n == nil {
		return nil
	}
	return n.kids.get(key)
}

// children returns what lies below, in the order of the keys.
func (n *node) children() []child {
	if n == nil {
		return nil
	}
	return n.kids.all()
}

// grow returns the child for writing, made if it is missing.
func (n *node) grow(key string) *node {
	k := n.kids.own(key)
	if k == nil {
		k = &node{}
		n.addKid(key, k)
	}
	return k
}

// addKid adds a child that is not there yet.
func (n *node) addKid(key string, kid *node) {
	if n.kids == nil {
		n.kids = &family{}
	}
	n.kids.add(key, kid)
}

func (n *node) put(r Register) {
	n.reg, n.has = r, true
	n.signed.Store(nil)
}

// raise is the join of one register.
func (n *node) raise(r Register) bool {
	if n.has && n.reg.Compare(r) >= 0 {
		return false
	}
	n.put(r)
	return true
}

// join is the pointwise maximum of two trees. It reports whether n changed.
func (n *node) join(m *node) bool {
	changed := m.has && n.raise(m.reg)
	changed = n.joinElements(m) || changed
	if m.kids.len() == 0 {
		return changed
	}
	if n.kids == nil {
		n.kids = &family{}
	}
	return n.kids.join(m.kids) || changed
}

// covers reports whether a join with m would leave n as it is.
func (n *node) covers(m *node) bool {
	if m.has && !(n.has && n.reg.Compare(m.reg) >= 0) {
		return false
	}
	for key, r := range m.elems {
		if mine, has := n.elems[key]; !has || mine.Compare(r) < 0 {
			return false
		}
	}
	for _, c := range m.children() {
		if k := n.kid(c.key); k == nil || k != c.node && !k.covers(c.node) {
			return false
		}
	}
	return true
}

// newest is the greatest stamp at and below n.
func (n *node) newest() Stamp {
	return n.greatest(func(r Register) Stamp { return r.Stamp })
}

// latest is the greatest stamp or era at and below n.
func (n *node) latest() Stamp { return n.greatest(Register.latest) }

func (r Register) latest() Stamp { return later(r.Stamp, r.Era) }

func (n *node) greatest(of func(Register) Stamp) Stamp {
	if n == nil {
		return Stamp{}
	}
	var s Stamp
	if n.has {
		s = later(of(n.reg), n.elems.newest())
	}
	for _, k := range n.children() {
		s = later(s, k.node.greatest(of))
	}
	return s
}

// at returns the node at path, or nil.
func (d *Document) at(path []string) *node {
	n := &d.root
	for _, key := range path {
		n = n.kid(key)
	}
	return n
}

// growTo returns the node at path for writing, made if it is missing.
func (d *Document) growTo(path []string) *node {
	n := &d.root
	for _, key := range path {
		n = n.grow(key)
	}
	return n
}

// Merge joins other into d and reports whether that changed d. It is a pure
// pointwise maximum: commutative, associative, idempotent, and it prunes
// nothing. It costs time in proportion to other, which may be a small delta.
func (d *Document) Merge(other *Document) bool {
	changed := d.mergeIdentity(other)
	changed = d.mergePolicies(other.Policies) || changed
	changed = d.root.join(&other.root) || changed
	for name, r := range other.tuples {
		changed = d.raiseTuple(name, r) || changed
	}
	return changed
}

// mergeIdentity keeps the smaller id with its salt, and of one id the smaller
// salt. None is greater than any.
func (d *Document) mergeIdentity(other *Document) bool {
	if cmp.Or(compareNames(d.ID, other.ID), compareNames(d.Salt, other.Salt)) <= 0 {
		return false
	}
	d.ID, d.Salt = other.ID, other.Salt
	return true
}

// compareNames orders an empty name after all others.
func compareNames(a, b string) int {
	return cmp.Or(compareBool(a == "", b == ""), strings.Compare(a, b))
}

func (d *Document) mergePolicies(t Table) bool {
	changed := false
	for name, p := range t {
		joined := p
		if mine, ok := d.Policies[name]; ok {
			joined = mine.join(p)
			if joined.equal(mine) {
				continue
			}
		}
		if d.Policies == nil {
			d.Policies = make(Table)
		}
		d.Policies[name] = joined
		changed = true
	}
	return changed
}

func (d *Document) raiseTuple(name string, r Register) bool {
	if mine, ok := d.tuples[name]; ok && mine.Compare(r) >= 0 {
		return false
	}
	if d.tuples == nil {
		d.tuples = make(map[string]Register)
	}
	d.tuples[name] = r
	return true
}

// Clone returns a copy that shares nothing mutable with d.
func (d *Document) Clone() *Document {
	return &Document{
		ID: d.ID, Salt: d.Salt,
		Policies: maps.Clone(d.Policies),
		root:     node{reg: d.root.reg, has: d.root.has, kids: d.root.kids.clone()},
		tuples:   maps.Clone(d.tuples),
	}
}

// Declare adds policies to the stored ones, the higher rank winning, and
// reports whether that changed anything.
func (d *Document) Declare(t Table) bool { return d.mergePolicies(t) }

// Registers yields every register by its key, in no particular order: fields
// by JSON Pointer, elements of arrays by their array's and their own key,
// groups by instance name.
func (d *Document) Registers() iter.Seq2[string, Register] {
	return func(yield func(string, Register) bool) {
		if !d.root.each("", yield) {
			return
		}
		for name, r := range d.tuples {
			if !yield(name, r) {
				return
			}
		}
	}
}

func (n *node) each(pointer string, yield func(string, Register) bool) bool {
	if n == nil {
		return true
	}
	if n.has && n.reg.written() && !yield(pointer, n.reg) {
		return false
	}
	for key, r := range n.elems {
		if !yield(elementPointer(pointer, key), r) {
			return false
		}
	}
	for _, k := range n.children() {
		if !k.node.each(strictjson.AppendSegment(pointer, k.key), yield) {
			return false
		}
	}
	return true
}

// Register returns the register of the key: a JSON Pointer, that of an element,
// or the name of a group's instance.
func (d *Document) Register(key string) (Register, bool) {
	if isInstance(key) {
		r, ok := d.tuples[key]
		return r, ok
	}
	at, element, isElement := splitElement(key)
	if !isElement {
		at = key
	}
	path, err := strictjson.SplitPointer(at)
	n := d.at(path)
	switch {
	case err != nil || n == nil || !n.has:
		return Register{}, false
	case isElement:
		r, ok := n.elems[element]
		return r, ok
	}
	return n.reg, n.reg.written()
}

// Put joins one register into the document under its key, as Merge would.
// Parts that the register's policy has no use for are dropped. A key that is
// none of those that Registers yields is ignored.
func (d *Document) Put(key string, r Register) bool {
	if at, element, ok := splitElement(key); ok {
		path, err := strictjson.SplitPointer(at)
		return err == nil && fits(element, r) && d.growTo(path).raiseElement(element, r)
	}
	r = r.normal()
	if isInstance(key) {
		return d.raiseTuple(key, r)
	}
	path, err := strictjson.SplitPointer(key)
	return err == nil && d.growTo(path).raise(r)
}

func isInstance(key string) bool { return key != "" && key[0] != '/' }

// sortedKeys returns the keys of m in byte order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m)) // slices.Sorted does not know how many
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// Delta returns the registers and policies by which now differs from d: what,
// merged into d, makes it now.
func (d *Document) Delta(now *Document) *Document {
	out := &Document{ID: now.ID, Salt: now.Salt}
	out.root.subtract(&d.root, &now.root)
	for name, r := range now.tuples {
		if mine, ok := d.tuples[name]; !ok || mine != r {
			out.raiseTuple(name, r)
		}
	}
	for name, p := range now.Policies {
		if mine, ok := d.Policies[name]; !ok || !mine.equal(p) {
			out.Declare(Table{name: p})
		}
	}
	return out
}

// subtract puts into n what now has and old has not.
func (n *node) subtract(old, now *node) {
	if now.has && (old == nil || !old.has || old.reg != now.reg) {
		n.put(now.reg)
	}
	for key, r := range now.elems {
		if was, had := old.elem(key); !had || was != r {
			n.raiseElement(key, r)
		}
	}
	theirs := old.children()
	for _, k := range now.children() {
		for len(theirs) > 0 && theirs[0].key < k.key {
			theirs = theirs[1:]
		}
		var was *node
		if len(theirs) > 0 && theirs[0].key == k.key {
			was = theirs[0].node
		}
		if k.node != was && !k.node.same(was) {
			n.grow(k.key).subtract(was, k.node)
		}
	}
}

// same reports whether both trees hold the same registers.
func (n *node) same(m *node) bool {
	if m == nil || n.has != m.has || n.reg != m.reg || n.kids.len() != m.kids.len() || !n.elems.equal(m.elems) {
		return false
	}
	theirs := m.children()
	for i, k := range n.children() {
		if k.key != theirs[i].key || k.node != theirs[i].node && !k.node.same(theirs[i].node) {
			return false
		}
	}
	return true
}

// Keys returns the keys of all registers, sorted.
func (d *Document) Keys() []string {
	var keys []string
	for key := range d.Registers() {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// Secret reports whether any stored policy says that a value is secret.
func (d *Document) Secret() bool {
	for _, p := range d.Policies {
		if p.Secret || p.Kind == Token {
			return true
		}
	}
	return false
}
