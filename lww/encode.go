package lww

import (
	"iter"
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

// elect counts the votes for stamps; it consumes them.
func elect(votes []Stamp) ballot {
	slices.SortFunc(votes, Stamp.Compare)
	wins := 0
	for run := range runs(votes) {
		wins = max(wins, len(run))
	}
	best := votes[:0]
	for run := range runs(votes) {
		if len(run) == wins {
			best = append(best, run[0])
		}
	}
	return ballot{best, wins}
}

// runs yields the stretches of equal stamps.
func runs(sorted []Stamp) iter.Seq[[]Stamp] {
	return func(yield func([]Stamp) bool) {
		for from, i := 0, 1; i <= len(sorted); i++ {
			if i == len(sorted) || sorted[i] != sorted[from] {
				if !yield(sorted[from:i]) {
					return
				}
				from = i
			}
		}
	}
}

// inherits reports whether the place is a value that may inherit its stamp.
func (p *place) inherits() bool { return p.shows == leaf && p.own.Policy == LWW }

// count settles, upwards, which stamps the members of each object can inherit.
func (p *place) count() {
	votes := make([]Stamp, 0, len(p.kids))
	for i := range p.kids {
		kid := &p.kids[i]
		kid.count()
		switch {
		case kid.inherits():
			votes = append(votes, kid.own.Stamp)
		case kid.own == nil:
			votes = append(votes, kid.best...)
		}
	}
	p.ballot = elect(votes)
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
		c := &cover{stamp: p.best[len(p.best)-1], digests: make([]byte, 0, digestLen*len(p.kids))}
		e.emitKids(p, c)
		e.entries[string(e.at)] = entry{stamp: c.stamp, digests: string(c.digests)}
	case p.array != nil:
		e.emitArray(p.array, string(e.at))
	case p.own == nil:
		e.emitKids(p, inherited)
	case p.inherits():
		e.emitLeaf(p, inherited)
		e.emitKids(p, nil) // an empty object may stand above tombstones of other policies
	default:
		e.entries[string(e.at)] = e.mark(p.own)
		e.emitKids(p, nil) // nothing inherits through it
	}
}

func (e *encoder) emitKids(p *place, inherited *cover) {
	here := len(e.at)
	for i := range p.kids {
		e.at = strictjson.AppendPointer(e.at, p.kids[i].key)
		e.emit(&p.kids[i], inherited)
		e.at = e.at[:here]
	}
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

func (e *encoder) emitLeaf(p *place, inherited *cover) {
	stamp, raw := p.own.Stamp, p.own.Value
	switch {
	case inherited != nil && inherited.stamp == stamp:
		inherited.digests = append(inherited.digests, e.ofLeaf(e.at, p.node)...)
	case raw == "{}":
		e.entries[string(e.at)] = entry{form: emptyObject, stamp: stamp}
	default:
		e.entries[string(e.at)] = entry{stamp: stamp, digests: string(e.ofLeaf(e.at, p.node))}
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
