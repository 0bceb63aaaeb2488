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
	if len(src) > l.MaxSize { // before it is copied
		return nil, &SyntaxError{Class: TooLarge, Line: 1, Column: 1}
	}
	return ParseString(string(src), l)
}

// ParseString is [Parse] for a string, which the tree shares.
func ParseString(src string, l Limits) (*Tree, error) {
	l = l.withDefaults()
	if len(src) > l.MaxSize {
		return nil, &SyntaxError{Class: TooLarge, Line: 1, Column: 1}
	}
	t, err := parse(src, l)
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
	p := parser{Tree: Tree{src: src[:bad], nodes: make([]node, 0, estimateNodes(src)), limits: l}}
	ok := p.document()
	switch {
	case bad < len(src) && (ok || p.class == Truncated):
		if !ok && cutRune(src[bad:]) {
			return nil, newSyntaxError(Truncated, src, len(src))
		}
		return nil, newSyntaxError(InvalidUTF8, src, bad)
	case !ok:
		return nil, newSyntaxError(p.class, src, p.wrong)
	}
	t := p.Tree // a copy, so that it does not keep the parser alive
	return &t, nil
}

// estimateNodes counts the commas, since each separates two values, and guesses at the containers. The cap keeps a
// text of nothing but commas from reserving sixteen times its size before it is refused.
func estimateNodes(src string) int {
	commas := strings.Count(src, ",")
	return min(1+commas+commas/4, len(src)/16+16)
}

// parser appends nodes in source order. Its methods take the offset of the first byte of what they parse and return
// the one behind it, or failed. The offset is passed along, not kept here, because a register is several times
// faster than a field.
type parser struct {
	Tree  // so far
	seen  keySet
	class Class // why it failed
	wrong int   // where
}

const failed = -1

func (p *parser) fail(class Class, at int) int {
	p.class, p.wrong = class, at
	return failed
}

// unexpected fails with the class that tells most.
func (p *parser) unexpected(at int) int {
	return p.fail(classifyAt(p.src, at, Syntax), at)
}

func (p *parser) document() bool {
	end := p.value(skipSpace(p.src, 0), 0)
	if end == failed {
		return false
	}
	if end = skipSpace(p.src, end); end < len(p.src) {
		p.fail(classifyAt(p.src, end, TrailingGarbage), end)
		return false
	}
	return true
}

// value parses one value into the next node; depth counts the containers around it.
func (p *parser) value(start, depth int) int {
	switch c := byteAt(p.src, start); c {
	case '"':
		end, escaped := p.str(start)
		p.add(String, start, end).escaped = escaped
		return end
	case '{':
		return p.object(start, depth+1)
	case '[':
		return p.array(start, depth+1)
	case 't':
		return p.literal(start, Bool, "true")
	case 'f':
		return p.literal(start, Bool, "false")
	case 'n':
		return p.literal(start, Null, "null")
	default:
		if c == '-' || isDigit(c) {
			return p.number(start)
		}
		return p.unexpected(start)
	}
}

// add appends a node. It is filled in place: one that is built first and then copied waits for its own bytes.
func (p *parser) add(kind Kind, start, end int) *node {
	p.nodes = append(p.nodes, node{})
	n := &p.nodes[len(p.nodes)-1]
	n.kind, n.start, n.end, n.after = kind, int32(start), int32(end), int32(len(p.nodes))
	return n
}

// literal parses one of the three words.
func (p *parser) literal(start int, kind Kind, word string) int {
	if strings.HasPrefix(p.src[start:], word) {
		end := start + len(word)
		p.add(kind, start, end)
		return end
	}
	i := 0
	for byteAt(p.src, start+i) == word[i] {
		i++
	}
	return p.unexpected(start + i)
}

func (p *parser) number(start int) int {
	end, ok := skipNumber(p.src, start)
	if !ok {
		return p.unexpected(end)
	}
	p.add(Number, start, end)
	return end
}

// str parses a string, key or value, and reports whether it holds an escape.
func (p *parser) str(start int) (end int, escaped bool) {
	if end = skipPlain(p.src, start+1); byteAt(p.src, end) == '"' {
		return end + 1, false
	}
	end, escaped, ok := skipEscaped(p.src, end)
	if !ok {
		return p.unexpected(end), escaped
	}
	return end, escaped
}

func (p *parser) object(start, depth int) int {
	if depth > p.limits.MaxDepth {
		return p.fail(TooDeep, start)
	}
	at := p.open(Object, start)
	i := skipSpace(p.src, start+1)
	if byteAt(p.src, i) == '}' {
		return p.close(at, i+1)
	}
	for size := 1; ; size++ {
		if i = p.member(i, depth); i == failed {
			return failed
		}
		i = skipSpace(p.src, i)
		switch byteAt(p.src, i) {
		case ',':
			i = skipSpace(p.src, i+1)
		case '}':
			return p.distinct(at, size, p.close(at, i+1))
		default:
			return p.unexpected(i)
		}
	}
}

func (p *parser) array(start, depth int) int {
	if depth > p.limits.MaxDepth {
		return p.fail(TooDeep, start)
	}
	at := p.open(Array, start)
	i := skipSpace(p.src, start+1)
	if byteAt(p.src, i) == ']' {
		return p.close(at, i+1)
	}
	for {
		if i = p.value(i, depth); i == failed {
			return failed
		}
		i = skipSpace(p.src, i)
		switch byteAt(p.src, i) {
		case ',':
			i = skipSpace(p.src, i+1)
		case ']':
			return p.close(at, i+1)
		default:
			return p.unexpected(i)
		}
	}
}

// open appends a container's node, which close completes.
func (p *parser) open(kind Kind, start int) int32 {
	p.add(kind, start, start)
	return int32(len(p.nodes) - 1)
}

func (p *parser) close(at int32, end int) int {
	n := &p.nodes[at]
	n.end, n.after = int32(end), int32(len(p.nodes))
	return end
}

// member parses a key, a colon and a value.
func (p *parser) member(start, depth int) int {
	if byteAt(p.src, start) != '"' {
		return p.unexpected(start)
	}
	end, escaped := p.str(start)
	if end == failed {
		return failed
	}
	colon := skipSpace(p.src, end)
	if byteAt(p.src, colon) != ':' {
		return p.unexpected(colon)
	}
	child := int32(len(p.nodes))
	i := p.value(skipSpace(p.src, colon+1), depth)
	if i != failed {
		n := &p.nodes[child]
		n.keyStart, n.keyEnd = int32(start+1), int32(end-1)
		if escaped {
			n.keyEscaped = true
			p.decodeKey(child)
		}
	}
	return i
}

func (p *parser) decodeKey(member int32) {
	if p.keys == nil {
		p.keys = make(map[int32]string)
	}
	n := p.nodes[member]
	p.keys[member] = unescape(p.src[n.keyStart:n.keyEnd])
}
