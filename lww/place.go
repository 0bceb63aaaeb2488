package lww

import "iter"

// place is one place of a document once the rules of SPEC.md section 3.5 are
// applied: what shows there, and which registers still matter.
type place struct {
	key   string
	shows showing
	// own is the register of the place itself, nil if there is none or if it
	// is hidden.
	own *Register
	// node and holder are what the place was made of; either may be nil.
	node   *node
	holder *holder
	// array is what stands there, if that is an array whose elements merge.
	array *array
	// seats are the groups whose members live directly below.
	seats []seated
	// kids are the places below that matter, by key, members of groups and plain
	// leaves excluded: so many of the latter have no place of their own.
	kids   []place
	leaves int
	// ceiling is the newest LWW stamp at and above the place.
	ceiling Stamp
	presence
	ballot // of the encoder
}

// showing is what a place shows.
type showing uint8

const (
	nothing showing = iota
	leaf            // the value of its own register
	object
)

// presence is what a place means to the places above it.
type presence struct {
	// opens: a register at or below is not hidden, so all above is an object.
	opens bool
	// typed: a register of another policy than LWW stands at or below, live
	// or not, so that a value above it reads as a tombstone.
	typed bool
}

// resolve applies the rules to one place, where n is its node, h the groups at
// and below it (either may be nil) and ceiling the newest LWW stamp above it.
// It returns nil if nothing matters there.
func resolve(n *node, h *holder, ceiling Stamp) *place {
	p := &place{}
	if !p.resolve(n, h, ceiling) {
		return nil
	}
	return p
}

// resolveRoot applies the rules to the whole document. The root is always an
// object: a value of another kind shows nothing, and hides what it hides.
func (d *Document) resolveRoot() *place {
	root := resolve(&d.root, d.holders(), Stamp{})
	if root.shown() == leaf && !root.view().IsObject() {
		root.shows = nothing
	}
	return root
}

// resolve reports whether anything matters at the place.
func (p *place) resolve(n *node, h *holder, ceiling Stamp) bool {
	if n == nil && h == nil {
		return false
	}
	p.node, p.holder = n, h
	if n.visible(ceiling) {
		p.own = &n.reg
	}
	if n.typed() {
		p.resolveTyped(n)
		return true
	}
	p.ceiling = n.ceiling(ceiling)
	p.resolveBelow(n, h)
	p.settle()
	return p.own != nil || p.leaves > 0 || p.kids != nil || p.seats != nil
}

// resolveTyped settles what a register shows that is not LWW.
func (p *place) resolveTyped(n *node) {
	p.typed, p.opens = true, !n.reg.Dead
	if p.array = n.array(); p.array != nil {
		p.opens = p.array.text() != ""
	}
	if p.opens {
		p.shows = leaf
	}
}

func (p *place) resolveBelow(n *node, h *holder) {
	if h != nil {
		p.seats = h.seats
	}
	for _, s := range p.seats {
		p.typed = true
		p.opens = p.opens || len(s.members) > 0
	}
	for _, c := range n.children() {
		switch {
		case h.claims(c.key):
		case !p.isPlain(c):
			p.addKid(c.key, c.node, h.kid(c.key))
		case c.node.visible(p.ceiling):
			p.leaves++
			p.opens = true
		}
	}
	p.resolveHolders(n, h)
}

// isPlain reports whether the child is a leaf and nothing else, as most are.
func (p *place) isPlain(c child) bool {
	n := c.node
	return n.has && n.reg.Policy == LWW && !n.reg.Dead && n.kids.len() == 0 && len(n.elems) == 0 && p.holder.kid(c.key) == nil
}

// resolveHolders adds the places that are there for the groups below them only.
func (p *place) resolveHolders(n *node, h *holder) {
	if h == nil || len(h.kids) == 0 {
		return
	}
	for key, below := range h.kids {
		if n.kid(key) == nil && !h.claims(key) {
			p.addKid(key, nil, below)
		}
	}
	sortByKey(p.kids, func(kid place) string { return kid.key })
}

func (p *place) addKid(key string, n *node, h *holder) {
	p.kids = append(p.kids, place{key: key})
	kid := &p.kids[len(p.kids)-1]
	if !kid.resolve(n, h, p.ceiling) {
		p.kids = p.kids[:len(p.kids)-1]
		return
	}
	p.opens = p.opens || kid.opens
	p.typed = p.typed || kid.typed
}

// below yields what matters below the place, in the order of the keys, with its
// place, or with nil for a plain leaf that shows.
func (p *place) below() iter.Seq2[child, *place] {
	return func(yield func(child, *place) bool) {
		kids, children := p.kids, p.node.children()
		if p.leaves == 0 {
			children = nil
		}
		for len(kids)+len(children) > 0 {
			if len(kids) > 0 && (len(children) == 0 || kids[0].key < children[0].key) {
				if !yield(child{key: kids[0].key, node: kids[0].node}, &kids[0]) {
					return
				}
				kids = kids[1:]
				continue
			}
			c := children[0]
			children = children[1:]
			if p.isPlain(c) && c.node.visible(p.ceiling) && !p.holder.claims(c.key) && !yield(c, nil) {
				return
			}
		}
	}
}

// settle decides between the place's own register and what lies below.
func (p *place) settle() {
	switch {
	case p.opens:
		p.shows = object
	case p.own == nil:
	case p.own.Dead, p.typed && p.own.Value != "{}":
		p.opens = true
	default:
		p.shows, p.opens = leaf, true
	}
}

func (p *place) shown() showing {
	if p == nil {
		return nothing
	}
	return p.shows
}

// view returns what the place shows, or nil.
func (p *place) view() *View {
	if p.shown() == nothing {
		return nil
	}
	v := &View{}
	p.render(v)
	return v
}

// render makes v what the place shows.
func (p *place) render(v *View) {
	switch {
	case p.array != nil:
		v.readRaw(p.array.text())
		return
	case p.shows == leaf:
		v.readRaw(p.own.Value)
		return
	}
	room := v.room(p.leaves + len(p.kids))
	for c, kid := range p.below() {
		switch {
		case kid == nil:
			room = v.add(room, c.key)
			v.last().readRaw(c.node.reg.Value)
		case kid.shows != nothing:
			room = v.add(room, c.key)
			kid.render(v.last())
		}
	}
	for _, s := range p.seats {
		for m, kid := range s.members {
			v.Put(m, kid)
		}
	}
}
