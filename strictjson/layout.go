package strictjson

import "strings"

// layout is how the members around a value are written, as far as a new one must follow it.
type layout struct {
	newline string // "\n" or "\r\n"; "" if all is on one line
	indent  string // the white space in front of the lines at this level
	unit    string // what each level adds to indent
	between string // from the end of one child to the beginning of the next
	colon   string // from the end of a key to its value
	pad     string // inside the braces of an object on one line
}

// layoutOf returns the layout around the root. It is what an empty document is given: indented by two spaces.
func layoutOf(t *Tree) layout {
	newline := "\n"
	if strings.Contains(t.src, "\r\n") {
		newline = "\r\n"
	}
	return layout{newline: newline, unit: "  ", between: "," + newline, colon: ": "}
}

// inside returns the layout of a container's children: as they are, and as around the container where they don't
// tell.
func (l layout) inside(container Node) layout {
	in := l
	open := container.openGap()
	first := Node{container.tree, container.i + 1}
	if container.Kind() == Object {
		if colon := first.colonGap(); !strings.Contains(colon, "\n") {
			in.colon = colon
		}
	}
	in.between = betweenChildren(first, open, in.colon)
	at := strings.LastIndexByte(in.between, '\n')
	if at < 0 {
		in.newline = ""
		if container.Kind() == Object {
			in.pad = open
		}
		return in
	}
	in.newline = "\n"
	if strings.HasSuffix(in.between[:at], "\r") {
		in.newline = "\r\n"
	}
	in.indent = leadingSpace(in.between[at+1:])
	if deeper, ok := strings.CutPrefix(in.indent, l.indent); ok && deeper != "" {
		in.unit = deeper
	}
	return in
}

// betweenChildren returns what separates the first two children, or what would separate them if there is one.
func betweenChildren(first Node, open, colon string) string {
	if next := first.node().next; next != 0 {
		_, end := first.Span()
		begin := Node{first.tree, next}.begin()
		return withoutBlankLines(first.tree.src[end:begin])
	}
	if open == "" && strings.HasSuffix(colon, " ") {
		return ", " // {"a": 1} is followed by {"a": 1, "b": 2}
	}
	return withoutBlankLines("," + open)
}

// withoutBlankLines keeps a blank line between two groups of members from being taken for the rule.
func withoutBlankLines(gap string) string {
	if strings.Count(gap, "\n") < 2 {
		return gap
	}
	at := strings.LastIndexByte(gap, '\n')
	if gap[at-1] == '\r' {
		at--
	}
	return "," + strings.ReplaceAll(gap[at:], ",", "")
}

func leadingSpace(s string) string {
	return s[:len(s)-len(strings.TrimLeft(s, " \t"))]
}

// below returns the layout of the children of a new container.
func (l layout) below() layout {
	if l.newline == "" {
		return l
	}
	l.indent += l.unit
	l.between = "," + l.newline + l.indent
	return l
}

// gap returns what stands between two elements: the old text, if the second followed the first.
func (l layout) gap(elements []Node, first, second int) string {
	if first < 0 || second != first+1 {
		return l.between
	}
	_, end := elements[first].Span()
	begin, _ := elements[second].Span()
	return elements[first].tree.src[end:begin]
}

// openGap returns the white space in front of the first child.
func (n Node) openGap() string {
	return n.tree.src[n.node().start+1 : Node{n.tree, n.i + 1}.begin()]
}

// colonGap returns what stands between a member's key and its value.
func (n Node) colonGap() string {
	at := n.node()
	return n.tree.src[at.keyEnd+1 : at.start]
}

// begin returns where a child begins, with its key.
func (n Node) begin() int {
	at := n.node()
	if at.keyStart != 0 {
		return int(at.keyStart) - 1
	}
	return int(at.start)
}

// memberSpan returns where a member, then its value begins, and where both end.
func (n Node) memberSpan() (begin, value, end int) {
	value, end = n.Span()
	return n.begin(), value, end
}

func (n Node) appendKeyLiteral(dst []byte) []byte {
	at := n.node()
	return append(dst, n.tree.src[at.keyStart-1:at.keyEnd+1]...)
}
