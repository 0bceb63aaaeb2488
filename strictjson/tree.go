package strictjson

import "iter"

// Tree is a parsed JSON text. It never changes and may be shared between goroutines. The strings that it hands out
// share its memory.
type Tree struct {
	src    string
	nodes  []node           // in source order: the children of a container follow it
	keys   map[int32]string // by node: the keys that had escapes, decoded
	limits Limits
}

// node is one value. It holds no pointers, so that the collector skips the arena. A key that holds no escape is a
// substring of the source.
type node struct {
	start, end       int32 // the literal in the source
	keyStart, keyEnd int32 // the key between its quotes, if this is a member
	after            int32 // the node behind this one and all below it
	kind             Kind
	escaped          bool // a string with a backslash
	keyEscaped       bool // a member whose key has one
}

// Kind is the type of a JSON value.
type Kind uint8

// The kinds in the order in which values of different kinds sort.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// String returns the name in lower case.
func (k Kind) String() string {
	switch k {
	case Null:
		return "null"
	case Bool:
		return "bool"
	case Number:
		return "number"
	case String:
		return "string"
	case Array:
		return "array"
	case Object:
		return "object"
	}
	return "invalid"
}

// Root returns the value that is the document.
func (t *Tree) Root() Node {
	return Node{tree: t}
}

// Source returns the text that was parsed.
func (t *Tree) Source() string {
	return t.src
}

func (t *Tree) key(i int32) string {
	n := &t.nodes[i]
	if n.keyEscaped {
		return t.keys[i]
	}
	return t.src[n.keyStart:n.keyEnd]
}

// Node is one value of a [Tree]. It is small; pass it by value. The zero Node belongs to no tree: don't use it.
type Node struct {
	tree *Tree
	i    int32
}

func (n Node) node() *node {
	return &n.tree.nodes[n.i]
}

func (n Node) key() string {
	return n.tree.key(n.i)
}

// Kind returns the value's type.
func (n Node) Kind() Kind {
	return n.node().kind
}

// Raw returns the literal as it stands in the source, containers with the white space inside them.
func (n Node) Raw() string {
	at := n.node()
	return n.tree.src[at.start:at.end]
}

// Span returns the byte offsets of [Node.Raw] in the source.
func (n Node) Span() (start, end int) {
	at := n.node()
	return int(at.start), int(at.end)
}

// Text returns the decoded string (WTF-8, see the package comment), and "" for a value that is not a string.
func (n Node) Text() string {
	at := n.node()
	if at.kind != String {
		return ""
	}
	content := n.tree.src[at.start+1 : at.end-1]
	if at.escaped {
		return unescape(content)
	}
	return content
}

// Len counts the members or elements, of which a scalar has none.
func (n Node) Len() int {
	size := 0
	for i := n.i + 1; i < n.node().after; i = n.tree.nodes[i].after {
		size++
	}
	return size
}

// isLeaf reports whether n is a scalar or an empty container.
func (n Node) isLeaf() bool {
	return n.node().after == n.i+1
}

// Members yields an object's keys, decoded, and values in source order; nothing for any other kind.
func (n Node) Members() iter.Seq2[string, Node] {
	return func(yield func(string, Node) bool) {
		if n.Kind() != Object {
			return
		}
		for i := n.i + 1; i < n.node().after; i = n.tree.nodes[i].after {
			if !yield(n.tree.key(i), Node{n.tree, i}) {
				return
			}
		}
	}
}

// Elements yields an array's values in source order; nothing for any other kind.
func (n Node) Elements() iter.Seq[Node] {
	return func(yield func(Node) bool) {
		if n.Kind() != Array {
			return
		}
		for i := n.i + 1; i < n.node().after; i = n.tree.nodes[i].after {
			if !yield(Node{n.tree, i}) {
				return
			}
		}
	}
}

// children returns the members or elements.
func (n Node) children() []Node {
	children := make([]Node, 0, n.Len())
	for i := n.i + 1; i < n.node().after; i = n.tree.nodes[i].after {
		children = append(children, Node{n.tree, i})
	}
	return children
}

// firstChild is for containers that are not empty.
func (n Node) firstChild() Node {
	return Node{n.tree, n.i + 1}
}

// Get returns the member with the given decoded key. It looks at one member after the other: for many keys of a
// large object, range over Members once.
func (n Node) Get(key string) (Node, bool) {
	for k, member := range n.Members() {
		if k == key {
			return member, true
		}
	}
	return Node{}, false
}

// At follows the decoded keys from member to member, each as [Node.Get] does.
func (n Node) At(path []string) (Node, bool) {
	ok := true
	for i := 0; ok && i < len(path); i++ {
		n, ok = n.Get(path[i])
	}
	return n, ok
}
