package lww

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// family holds the children of a node in the order of their keys: documents
// are walked far more often than they grow, and grow mostly at the end.
type family struct {
	sorted []child
	// late are those that came in between, sorted too. They are few: keeping
	// each in its place at once would cost the square of their number.
	late []child
}

type child struct {
	key  string
	node *node
}

func (c child) compare(key string) int { return strings.Compare(c.key, key) }

// find returns the index of the key among the children, or where it belongs.
func find(children []child, key string) (int, bool) {
	if n := len(children); n == 0 || children[n-1].key < key {
		return n, false
	}
	return slices.BinarySearchFunc(children, key, child.compare)
}

func (f *family) len() int { return len(f.sorted) + len(f.late) }

// get returns the child, or nil.
func (f *family) get(key string) *node {
	if i, ok := find(f.sorted, key); ok {
		return f.sorted[i].node
	}
	if i, ok := find(f.late, key); ok {
		return f.late[i].node
	}
	return nil
}

// add adds a child that is not there yet.
func (f *family) add(key string, n *node) {
	if i, _ := find(f.sorted, key); i == len(f.sorted) {
		f.sorted = append(f.sorted, child{key, n})
		return
	}
	i, _ := find(f.late, key)
	f.late = slices.Insert(f.late, i, child{key, n})
	if len(f.late)*len(f.late) > len(f.sorted) {
		f.all()
	}
}

// addSorted adds children that are not there yet, sorted.
func (f *family) addSorted(more []child) {
	f.all()
	f.late = more
	f.all()
}

// all returns the children in order.
func (f *family) all() []child {
	if len(f.late) == 0 {
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

// drop removes the children that gone says are.
func (f *family) drop(gone func(child) bool) {
	f.sorted = slices.DeleteFunc(f.all(), gone)
}

// clone copies the children and all below them: at each level, in one piece.
func (f *family) clone() family {
	children := f.all()
	if len(children) == 0 {
		return family{}
	}
	nodes, copies := make([]node, len(children)), make([]child, len(children))
	for i, c := range children {
		nodes[i] = node{reg: c.node.reg, has: c.node.has, kids: c.node.kids.clone(), elems: maps.Clone(c.node.elems)}
		copies[i] = child{c.key, &nodes[i]}
	}
	return family{sorted: copies}
}

// join is the pointwise maximum of two families. It reports whether f changed.
func (f *family) join(g *family) bool {
	changed := false
	var news []child
	mine := f.all()
	for _, c := range g.all() {
		// Most are found where the one before them ended.
		i, found := 0, len(mine) > 0 && mine[0].key == c.key
		if !found {
			i, found = find(mine, c.key)
		}
		if mine = mine[i:]; found {
			changed = mine[0].node.join(c.node) || changed
			mine = mine[1:]
			continue
		}
		fresh := &node{}
		changed = fresh.join(c.node) || changed
		news = append(news, child{c.key, fresh})
	}
	if len(news) > 0 {
		f.addSorted(news)
	}
	return changed
}

// sortByKey sorts what is mostly sorted.
func sortByKey[T any](all []T, key func(T) string) {
	byKey := func(a, b T) int { return cmp.Compare(key(a), key(b)) }
	if !slices.IsSortedFunc(all, byKey) {
		slices.SortFunc(all, byKey)
	}
}
