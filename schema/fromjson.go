package schema

import (
	"strconv"

	"github.com/cfgmerge/cfgmerge/lww"
)

// FromJSON returns the policies that the x-cfgmerge keywords of a JSON Schema
// declare. Nothing is fetched: a reference that leads out of the text is an
// error, as are texts of more than 4 MiB. It does not look whether the rest is
// a valid schema. The errors are [*KeywordError] and [*strictjson.SyntaxError].
func FromJSON(text []byte) (lww.Table, error) {
	o, err := readOutline(text)
	if err != nil {
		return nil, err
	}
	o.spread()
	if err := o.findLoop(); err != nil {
		return nil, err
	}
	w := outlineWalk{outline: o, declarations: declarations{table: lww.Table{}}}
	if err := w.walk([]*sub{o.root}, lww.Pattern{}); err != nil {
		return nil, err
	}
	return w.table, w.checkTokens()
}

// spread marks the schemas in or below which there is a policy.
func (o *outline) spread() {
	from := map[*sub][]*sub{}
	var marked []*sub
	for _, s := range o.order {
		for _, kid := range s.kids() {
			from[kid] = append(from[kid], s)
		}
		if s.tag != (tag{}) {
			s.tagged = true
			marked = append(marked, s)
		}
	}
	for len(marked) > 0 {
		s := marked[len(marked)-1]
		marked = marked[:len(marked)-1]
		for _, f := range from[s] {
			if !f.tagged {
				f.tagged = true
				marked = append(marked, f)
			}
		}
	}
}

// kids are the schemas that s leads to.
func (s *sub) kids() []*sub {
	kids := append([]*sub{}, s.here...)
	for _, e := range s.below {
		kids = append(kids, e.to)
	}
	return kids
}

// findLoop finds a policy that would apply at endlessly many depths: a cycle
// that leads down at least once, through schemas with policies. Tarjan's
// algorithm (1972) gives all schemas of a cycle one number.
func (o *outline) findLoop() error {
	c := components{index: map[*sub]int{}, low: map[*sub]int{}, of: map[*sub]int{}}
	if o.root.tagged {
		c.visit(o.root)
	}
	for _, s := range o.order {
		for _, e := range s.below {
			if c.of[s] != 0 && c.of[e.to] == c.of[s] {
				return o.fail(e.to.node, "the schema contains itself: the policies in it would apply at endlessly many depths")
			}
		}
	}
	return nil
}

// components are the strongly connected components of the schemas with
// policies.
type components struct {
	index, low, of map[*sub]int
	stack          []*sub
}

func (c *components) visit(s *sub) {
	c.index[s] = len(c.index) + 1
	c.low[s] = c.index[s]
	c.stack = append(c.stack, s)
	for _, kid := range s.kids() {
		if !kid.tagged {
			continue
		}
		if c.index[kid] == 0 {
			c.visit(kid)
			c.low[s] = min(c.low[s], c.low[kid])
		} else if _, done := c.of[kid]; !done {
			c.low[s] = min(c.low[s], c.index[kid])
		}
	}
	if c.low[s] == c.index[s] {
		c.close(s)
	}
}

// close takes the component of s from the stack.
func (c *components) close(s *sub) {
	for {
		top := c.stack[len(c.stack)-1]
		c.stack = c.stack[:len(c.stack)-1]
		c.of[top] = c.index[s]
		if top == s {
			return
		}
	}
}

// maxPlaces bounds a schema that says one thing of very many places: each may
// refer to the next one twice.
const maxPlaces = 100_000

// outlineWalk goes from place to place. At each, several schemas may apply.
type outlineWalk struct {
	*outline
	declarations
	places int
}

func (w *outlineWalk) walk(starts []*sub, at lww.Pattern) error {
	p := gather(starts)
	if w.places += len(p.all); w.places > maxPlaces {
		return w.fail(starts[0].node, "the policies apply to more than "+strconv.Itoa(maxPlaces)+" places")
	}
	if !p.tagged {
		return nil
	}
	if err := w.declareAt(p, at); err != nil {
		return err
	}
	if err := w.checkNames(p); err != nil {
		return err
	}
	for _, g := range p.groups() {
		if !g.key.Any && len(p.open) > 0 && sameSubs(gather(g.subs).stating(), gather(p.open).stating()) {
			continue // the pattern for any key says it already
		}
		if err := w.walk(g.subs, below(at, g.key)); err != nil {
			return err
		}
	}
	return nil
}

