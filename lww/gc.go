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

// sweepDead drops old tombstones that hide nothing any more. An object that
// only its tombstones kept open gets an empty object at the dropped stamp.
func (g *collector) sweepDead(n *node, h *holder, root bool) {
	shown := resolve(n, h, Stamp{}).shown()
	var newest Stamp
	swept := false
	n.kids.drop(func(c child) bool {
		k := c.node
		g.sweepDead(k, h.kid(c.key), false)
		if k.kids.len() == 0 && k.has && k.reg.Dead && k.reg.Policy == LWW && k.reg.Stamp.Less(g.horizon) {
			newest, swept = later(newest, k.reg.Stamp), true
			g.drop(k)
		}
		return k.bare()
	})
	if swept && !root && shown == object && resolve(n, h, Stamp{}).shown() != object {
		n.put(Register{Stamp: newest, Value: "{}"})
	}
}

// sweepElements drops what a reset of the array hides, or a greater rule, and
// then old tombstones. A value that these kept from showing becomes a
// tombstone.
func (g *collector) sweepElements(n *node) {
	a := n.array()
	if a == nil {
		return
	}
	for key := range n.elems {
		if r, seen := a.elems[key]; !seen || r.Dead && r.Stamp.Less(g.horizon) {
			delete(n.elems, key)
			g.dropped++
		}
	}
	if a.reg.Dead {
		n.put(a.reg)
	}
}

func (n *node) bare() bool { return !n.has && n.kids.len() == 0 && len(n.elems) == 0 }
