package strictjson

import "iter"

// Tree is a parsed JSON text. It never changes and may be shared between goroutines. The strings that it hands out
// share its memory.
type Tree struct {
	src    string
	nodes  []node   // in source order: a container's first child follows it
	keys   []string // the keys that had escapes, decoded
	limits Limits
}

// node is one value. It holds no pointers, so that the collector skips the arena. A key that holds no escape is a
// substring of the source.
type node struct {
	start, end       int32 // the literal in the source
	keyStart, keyEnd int32 // the key between its quotes, if this is a member
	decoded          int32 // 1 + index into keys of a key with escapes; 0 for any other
	next             int32 // the next sibling; 0 for the last
	size             int32 // how many members or elements
	kind             Kind
	escaped          bool // a string with a backslash
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
	if n.decoded != 0 {
		return t.keys[n.decoded-1]
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

// Len returns how many members or elements there are, 0 for a scalar.
func (n Node) Len() int {
	return int(n.node().size)
}

// Members yields an object's keys, decoded, and values in source order; nothing for any other kind.
func (n Node) Members() iter.Seq2[string, Node] {
	return func(yield func(string, Node) bool) {
		for i := n.first(Object); i != 0; i = n.tree.nodes[i].next {
			if !yield(n.tree.key(i), Node{n.tree, i}) {
				return
			}
		}
	}
}

// Elements yields an array's values in source order; nothing for any other kind.
func (n Node) Elements() iter.Seq[Node] {
	return func(yield func(Node) bool) {
		for i := n.first(Array); i != 0; i = n.tree.nodes[i].next {
			if !yield(Node{n.tree, i}) {
				return
			}
		}
	}
}

// first returns the index of the first child of a container of this kind, or 0, which only the root has.
func (n Node) first(kind Kind) int32 {
	if at := n.node(); at.kind == kind && at.size > 0 {
		return n.i + 1
	}
	return 0
}

// children returns the members or elements.
func (n Node) children() []Node {
	children := make([]Node, 0, n.Len())
	for i := n.first(n.Kind()); i != 0; i = n.tree.nodes[i].next {
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
