package strictjson

import (
	"math"
	"strings"
)

// Limits bounds what [Parse] accepts. The zero value is right for configuration files.
type Limits struct {
	// MaxSize is the largest text in bytes. 0 means 64 MiB; the most that can be asked for is 2 GiB - 1.
	MaxSize int
	// MaxDepth is how deep arrays and objects may nest; a scalar has depth 0. 0 means 1,000; the most that can be
	// asked for is 10,000, which keeps recursion over a tree cheap.
	MaxDepth int
}

func (l Limits) withDefaults() Limits {
	if l.MaxSize <= 0 {
		l.MaxSize = 64 << 20
	}
	if l.MaxDepth <= 0 {
		l.MaxDepth = 1000
	}
	return Limits{MaxSize: min(l.MaxSize, math.MaxInt32), MaxDepth: min(l.MaxDepth, 10_000)}
}

// Parse returns the tree of one JSON text whose root may be any value. It keeps no reference to src.
// The error is a [*SyntaxError].
func Parse(src []byte, l Limits) (*Tree, error) {
	l = l.withDefaults()
	if len(src) > l.MaxSize {
		return nil, &SyntaxError{Class: TooLarge, Offset: l.MaxSize, Line: 1, Column: 1}
	}
	t, err := parse(string(src), l)
	if err != nil {
		return nil, err
	}
	return t, nil
}

// ParseObject is [Parse] for a text whose root must be an object; another valid root is class not-object.
func ParseObject(src []byte, l Limits) (*Tree, error) {
	t, err := Parse(src, l)
	if err != nil {
		return nil, err
	}
	if root := t.Root(); root.Kind() != Object {
		start, _ := root.Span()
		return nil, newSyntaxError(NotObject, t.src, start)
	}
	return t, nil
}

// parse is Parse for a string, with l complete. It checks UTF-8 first, because the fastest check is the one over
// the whole text; a bad sequence then ends the text, so that an error in front of it is still the one reported.
func parse(src string, l Limits) (*Tree, *SyntaxError) {
	if class := classifyWhole(src, l.MaxSize); class != "" {
		return nil, newSyntaxError(class, src, 0)
	}
	bad := firstInvalidUTF8(src)
	p := parser{src: src[:bad], maxDepth: l.MaxDepth, nodes: make([]node, 0, estimateNodes(src))}
	ok := p.document()
	switch {
	case bad < len(src) && (ok || p.class == Truncated):
		class := InvalidUTF8
		if !ok && cutRune(src[bad:]) {
			class, bad = Truncated, len(src)
		}
		return nil, newSyntaxError(class, src, bad)
	case !ok:
		return nil, newSyntaxError(p.class, src, p.pos)
	}
	return &Tree{src: src, nodes: p.nodes, keys: p.keys, limits: l}, nil
}

// estimateNodes is exact where strings hold no punctuation. The cap keeps a text of nothing but brackets from
// reserving sixteen times its size before it is refused.
func estimateNodes(src string) int {
	n := 1 + strings.Count(src, ",") + strings.Count(src, "{") + strings.Count(src, "[")
	return min(n, len(src)/16+16)
}

// parser appends nodes in source order. A method that returns false has set class, and pos to where the text
// stopped making sense.
type parser struct {
	src      string
	pos      int
	maxDepth int
	nodes    []node
	keys     []string
	seen     keySet
	class    Class
}

func (p *parser) fail(class Class) bool {
	p.class = class
	return false
}

// unexpected fails at pos with the class that tells most.
func (p *parser) unexpected() bool {
	return p.fail(classifyAt(p.src, p.pos, Syntax))
}

func (p *parser) document() bool {
	if !p.value(0) {
		return false
	}
	if p.peek(); p.pos < len(p.src) {
		return p.fail(classifyAt(p.src, p.pos, TrailingGarbage))
	}
	return true
}

// value parses one value into the next node; depth counts the containers around it.
func (p *parser) value(depth int) bool {
	switch c := p.peek(); c {
	case '"':
		at := p.open(String)
		escaped, ok := p.str()
		p.nodes[at].escaped = escaped
		return p.close(at, ok)
	case '{':
		return p.object(depth + 1)
	case '[':
		return p.array(depth + 1)
	case 't':
		return p.literal(Bool, "true")
	case 'f':
		return p.literal(Bool, "false")
	case 'n':
		return p.literal(Null, "null")
	default:
		if c == '-' || isDigit(c) {
			return p.number()
		}
		return p.unexpected()
	}
}

// open appends a node that starts at pos.
func (p *parser) open(kind Kind) int32 {
	p.nodes = append(p.nodes, node{kind: kind, start: int32(p.pos)})
	return int32(len(p.nodes) - 1)
}

// close ends a node at pos, and passes ok on.
func (p *parser) close(at int32, ok bool) bool {
	p.nodes[at].end = int32(p.pos)
	return ok
}

func (p *parser) object(depth int) bool {
	at := p.open(Object)
	if depth > p.maxDepth {
		return p.fail(TooDeep)
	}
	p.pos++
	if p.peek() == '}' {
		p.pos++
		return p.close(at, true)
	}
	for last := int32(0); ; {
		child := int32(len(p.nodes))
		if !p.member(depth) {
			return false
		}
		p.link(at, last, child)
		last = child
		switch p.peek() {
		case ',':
			p.pos++
		case '}':
			p.pos++
			return p.close(at, p.distinct(at))
		default:
			return p.unexpected()
		}
	}
}

func (p *parser) array(depth int) bool {
	at := p.open(Array)
	if depth > p.maxDepth {
		return p.fail(TooDeep)
	}
	p.pos++
	if p.peek() == ']' {
		p.pos++
		return p.close(at, true)
	}
	for last := int32(0); ; {
		child := int32(len(p.nodes))
		if !p.value(depth) {
			return false
		}
		p.link(at, last, child)
		last = child
		switch p.peek() {
		case ',':
			p.pos++
		case ']':
			p.pos++
			return p.close(at, true)
		default:
			return p.unexpected()
		}
	}
}

// link makes child the next one after last, or the first one if last is 0: only the root has index 0.
func (p *parser) link(parent, last, child int32) {
	p.nodes[parent].size++
	if last != 0 {
		p.nodes[last].next = child
	}
}

// member parses a key, a colon and a value.
func (p *parser) member(depth int) bool {
	if p.peek() != '"' {
		return p.unexpected()
	}
	start := p.pos + 1
	escaped, ok := p.str()
	if !ok {
		return false
	}
	end := p.pos - 1
	if p.peek() != ':' {
		return p.unexpected()
	}
	p.pos++
	child := len(p.nodes)
	if !p.value(depth) {
		return false
	}
	n := &p.nodes[child]
	n.keyStart, n.keyEnd = int32(start), int32(end)
	if escaped {
		p.keys = append(p.keys, unescape(p.src[start:end]))
		n.decoded = int32(len(p.keys))
	}
	return true
}
