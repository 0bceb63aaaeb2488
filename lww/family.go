package lww

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// family holds the children of a node in the order of their keys: documents
// are walked far more often than they grow, and grow mostly at the end.
//
// A save clones a document to change one field of it, so a clone copies nothing:
// it has the same children until one of both writes, and then copies the nodes
// on the way to the place. Therefore all that writes to a node gets it from own
// or add.
type family struct {
	sorted []child
	// frozen: another family has the same sorted.
	frozen bool
	// late are those that came in between, sorted too. They are few: keeping
	// each in its place at once would cost the square of their number.
	late []child
}

type child struct {
	key    string
	node   *node
	shared bool // another document has the same node
}

func (c child) compare(key string) int { return strings.Compare(c.key, key) }

// find returns the index of the key among the children, or where it belongs.
func find(children []child, key string) (int, bool) {
	if n := len(children); n == 0 || children[n-1].key < key {
		return n, false
	}
	return slices.BinarySearchFunc(children, key, child.compare)
}

func (f *family) len() int {
	if f == nil {
		return 0
	}
	return len(f.sorted) + len(f.late)
}

// get returns the child, or nil.
func (f *family) get(key string) *node {
	if f == nil {
		return nil
	}
	if i, ok := find(f.sorted, key); ok {
		return f.sorted[i].node
	}
	if i, ok := find(f.late, key); ok {
		return f.late[i].node
	}
	return nil
}

// own returns the child for writing, or nil.
func (f *family) own(key string) *node {
	if f == nil {
		return nil
	}
	if i, ok := find(f.sorted, key); ok {
		return f.ownAt(i)
	}
	if i, ok := find(f.late, key); ok {
		return f.late[i].node
	}
	return nil
}

func (f *family) ownAt(i int) *node {
	f.thaw()
	c := &f.sorted[i]
	if c.shared {
		*c = child{key: c.key, node: &node{reg: c.node.reg, has: c.node.has, kids: c.node.kids.same(), elems: maps.Clone(c.node.elems)}}
	}
	return c.node
}

// thaw makes the list of the children this family's own, though not them.
func (f *family) thaw() {
	if !f.frozen {
		return
	}
	f.sorted, f.frozen = slices.Clone(f.sorted), false
	for i := range f.sorted {
		f.sorted[i].shared = true
	}
}

// add adds a child that is not there yet.
func (f *family) add(key string, n *node) {
	f.thaw()
	if i, _ := find(f.sorted, key); i == len(f.sorted) {
		f.sorted = append(f.sorted, child{key: key, node: n})
		return
	}
	i, _ := find(f.late, key)
	f.late = slices.Insert(f.late, i, child{key: key, node: n})
	if len(f.late)*len(f.late) > len(f.sorted) {
		f.all()
	}
}

// addSorted adds children that are not there yet, sorted.
func (f *family) addSorted(more []child) {
	f.thaw()
	f.all()
	f.late = more
	f.all()
}

// all returns the children in order.
func (f *family) all() []child {
	switch {
	case f == nil:
		return nil
	case len(f.late) == 0:
		return f.sorted
	}
	merged := make([]child, 0, f.len())
	old := f.sorted
	for _, c := range f.late {
		i, _ := find(old, c.key)
		merged = append(append(merged, old[:i]...), c)
		old = old[i:]
	}
	f.sorted, f.late = append(merged, old...), nil
	return f.sorted
}

// drop removes the children that gone says are; it may write to them.
func (f *family) drop(gone func(child) bool) {
	if f == nil {
		return
	}
	for i := range f.all() {
		f.ownAt(i)
	}
	f.sorted = slices.DeleteFunc(f.sorted, gone)
}

// clone returns a family with the same children.
func (f *family) clone() *family {
	f.settle()
	if f != nil {
		f.frozen = true
	}
	return f.same()
}

// same returns a family with the same children, of one that is settled and that
// nobody writes to.
func (f *family) same() *family {
	if f == nil {
		return nil
	}
	return &family{sorted: f.sorted, frozen: true}
}

// settle puts all that is late in its place: what is shared is not even sorted
// any more.
func (f *family) settle() {
	if f == nil || f.frozen {
		return
	}
	for _, c := range f.all() {
		if !c.shared {
			c.node.kids.settle()
		}
	}
}

// join is the pointwise maximum of two families. It reports whether f changed.
func (f *family) join(g *family) bool {
	changed := false
	var news []child
	f.all()
	next := 0
	for _, c := range g.all() {
		// Most are found where the one before them ended.
		mine := f.sorted[next:]
		i, found := 0, len(mine) > 0 && mine[0].key == c.key
		if !found {
			i, found = find(mine, c.key)
		}
		if next += i; found {
			changed = f.joinAt(next, c.node) || changed
			next++
			continue
		}
		fresh := &node{}
		changed = fresh.join(c.node) || changed
		news = append(news, child{key: c.key, node: fresh})
	}
	if len(news) > 0 {
		f.addSorted(news)
	}
	return changed
}

func (f *family) joinAt(i int, m *node) bool {
	c := f.sorted[i]
	if c.node == m || (f.frozen || c.shared) && c.node.covers(m) {
		return false // and needs no copy
	}
	return f.ownAt(i).join(m)
}

// sortByKey sorts what is mostly sorted.
func sortByKey[T any](all []T, key func(T) string) {
	byKey := func(a, b T) int { return cmp.Compare(key(a), key(b)) }
	if !slices.IsSortedFunc(all, byKey) {
		slices.SortFunc(all, byKey)
	}
}
