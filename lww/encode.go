package lww

import (
	"slices"
	"strconv"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// Version is the block format that this package writes, and the newest that it
// reads.
const Version = 1

// Encode returns what the document shows and the text of the block that
// vouches for it. Both are pure functions of the state: documents whose
// registers are equal, hidden ones aside, encode equally.
func (d *Document) Encode() (*View, string) {
	d = d.lifted()
	e := &encoder{digester: d.digester(), entries: map[string]entry{}}
	root := d.resolveRoot()
	if root == nil {
		return &View{}, d.block(nil)
	}
	root.count()
	e.emit(root, nil)
	shown := root.view()
	if shown == nil {
		shown = &View{}
	}
	return shown, d.block(e.entries)
}

// block renders the block, entries sorted by key.
func (d *Document) block(entries map[string]entry) string {
	b := append([]byte(nil), `{"v":`...)
	b = strconv.AppendInt(b, Version, 10)
	b = append(b, `,"id":`...)
	b = strictjson.AppendQuote(b, d.ID)
	b = append(b, `,"salt":`...)
	b = strictjson.AppendQuote(b, d.Salt)
	if len(d.Policies) > 0 {
		b = append(b, `,"policy":`...)
		b = d.Policies.append(b)
	}
	b = append(b, `,"at":{`...)
	for i, key := range sortedKeys(entries) {
		if i > 0 {
			b = append(b, ',')
		}
		b = strictjson.AppendQuote(b, key)
		b = append(b, ':')
		b = entries[key].append(b)
	}
	return string(append(b, "}}"...))
}

// encoder chooses which places of the tree get an entry. Leaves that carry the
// stamp of an entry above them inherit it for the price of a digest; choosing
// the entries so that they are few is the small parsimony problem, solved as
// Hartigan (1973) does it: upwards, the stamps that most children can live
// with; downwards, a new entry only where the inherited stamp is none of them.
type encoder struct {
	*digester
	entries map[string]entry
	at      []byte // the pointer of the place that the walk has come to
}

// ballot says which stamps most members of an object can inherit, sorted, and
// how many of them each of these can serve.
type ballot struct {
	best []Stamp
	wins int
}

// votes are those of members for stamps. Neighbours mostly were written together,
// and so vote together.
type votes []vote

type vote struct {
	stamp Stamp
	count int
}

func (v *votes) add(s Stamp) {
	if last := len(*v) - 1; last >= 0 && (*v)[last].stamp == s {
		(*v)[last].count++
		return
	}
	*v = append(*v, vote{s, 1})
}

// elect counts the votes; it consumes them.
func (v votes) elect() ballot {
	slices.SortFunc(v, func(a, b vote) int { return a.stamp.Compare(b.stamp) })
	sums := v[:0]
	wins := 0
	for _, next := range v {
		if last := len(sums) - 1; last >= 0 && sums[last].stamp == next.stamp {
			sums[last].count += next.count
		} else {
			sums = append(sums, next)
		}
		wins = max(wins, sums[len(sums)-1].count)
	}
	b := ballot{wins: wins}
	for _, sum := range sums {
		if sum.count == wins {
			b.best = append(b.best, sum.stamp)
		}
	}
	return b
}

// inherits reports whether the place is a value that may inherit its stamp.
func (p *place) inherits() bool { return p.shows == leaf && p.own.Policy == LWW }

// count settles, upwards, which stamps the members of each object can inherit.
func (p *place) count() {
	var v votes
	for c, kid := range p.below() {
		if kid == nil {
			v.add(c.node.reg.Stamp)
			continue
		}
		kid.count()
		switch {
		case kid.inherits():
			v.add(kid.own.Stamp)
		case kid.own == nil:
			for _, s := range kid.best {
				v.add(s)
			}
		}
	}
	p.ballot = v.elect()
}

// cover is an entry that leaves below inherit, while it is being made.
type cover struct {
	stamp   Stamp
	digests []byte
}

// emit walks down and writes the entries: those that have no choice, and those
// that were chosen.
func (e *encoder) emit(p *place, inherited *cover) {
	e.emitTuples(p)
	switch {
	case p.own == nil && p.wins > 1 && (inherited == nil || !slices.Contains(p.best, inherited.stamp)):
		c := &cover{stamp: p.best[len(p.best)-1], digests: make([]byte, 0, digestLen*(p.leaves+len(p.kids)))}
		e.emitKids(p, c)
		e.entries[string(e.at)] = entry{stamp: c.stamp, digests: string(c.digests)}
	case p.array != nil:
		e.emitArray(p.array, string(e.at))
	case p.own == nil:
		e.emitKids(p, inherited)
	case p.inherits():
		e.emitLeaf(p.node, inherited)
		e.emitKids(p, nil) // an empty object may stand above tombstones of other policies
	default:
		e.entries[string(e.at)] = e.mark(p.own)
		e.emitKids(p, nil) // nothing inherits through it
	}
}

func (e *encoder) emitKids(p *place, inherited *cover) {
	here := len(e.at)
	for c, kid := range p.below() {
		if kid == nil && inherited.takes(c.node, e.salt) {
			continue
		}
		e.at = strictjson.AppendPointer(e.at, c.key)
		if kid == nil {
			e.emitLeaf(c.node, inherited)
		} else {
			e.emit(kid, inherited)
		}
		e.at = e.at[:here]
	}
}

// takes adds a leaf to those that inherit from the entry, if it does, and if its
// digest is known, so that it takes no look at the pointer.
func (c *cover) takes(n *node, salt string) bool {
	if c == nil || c.stamp != n.reg.Stamp {
		return false
	}
	known := n.signed.Load()
	if known == nil || known.salt != salt {
		return false
	}
	c.digests = append(c.digests, known.digest[:]...)
	return true
}

func (e *encoder) emitTuples(p *place) {
	for _, s := range p.seats {
		tuple := s.reg
		tuple.Value = tupleText(s.members)
		e.entries[s.name] = entryOf(tuple, e.of(s.name, tuple.Value))
	}
}

// mark is the entry of a register through which nothing inherits.
func (e *encoder) mark(r *Register) entry {
	switch {
	case r.Policy != LWW && r.Dead:
		return entryOf(*r, "")
	case r.Policy != LWW:
		return entryOf(*r, string(e.ofPointer(e.at, r.Value)))
	case r.Value == "{}":
		return entry{form: emptyObject, stamp: r.Stamp}
	}
	return entry{form: tombstone, stamp: r.Stamp}
}

func (e *encoder) emitLeaf(n *node, inherited *cover) {
	stamp, raw := n.reg.Stamp, n.reg.Value
	switch {
	case inherited != nil && inherited.stamp == stamp:
		inherited.digests = append(inherited.digests, e.ofLeaf(e.at, n)...)
	case raw == "{}":
		e.entries[string(e.at)] = entry{form: emptyObject, stamp: stamp}
	default:
		e.entries[string(e.at)] = entry{stamp: stamp, digests: string(e.ofLeaf(e.at, n))}
	}
}

// Canonical returns the document as one line of JSON, keys sorted, the block
// last. Equal states have identical canonical encodings.
func (d *Document) Canonical() []byte {
	view, block := d.Encode()
	text := view.AppendJSON(nil)
	text = text[:len(text)-1]
	if view.Len() > 0 {
		text = append(text, ',')
	}
	text = strictjson.AppendQuote(text, BlockKey)
	text = append(text, ':')
	return append(append(text, block...), '}')
}