// declareAt enters what the schemas of one place say of it.
func (w *outlineWalk) declareAt(p spot, at lww.Pattern) (err error) {
	var said tag
	var first *sub
	for _, s := range p.all {
		if s.tag == (tag{}) {
			continue
		}
		if first == nil {
			first = s
		}
		if said, err = said.agree(s.tag); err != nil {
			return w.fail(s.node, err.Error())
		}
	}
	if first == nil {
		return nil
	}
	fail := func(reason string) error { return w.fail(first.node, reason) }
	switch isArray := said.kind == lww.Set || said.kind == lww.Keyed; {
	case len(at) == 0:
		return fail("the root has no policy: give its members theirs")
	case isArray && p.types != 0 && p.types&typeArray == 0:
		return fail(said.kind.String() + " needs an array")
	}
	return w.enter(said, at, fail)
}

// checkNames finds policies for members that the schema does not name which
// would apply to named ones, too: a pattern is for any key.
func (w *outlineWalk) checkNames(p spot) error {
	open := gather(p.open)
	if !open.tagged {
		return nil
	}
	want := open.stating()
	own := false
	for s := range want {
		own = own || s.tag != (tag{}) && open.has[s]
	}
	check := func(subs []*sub) error {
		other := gather(subs)
		harmless := !own && other.types != 0 && other.types&(typeArray|typeObject) == 0
		if harmless || covers(other.stating(), want) {
			return nil
		}
		return w.fail(subs[0].node, "the policies of the unnamed members beside it would apply here too: say the same here, or name no members")
	}
	for _, g := range p.groups() {
		if !g.key.Any {
			if err := check(g.subs); err != nil {
				return err
			}
		}
	}
	for _, s := range p.open {
		if err := check([]*sub{s}); err != nil {
			return err
		}
	}
	return nil
}

// spot is a place, with all schemas that apply there.
type spot struct {
	all    []*sub
	has    map[*sub]bool
	open   []*sub // for members of an object that are not named
	types  jsonTypes
	tagged bool
}

// gather follows what leads to other schemas of the same place.
func gather(starts []*sub) spot {
	p := spot{has: map[*sub]bool{}}
	for pending := starts; len(pending) > 0; {
		s := pending[0]
		pending = pending[1:]
		if p.has[s] {
			continue
		}
		p.has[s] = true
		p.all = append(p.all, s)
		p.types |= s.types
		p.tagged = p.tagged || s.tagged
		for _, e := range s.below {
			if e.key.Any && !e.element {
				p.open = append(p.open, e.to)
			}
		}
		pending = append(pending[:len(pending):len(pending)], s.here...)
	}
	return p
}

// stating are the schemas of the place that say something of it themselves, or
// lead down to one that does.
func (p spot) stating() map[*sub]bool {
	out := map[*sub]bool{}
	for _, s := range p.all {
		leads := s.tag != (tag{})
		for _, e := range s.below {
			leads = leads || e.to.tagged
		}
		if leads {
			out[s] = true
		}
	}
	return out
}

// covers reports whether all holds each of some.
func covers[K comparable](all, some map[K]bool) bool {
	for k := range some {
		if !all[k] {
			return false
		}
	}
	return true
}

func sameSubs(a, b map[*sub]bool) bool { return len(a) == len(b) && covers(a, b) }

// step is what lies below a place at one key.
type step struct {
	key  lww.Segment
	subs []*sub
}

// groups returns the steps down, in the order of the text.
func (p spot) groups() []step {
	var steps []step
	index := map[lww.Segment]int{}
	for _, s := range p.all {
		for _, e := range s.below {
			i, known := index[e.key]
			if !known {
				i = len(steps)
				index[e.key] = i
				steps = append(steps, step{key: e.key})
			}
			steps[i].subs = append(steps[i].subs, e.to)
		}
	}
	return steps
}
