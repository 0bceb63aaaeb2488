package strictjson

// writer builds the new text from pieces of the old one.
type writer struct {
	dst    []byte
	values numbering
}

func (w *writer) text(s string) {
	w.dst = append(w.dst, s...)
}

// value writes old as the change wants it; nil wants nothing. l is the layout around old.
func (w *writer) value(old Node, c *change, l layout) {
	switch {
	case c == nil:
		w.text(old.Raw())
	case c.whole:
		w.text(c.value.Raw())
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

// object writes the members that stay, then the new ones, and closes as the old object did.
func (w *writer) object(old Node, c *change, l layout) {
	if old.isLeaf() {
		w.emptyObject(old, c, l)
		return
	}
	in := l.inside(old)
	w.text("{")
	kept, closing := w.oldMembers(old, c, in)
	added := w.newMembers(old, c, kept, in)
	if !kept && !added {
		closing = "}"
	}
	w.text(closing)
}

// emptyObject keeps the bytes of an empty object, unless it gets members.
func (w *writer) emptyObject(old Node, c *change, l layout) {
	if next := c.fresh(); !next.isLeaf() {
		w.format(next, l)
		return
	}
	w.text(old.Raw())
}

// oldMembers writes the members that stay and reports whether there are any. In front of each goes what followed the
// one before it, so that a member that is deleted takes what is behind it along, or else what is in front. closing
// is what stands behind the last member. Members that stay side by side are copied in one piece, src[from:end].
func (w *writer) oldMembers(old Node, c *change, in layout) (kept bool, closing string) {
	src, gap := old.tree.src, ""
	from := int(old.node().start) + 1
	end := from
	for key, member := range old.Members() {
		next, at := c.below[key], member.node()
		closing = src[at.end:old.node().end]
		if next != nil {
			next.met = true
		}
		switch {
		case next == nil || next.action != remove:
			if from == cut {
				w.text(gap)
				from = member.begin()
			}
			if next != nil {
				w.text(src[from:at.start])
				w.value(member, next, in)
				from = int(at.end)
			}
			kept, end = true, int(at.end)
		case from != cut:
			w.text(src[from:end])
			gap, from = src[end:member.begin()], cut
		}
	}
	if from != cut {
		w.text(src[from:end])
	}
	return kept, closing
}

// cut is the beginning of what is copied next, where a member was deleted: the next one that stays.
const cut = -1

// newMembers writes the members that were not met, in the order of the edits, and reports whether there were any.
func (w *writer) newMembers(old Node, c *change, kept bool, in layout) (added bool) {
	gap := in.between
	if !kept {
		gap = old.openGap()
	}
	for _, key := range c.order {
		next := c.below[key]
		if next.met || !next.sets {
			continue
		}
		w.text(gap)
		w.dst = AppendQuote(w.dst, key)
		w.text(in.colon)
		value := next.fresh()
		w.format(value, in.like(old.firstChild(), value))
		gap, added = in.between, true
	}
	return added
}

// array writes the elements of next in the layout of old; those that old has too keep their bytes.
func (w *writer) array(old, next Node, l layout) {
	switch {
	case old.isLeaf() && next.isLeaf():
		w.text(old.Raw())
		return
	case old.isLeaf() || next.isLeaf():
		w.format(next, l)
		return
	}
	in, before := l.inside(old), old.children()
	w.text("[")
	gap, last := old.openGap(), -1
	for i, from := range w.matchElements(before, next.children()) {
		if i > 0 {
			gap = in.gap(before, last, from.index)
		}
		w.text(gap)
		w.element(before, from, in)
		last = from.index
	}
	w.text(old.tree.src[before[len(before)-1].node().end:old.node().end])
}

func (w *writer) element(before []Node, from origin, in layout) {
	switch {
	case from.equal:
		w.text(before[from.index].Raw())
	case from.index >= 0:
		w.replace(before[from.index], from.next, in)
	default:
		w.format(from.next, in.like(before[0], from.next))
	}
}

// format writes a value that was not there before.
func (w *writer) format(n Node, l layout) {
	if n.isLeaf() {
		w.text(emptyOrScalar(n))
		return
	}
	l = l.bounded()
	in := l.below()
	open, shut := l.brackets(n.Kind(), in)
	w.text(open)
	for i, child := range n.children() {
		if i > 0 {
			w.text(in.between)
		}
		if n.Kind() == Object {
			w.text(child.keyLiteral())
			w.text(in.colon)
		}
		w.format(child, in)
	}
	w.text(shut)
}

// emptyOrScalar returns the text of a value that has no layout.
func emptyOrScalar(n Node) string {
	switch n.Kind() {
	case Array:
		return "[]"
	case Object:
		return "{}"
	}
	return n.Raw()
}
