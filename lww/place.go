package lww

// place is one place of a document once the rules of SPEC.md section 3.5 are
// applied: what shows there, and which registers still matter.
type place struct {
	shows showing
	// own is the register of the place itself, nil if there is none or if it
	// is hidden.
	own *Register
	// seats are the groups whose members live directly below.
	seats []seated
	// kids are the places below that matter, members of groups excluded.
	kids map[string]*place
	presence
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
	if n == nil && h == nil {
		return nil
	}
	p := &place{}
	if n.visible(ceiling) {
		p.own = &n.reg
	}
	if n.typed() {
		p.presence = presence{opens: !n.reg.Dead, typed: true}
		if !n.reg.Dead {
			p.shows = leaf
		}
		return p
	}
	p.resolveBelow(n, h, n.ceiling(ceiling))
	p.settle()
	if p.own == nil && p.kids == nil && p.seats == nil {
		return nil
	}
	return p
}

func (p *place) resolveBelow(n *node, h *holder, ceiling Stamp) {
	if h != nil {
		p.seats = h.seats
	}
	for _, s := range p.seats {
		p.typed = true
		p.opens = p.opens || len(s.members) > 0
	}
	for key := range childKeys(n, h) {
		kid := resolve(n.kid(key), h.kid(key), ceiling)
		if kid == nil {
			continue
		}
		if p.kids == nil {
			p.kids = make(map[string]*place)
		}
		p.kids[key] = kid
		p.opens = p.opens || kid.opens
		p.typed = p.typed || kid.typed
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
	switch {
	case p == nil || p.shows == nothing:
		return nil
	case p.shows == leaf:
		return viewOfRaw(p.own.Value)
	}
	v := &View{}
	for _, s := range p.seats {
		for m, kid := range s.members {
			v.put(m, kid)
		}
	}
	for key, kid := range p.kids {
		if shown := kid.view(); shown != nil {
			v.put(key, shown)
		}
	}
	return v
}
