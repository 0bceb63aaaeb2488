package lww

// Tombstones counts the deletions that the document remembers.
func (d *Document) Tombstones() int { return d.root.tombstones() }

func (n *node) tombstones() int {
	count := 0
	if n.has && n.reg.Dead {
		count++
	}
	for _, r := range n.elems {
		if r.Dead {
			count++
		}
	}
	for _, k := range n.children() {
		count += k.node.tombstones()
	}
	return count
}

// Prune forgets what no longer shows and was written before the horizon:
// hidden registers first, then tombstones with nothing below. What the
// document shows does not change. A replica that was silent since before the
// horizon may bring back what was deleted; therefore this is no part of Merge.
// It returns how many registers were dropped.
func (d *Document) Prune(horizon Stamp) int {
	g := &collector{horizon: horizon}
	g.sweepHidden(&d.root, Stamp{})
	g.sweepDead(&d.root, d.holders(), true)
	return g.dropped
}

type collector struct {
	horizon Stamp
	dropped int
}

func (g *collector) drop(n *node) {
	n.reg, n.has = Register{}, false
	g.dropped++
}

// sweepHidden drops what a newer register above hides, and always will.
func (g *collector) sweepHidden(n *node, ceiling Stamp) {
	if n.has && n.reg.Policy == LWW && n.reg.Stamp.Less(ceiling) {
		g.drop(n)
	}
	g.sweepElements(n)
	below := n.ceiling(ceiling)
	n.kids.drop(func(k child) bool {
		g.sweepHidden(k.node, below)
		return k.node.bare()
	})
}

// sweepDead drops old tombstones that hide nothing any more, and returns the
// newest stamp that it has dropped directly below n, if any. Where n can't show an
// object, whatever it holds, nothing shows below it.
func (g *collector) sweepDead(n *node, h *holder, shows bool) (newest Stamp, swept bool) {
	n.kids.drop(func(c child) bool {
		k := c.node
		g.sweepBelow(k, h.kid(c.key), shows && !n.typed() && !h.claims(c.key))
		if k.kids.len() == 0 && k.has && k.reg.Dead && k.reg.Policy == LWW && k.reg.Stamp.Less(g.horizon) {
			newest, swept = later(newest, k.reg.Stamp), true
			g.drop(k)
		}
		return k.bare()
	})
	return newest, swept
}

// sweepBelow is sweepDead for all but the root, which is an object whatever it
// holds: an object that only its tombstones kept open gets an empty object at the
// dropped stamp.
func (g *collector) sweepBelow(n *node, h *holder, shows bool) {
	was := resolve(n, h, Stamp{}).shown()
	newest, swept := g.sweepDead(n, h, shows)
	if swept && shows && was == object && resolve(n, h, Stamp{}).shown() != object {
		n.put(Register{Stamp: newest, Value: "{}"})
	}
}

// sweepElements drops what a reset of the array hides, or a greater rule, and
// then old tombstones, but for those without which there were no array at all. A
// value that elements keep from showing becomes a tombstone.
func (g *collector) sweepElements(n *node) {
	a := n.array()
	if a == nil {
		return
	}
	for key := range n.elems {
		if r, seen := a.elems[key]; !seen || r.Dead && r.Stamp.Less(g.horizon) && n.reg.written() {
			delete(n.elems, key)
			g.dropped++
		}
	}
	if a.reg.Dead {
		n.put(a.reg)
	}
}

func (n *node) bare() bool { return !n.has && n.kids.len() == 0 && len(n.elems) == 0 }
