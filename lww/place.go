package lww

// place is one place of a document once the rules of SPEC.md section 3.5 are
// applied: what shows there, and which registers still matter.
type place struct {
	key   string
	shows showing
	// own is the register of the place itself, nil if there is none or if it
	// is hidden.
	own *Register
	// node is the one that own is of.
	node *node
	// array is what stands there, if that is an array whose elements merge.
	array *array
	// seats are the groups whose members live directly below.
	seats []seated
	// kids are the places below that matter, by key, members of groups
	// excluded.
	kids []place
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
	if n.visible(ceiling) {
		p.own, p.node = &n.reg, n
	}
	if n.typed() {
		p.resolveTyped(n)
		return true
	}
	p.resolveBelow(n, h, n.ceiling(ceiling))
	p.settle()
	return p.own != nil || p.kids != nil || p.seats != nil
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

func (p *place) resolveBelow(n *node, h *holder, ceiling Stamp) {
	if h != nil {
		p.seats = h.seats
	}
	for _, s := range p.seats {
		p.typed = true
		p.opens = p.opens || len(s.members) > 0
	}
	children := n.children()
	if len(children) > 0 {
		p.kids = make([]place, 0, len(children))
	}
	for _, c := range children {
		if !h.claims(c.key) {
			p.addKid(c.key, c.node, h.kid(c.key), ceiling)
		}
	}
	p.resolveHolders(n, h, ceiling)
	if len(p.kids) == 0 {
		p.kids = nil
	}
}

// resolveHolders adds the places that are there for the groups below them only.
func (p *place) resolveHolders(n *node, h *holder, ceiling Stamp) {
	if h == nil || len(h.kids) == 0 {
		return
	}
	for key, below := range h.kids {
		if n.kid(key) == nil && !h.claims(key) {
			p.addKid(key, nil, below, ceiling)
		}
	}
	sortByKey(p.kids, func(kid place) string { return kid.key })
}

func (p *place) addKid(key string, n *node, h *holder, ceiling Stamp) {
	p.kids = append(p.kids, place{key: key})
	kid := &p.kids[len(p.kids)-1]
	if !kid.resolve(n, h, ceiling) {
		p.kids = p.kids[:len(p.kids)-1]
		return
	}
	p.opens = p.opens || kid.opens
	p.typed = p.typed || kid.typed
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
	room := v.room(len(p.kids))
	for i := range p.kids {
		if kid := &p.kids[i]; kid.shows != nothing {
			room = v.add(room, kid.key)
			kid.render(v.last())
		}
	}
	for _, s := range p.seats {
		for m, kid := range s.members {
			v.Put(m, kid)
		}
	}
}
