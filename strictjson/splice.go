package strictjson

// writer builds the new text from pieces of the old one.
type writer struct {
	dst []byte
}

func (w *writer) text(s string) {
	w.dst = append(w.dst, s...)
}

// value writes old as the change wants it; nil wants nothing. l is the layout around old.
func (w *writer) value(old Node, c *change, l layout) {
	switch {
	case c == nil:
		w.text(old.Raw())
	case c.action == set:
		w.replace(old, c.value, l)
	case old.Kind() == Object:
		w.object(old, c, l)
	case c.sets:
		w.format(c.fresh(), l)
	default: // nothing to delete below a value that is no object
		w.text(old.Raw())
	}
}

// replace writes next in the place of old.
func (w *writer) replace(old, next Node, l layout) {
	switch {
	case old.Kind() == Object && next.Kind() == Object:
		w.object(old, changesTo(old, next), l)
	case old.Kind() == Array && next.Kind() == Array:
		w.array(old, next, l)
	default:
		w.format(next, l)
	}
}

// object writes an object member by member: those that stay with the white space in front of them, then the new ones.
func (w *writer) object(old Node, c *change, l layout) {
	if old.Len() == 0 {
		w.emptyObject(old, c, l)
		return
	}
	in := l.inside(old)
	src, members := old.tree.src, 0
	start, end := old.Span()
	// src[from:to] is what separates the last member that stays from whatever follows it in the source.
	from, to, last := start+1, 0, 0
	w.text("{")
	for key, member := range old.Members() {
		begin, valueAt, valueEnd := member.memberSpan()
		if to < from {
			to = begin
		}
		last = valueEnd
		next := c.below[key]
		if next != nil {
			next.met = true
			if next.action == remove {
				continue
			}
		}
		w.text(src[from:to])
		w.text(src[begin:valueAt])
		w.value(member, next, in)
		from = valueEnd
		members++
	}
	for _, key := range c.order {
		next := c.below[key]
		if next.met || !next.sets {
			continue
		}
		if members == 0 {
			w.text(src[from:to])
		} else {
			w.text(in.between)
		}
		w.member(key, next.fresh(), in)
		members++
	}
	if members == 0 {
		last = end - 1
	}
	w.text(src[last:end])
}

// emptyObject keeps the bytes of an empty object, unless it gets members.
func (w *writer) emptyObject(old Node, c *change, l layout) {
	if next := c.fresh(); next.Len() > 0 {
		w.format(next, l)
		return
	}
	w.text(old.Raw())
}

func (w *writer) member(key string, value Node, l layout) {
	w.dst = AppendQuote(w.dst, key)
	w.text(l.colon)
	w.format(value, l)
}

// array writes the elements of next in the layout of old; those that old has too keep their bytes.
func (w *writer) array(old, next Node, l layout) {
	switch {
	case old.Len() == 0 && next.Len() == 0:
		w.text(old.Raw())
		return
	case old.Len() == 0 || next.Len() == 0:
		w.format(next, l)
		return
	}
	in := l.inside(old)
	elements := slicesOf(old)
	origins := matchElements(elements, next)
	_, end := old.Span()
	w.text("[")
	w.text(old.openGap())
	i := 0
	for element := range next.Elements() {
		from := origins[i]
		if i > 0 {
			w.text(in.gap(elements, origins[i-1].index, from.index))
		}
		switch {
		case from.equal:
			w.text(elements[from.index].Raw())
		case from.index >= 0:
			w.replace(elements[from.index], element, in)
		default:
			w.format(element, in)
		}
		i++
	}
	_, last := elements[len(elements)-1].Span()
	w.text(old.tree.src[last:end])
}

// origin says which element of the old array a new one continues: an equal one, or else the one that it takes the
// place of, or none (-1).
type origin struct {
	index int
	equal bool
}

func matchElements(old []Node, next Node) []origin {
	unused := make(map[string][]int, len(old))
	for i, element := range old {
		key := Canonical(element.Raw())
		unused[key] = append(unused[key], i)
	}
	origins := make([]origin, 0, next.Len())
	used := make([]bool, len(old))
	for element := range next.Elements() {
		key, at := Canonical(element.Raw()), origin{index: -1}
		if same := unused[key]; len(same) > 0 {
			at, unused[key] = origin{same[0], true}, same[1:]
			used[at.index] = true
		}
		origins = append(origins, at)
	}
	for i := range origins {
		if origins[i].index < 0 && i < len(old) && !used[i] {
			origins[i].index = i
		}
	}
	return origins
}

func slicesOf(array Node) []Node {
	elements := make([]Node, 0, array.Len())
	for element := range array.Elements() {
		elements = append(elements, element)
	}
	return elements
}

// format writes a value that was not there before.
func (w *writer) format(n Node, l layout) {
	if n.Len() == 0 {
		w.scalar(n)
		return
	}
	in, brackets := l.below(), "[]"
	pad := ""
	if n.Kind() == Object {
		in, brackets = l.below(), "{}"
		pad = l.pad
	}
	open, shut := pad, pad
	if l.newline != "" {
		open, shut = l.newline+in.indent, l.newline+l.indent
	}
	w.text(brackets[:1])
	w.text(open)
	first := true
	for child := range n.children() {
		if !first {
			w.text(in.between)
		}
		first = false
		if n.Kind() == Object {
			w.dst = child.appendKeyLiteral(w.dst)
			w.text(in.colon)
		}
		w.format(child, in)
	}
	w.text(shut)
	w.text(brackets[1:])
}

// scalar writes a scalar or an empty container.
func (w *writer) scalar(n Node) {
	switch n.Kind() {
	case Array:
		w.text("[]")
	case Object:
		w.text("{}")
	default:
		w.text(n.Raw())
	}
}
