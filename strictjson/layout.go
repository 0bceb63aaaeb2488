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

// maxGap bounds in bytes the white space that is taken for a rule and repeated, and the indentation of new lines, so
// that a hostile file or value can't blow up the text.
const maxGap = 256

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
	in, open, first := l, container.openGap(), container.firstChild()
	object := container.Kind() == Object
	if object && isPadding(first.colonGap()) {
		in.colon = first.colonGap()
	}
	in.between = betweenChildren(container, open, in.colon)
	if !isOneLine(in.between) {
		return in.onLines(l.indent)
	}
	in.newline = ""
	if object && isPadding(open) {
		in.pad = open
	}
	return in
}

// onLines completes the layout of children on their own lines from what is between them; outer is the indentation
// of their container.
func (l layout) onLines(outer string) layout {
	at := strings.LastIndexByte(l.between, '\n')
	l.newline = "\n"
	if strings.HasSuffix(l.between[:at], "\r") {
		l.newline = "\r\n"
	}
	l.indent = leadingSpace(l.between[at+1:])
	if deeper, ok := strings.CutPrefix(l.indent, outer); ok && deeper != "" {
		l.unit = deeper
	}
	return l
}

func isOneLine(gap string) bool {
	return strings.IndexByte(gap, '\n') < 0
}

func isPadding(gap string) bool {
	return isOneLine(gap) && len(gap) <= maxGap
}

// betweenChildren returns what separates the first two children, or what would separate them if there is one.
func betweenChildren(container Node, open, colon string) string {
	first := container.firstChild().node()
	if first.after < container.node().after {
		return usualGap(container.tree.src[first.end:Node{container.tree, first.after}.begin()])
	}
	if open == "" && strings.HasSuffix(colon, " ") {
		return ", " // {"a": 1} is followed by {"a": 1, "b": 2}
	}
	return usualGap("," + open)
}

// usualGap keeps a blank line between two groups of members, and excesses, from being taken for the rule.
func usualGap(gap string) string {
	if strings.Count(gap, "\n") > 1 {
		at := strings.LastIndexByte(gap, '\n')
		if gap[at-1] == '\r' {
			at--
		}
		gap = "," + strings.ReplaceAll(gap[at:], ",", "")
	}
	if len(gap) > maxGap {
		return ","
	}
	return gap
}

func leadingSpace(s string) string {
	return s[:len(s)-len(strings.TrimLeft(s, " \t"))]
}

// bounded returns the layout for a new container: on one line where its lines would begin too far to the right.
func (l layout) bounded() layout {
	if len(l.indent) > maxGap {
		l.newline, l.indent, l.between, l.pad = "", "", ",", ""
	}
	return l
}

// below returns the layout of the children of a new container.
func (l layout) below() layout {
	if l.newline != "" {
		l.indent += l.unit
		l.between = "," + l.newline + l.indent
	}
	return l
}

// brackets returns what a new container that is not empty opens and closes with; in is l.below().
func (l layout) brackets(kind Kind, in layout) (open, shut string) {
	if kind == Array {
		open, shut = "[", "]"
	} else {
		open, shut = "{"+l.pad, l.pad+"}"
	}
	if l.newline != "" {
		return open[:1] + l.newline + in.indent, l.newline + l.indent + shut[len(shut)-1:]
	}
	return open, shut
}

// like returns the layout for a new value beside an old sibling: on one line where the sibling is.
func (l layout) like(sibling, value Node) layout {
	if sibling.isLeaf() || sibling.Kind() != value.Kind() {
		return l
	}
	if in := l.inside(sibling); in.newline == "" {
		l.newline, l.between, l.colon, l.pad = "", in.between, in.colon, in.pad
	}
	return l
}

// gap returns what stands between two elements: the old text, if the second followed the first.
func (l layout) gap(elements []Node, first, second int) string {
	if first < 0 || second != first+1 {
		return l.between
	}
	return elements[first].tree.src[elements[first].node().end:elements[second].node().start]
}

// openGap returns the white space in front of the first child.
func (n Node) openGap() string {
	return n.tree.src[n.node().start+1 : n.firstChild().begin()]
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

// keyLiteral returns a member's key with its quotes.
func (n Node) keyLiteral() string {
	at := n.node()
	return n.tree.src[at.keyStart-1 : at.keyEnd+1]
}
