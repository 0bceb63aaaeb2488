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
	e := &encoder{digester: newDigester(d.Salt), entries: map[string]entry{}}
	root := resolve(&d.root, d.holders(), Stamp{})
	e.emit(e.plan(root, ""), nil)
	shown := root.view()
	if !shown.IsObject() {
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
}

// plot is a place that shows, as the encoder sees it.
type plot struct {
	pointer string
	// leaf: the place is a value that may inherit its stamp.
	leaf  bool
	stamp Stamp
	raw   string
	// barrier: the place has an entry of its own through which nothing
	// inherits.
	barrier bool
	// best are the stamps, sorted, that most kids can inherit; wins how many.
	// A leaf can inherit its own.
	best []Stamp
	wins int
	kids []*plot
}

// plan writes the entries that have no choice, and returns the plot of the
// place for those that have; nil if nothing can inherit there.
func (e *encoder) plan(p *place, at string) *plot {
	if p == nil {
		return nil
	}
	for _, s := range p.seats {
		tuple := s.reg
		tuple.Value = tupleText(s.members)
		e.entries[s.name] = entryOf(tuple, e.of(s.name, tuple.Value))
	}
	switch {
	case p.own == nil:
		return e.planKids(p, at).count()
	case p.own.Policy != LWW:
		e.entries[at] = entryOf(*p.own, e.digestOf(at, *p.own))
		return nil
	case p.shows == leaf:
		e.planKids(p, at) // an empty object may stand above tombstones of other policies
		return &plot{pointer: at, leaf: true, raw: p.own.Value, stamp: p.own.Stamp}
	case p.own.Value == "{}":
		e.entries[at] = entry{form: emptyObject, stamp: p.own.Stamp}
	default:
		e.entries[at] = entry{form: tombstone, stamp: p.own.Stamp}
	}
	barrier := e.planKids(p, at)
	barrier.barrier = true
	return barrier
}

func (e *encoder) planKids(p *place, at string) *plot {
	out := &plot{pointer: at}
	for _, key := range sortedKeys(p.kids) {
		if kid := e.plan(p.kids[key], strictjson.AppendSegment(at, key)); kid != nil {
			out.kids = append(out.kids, kid)
		}
	}
	return out
}

func (e *encoder) digestOf(key string, r Register) string {
	if r.Dead {
		return ""
	}
	return e.of(key, r.Value)
}

// count settles which stamps most kids can inherit.
func (p *plot) count() *plot {
	votes := map[Stamp]int{}
	vote := func(s Stamp) {
		votes[s]++
		p.wins = max(p.wins, votes[s])
	}
	for _, kid := range p.kids {
		if kid.leaf {
			vote(kid.stamp)
		}
		for _, s := range kid.best {
			vote(s)
		}
	}
	for s, n := range votes {
		if n == p.wins {
			p.best = append(p.best, s)
		}
	}
	slices.SortFunc(p.best, Stamp.Compare)
	return p
}

// cover is an entry that leaves below inherit, while it is being made.
type cover struct {
	stamp   Stamp
	digests []byte
}

// emit walks down the plan and writes the entries that were chosen.
func (e *encoder) emit(p *plot, inherited *cover) {
	switch {
	case p == nil:
		return
	case p.leaf:
		e.emitLeaf(p, inherited)
		return
	case p.barrier:
		inherited = nil
	case p.wins > 1 && (inherited == nil || !slices.Contains(p.best, inherited.stamp)):
		inherited = &cover{stamp: p.best[len(p.best)-1]}
		defer func() {
			e.entries[p.pointer] = entry{stamp: inherited.stamp, digests: string(inherited.digests)}
		}()
	}
	for _, kid := range p.kids {
		e.emit(kid, inherited)
	}
}

func (e *encoder) emitLeaf(p *plot, inherited *cover) {
	if inherited != nil && inherited.stamp == p.stamp {
		inherited.digests = append(inherited.digests, e.of(p.pointer, p.raw)...)
		return
	}
	if p.raw == "{}" {
		e.entries[p.pointer] = entry{form: emptyObject, stamp: p.stamp}
		return
	}
	e.entries[p.pointer] = entry{stamp: p.stamp, digests: e.of(p.pointer, p.raw)}
}

// Canonical returns the document as one line of JSON, keys sorted, the block
// last. Equal states have identical canonical encodings.
func (d *Document) Canonical() []byte {
	view, block := d.Encode()
	text := view.AppendJSON(nil)
	text = text[:len(text)-1]
	if len(view.Kids) > 0 {
		text = append(text, ',')
	}
	text = strictjson.AppendQuote(text, BlockKey)
	text = append(text, ':')
	return append(append(text, block...), '}')
}
