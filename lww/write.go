package lww

import (
	"errors"
	"slices"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// BlockKey is the member of the root object that holds the block. It is no
// part of the document.
const BlockKey = "$cfgmerge"

// ErrHolder refuses a scalar where an object holds fields of a group or of
// another policy than LWW: such a value could never show.
var ErrHolder = errors.New("a scalar or an array can't replace the object that holds grouped fields")

// ErrReserved refuses a write below the block's own key.
var ErrReserved = errors.New(`the key "` + BlockKey + `" is reserved`)

// ErrNotObject refuses anything but an object at the root.
var ErrNotObject = errors.New("the document is not an object")

// Change is what a write wants to show at a place: nil for nothing. Of the
// changes of one write none is at a place at or below that of another.
type Change struct {
	Path []string
	Want *View
	// Was is what the writer took the place for, if he may not have seen all
	// that is there now. It counts for Set and Keyed arrays: elements that
	// are in neither stay, and of those that are in both only the difference
	// is written. Nil: exactly Want is wanted.
	Was *View

	// edit is what a foreign writer did to an array: to one element, or to
	// the order of those that he knew.
	edit *arrayEdit
}

// Write makes the document show what changes want, by writing registers that
// supersede what is there: only those whose value differs, all with one stamp
// unless a register is ahead of the clock. What changes by one write in a group,
// or inside a field with a policy of its own, is one register. The errors are
// ErrHolder, ErrReserved and ErrNotObject; after one, some of the changes may have
// been made.
func (d *Document) Write(w Writer, changes ...Change) error {
	d.Lift()
	p := &pen{d: d, w: w, groups: d.Policies.groups(), fields: d.Policies.fields()}
	for _, c := range changes {
		if err := c.valid(); err != nil {
			return err
		}
		if c.edit != nil {
			p.editArray(c)
			continue
		}
		p.was, p.base = c.Was, len(c.Path)
		if err := p.assign(c.Path, d.At(c.Path), c.Want); err != nil {
			return err
		}
	}
	p.flush()
	p.fillHollow()
	return nil
}

func (c Change) valid() error {
	switch {
	case len(c.Path) > 0 && c.Path[0] == BlockKey, len(c.Path) == 0 && c.Want.Kid(BlockKey) != nil:
		return ErrReserved
	case len(c.Path) == 0 && c.Want != nil && !c.Want.IsObject():
		return ErrNotObject
	}
	return nil
}

// pen is one write under way.
type pen struct {
	d      *Document
	w      Writer
	groups []named
	fields []Policy
	// was is what the writer took the place for that he writes to, or nil, and
	// base the length of its path.
	was  *View
	base int
	// drafts are the tuples that this write changes, whole: two members
	// changed by one write are one register. And so are the fields with a policy
	// of their own, by pointer: of two members of a First, written one after the
	// other, the second would be refused.
	drafts map[string]*draft
	whole  map[string]*fieldDraft
	// hollow are the places that shall show an empty object.
	hollow [][]string
}

type draft struct {
	seat
	members map[string]*View
	// over is what the write supersedes besides: all of a deleted object gets
	// one stamp.
	over Stamp
}

// fieldDraft is a field with a policy of its own as this write will leave it.
type fieldDraft struct {
	path      []string
	want, was *View // of Change
	over      Stamp
}

func (p *pen) assign(path []string, cur, want *View) error {
	if cur.Equal(want) {
		return nil
	}
	if s, depth := p.seatOf(path); s != nil {
		p.draft(*s).set(path[depth], path[depth+1:], want)
		return nil
	}
	if depth := p.fieldOf(path); depth >= 0 {
		f := p.field(path[:depth])
		f.want = f.want.With(path[depth:], want)
		return nil
	}
	switch {
	case want == nil:
		p.erase(path)
	case !want.IsObject():
		return p.replace(path, want)
	case cur == nil || cur.IsObject():
		return p.reshape(path, cur, want)
	default:
		return p.open(path, want)
	}
	return nil
}

// seatOf returns the group that path is in, and the index of the member.
func (p *pen) seatOf(path []string) (*seat, int) {
	if len(p.groups) == 0 {
		return nil, 0
	}
	for depth := range path {
		for _, s := range seatsAt(p.groups, path[:depth]) {
			if slices.Contains(s.owned, path[depth]) {
				return &s, depth
			}
		}
	}
	return nil, 0
}

// fieldOf returns the length of the prefix of path that is a field with a
// policy of its own, or -1.
func (p *pen) fieldOf(path []string) int {
	n := &p.d.root
	for depth := range len(path) + 1 {
		if depth > 0 {
			n = n.kid(path[depth-1])
		}
		if n.typed() || ruleAt(p.fields, path[:depth]).kind != LWW {
			return depth
		}
	}
	return -1
}

// reshape makes an object, or a place where nothing shows, look like want.
func (p *pen) reshape(path []string, cur, want *View) error {
	if want.Len() == 0 && len(path) > 0 {
		p.hollow = append(p.hollow, path)
	}
	return p.assignKids(path, cur, want)
}

// fillHollow writes the empty objects that don't show by themselves. One that
// is written where nothing shows takes the least stamp, so that it hides
// nothing that another replica put there meanwhile.
func (p *pen) fillHollow() {
	for _, path := range p.hollow {
		if p.d.At(path) != nil {
			continue
		}
		stamp := Stamp{}
		if bound, has := p.above(path); has || !bound.IsZero() {
			stamp = bound.Next(p.w.Actor)
		}
		p.put(path, Register{Stamp: stamp, Value: "{}"})
	}
}

// open replaces a scalar by an object.
func (p *pen) open(path []string, want *View) error {
	if want.Len() == 0 {
		p.put(path, Register{Stamp: p.stamp(path), Value: "{}"})
		return nil
	}
	return p.assignKids(path, nil, want)
}

func (p *pen) assignKids(path []string, cur, want *View) error {
	for key, at := range Pairs(cur, want) {
		if err := p.assign(append(path[:len(path):len(path)], key), at[0], at[1]); err != nil {
			return err
		}
	}
	return nil
}

// replace writes a scalar or an array over whatever is at path.
func (p *pen) replace(path []string, want *View) error {
	if p.typedBelow(path) {
		return ErrHolder
	}
	p.put(path, Register{Stamp: p.stamp(path), Value: want.Leaf})
	return nil
}

// erase deletes whatever is at path: one tombstone at its root, and a reset of
// each register below that no tombstone hides.
func (p *pen) erase(path []string) {
	bound := p.around(path)
	p.put(path, Register{Stamp: p.w.after(bound), Dead: true})
	for _, s := range p.seatsBelow(path) {
		if _, drafted := p.drafts[s.name]; drafted || len(s.pick(p.d.tuples[s.name].Value)) > 0 {
			d := p.draft(s)
			clear(d.members)
			d.over = later(d.over, bound)
		}
	}
	p.resetBelow(path, p.d.at(path), p.d.holders().at(path), bound)
}

// resetBelow resets what shows below path and is not LWW, over the bound: all of
// a deleted object gets one stamp.
func (p *pen) resetBelow(path []string, n *node, h *holder, bound Stamp) {
	for _, k := range n.children() {
		kid, at := k.node, append(path[:len(path):len(path)], k.key)
		switch {
		case h.claims(k.key): // it never shows
		case !kid.typed():
			p.resetBelow(at, kid, h.kid(k.key), bound)
		case kid.value() != nil:
			f := p.field(at)
			f.want, f.over = nil, bound
		}
	}
}

// typedBelow reports whether a register that no value above it can replace
// stands below path.
func (p *pen) typedBelow(path []string) bool {
	return len(p.seatsBelow(path)) > 0 || p.d.at(path).anyTypedBelow()
}

func (n *node) anyTypedBelow() bool {
	for _, k := range n.children() {
		if k.node.typed() || k.node.anyTypedBelow() {
			return true
		}
	}
	return false
}

// seatsBelow returns the instances whose members live at or below path.
func (p *pen) seatsBelow(path []string) []seat {
	var seats []seat
	for _, name := range sortedKeys(p.d.tuples) {
		at, ok := p.d.Policies.seatPath(name)
		if !ok || len(at) < len(path) || !slices.Equal(at[:len(path)], path) {
			continue
		}
		for _, s := range seatsAt(p.groups, at) {
			if s.name == name {
				seats = append(seats, s)
			}
		}
	}
	return seats
}

// put writes an LWW register. It is a join as every write is: at the last of all
// stamps the greater register stays.
func (p *pen) put(path []string, r Register) { p.d.growTo(path).raise(r) }

// stamp returns the stamp of a write that supersedes all at, above and below
// path.
func (p *pen) stamp(path []string) Stamp { return p.w.after(p.around(path)) }

// around returns the latest stamp or era at, above and below path.
func (p *pen) around(path []string) Stamp {
	bound, _ := p.above(path)
	for _, s := range p.seatsBelow(path) {
		bound = later(bound, p.d.tuples[s.name].latest())
	}
	return later(bound, p.d.at(path).latest())
}

// above returns the newest stamp at and above path, and whether there is a
// register at path itself.
func (p *pen) above(path []string) (bound Stamp, has bool) {
	bound = p.w.Over
	n := &p.d.root
	for i := 0; n != nil; i++ {
		if n.has {
			bound = later(bound, n.reg.Stamp)
		}
		if i == len(path) {
			return bound, n.has
		}
		n = n.kid(path[i])
	}
	return bound, false
}

// draft returns the tuple of s as this write will leave it.
func (p *pen) draft(s seat) *draft {
	if d, ok := p.drafts[s.name]; ok {
		return d
	}
	d := &draft{seat: s, members: s.pick(p.d.tuples[s.name].Value)}
	if p.drafts == nil {
		p.drafts = make(map[string]*draft)
	}
	p.drafts[s.name] = d
	return d
}

func (d *draft) set(member string, rest []string, want *View) {
	if v := d.members[member].With(rest, want); v != nil {
		d.members[member] = v
	} else {
		delete(d.members, member)
	}
}

// field returns the field at path as this write will leave it.
func (p *pen) field(path []string) *fieldDraft {
	at := pointer(path)
	if f, ok := p.whole[at]; ok {
		return f
	}
	f := &fieldDraft{path: path, was: p.wasAt(path)}
	if n := p.d.at(path); n.typed() {
		f.want = n.value()
	}
	if p.whole == nil {
		p.whole = make(map[string]*fieldDraft)
	}
	p.whole[at] = f
	return f
}

func (p *pen) flush() {
	for _, at := range sortedKeys(p.whole) {
		f, over := p.whole[at], p.w.Over
		p.w.Over = later(over, f.over)
		p.assignField(f)
		p.w.Over = over
	}
	for _, name := range sortedKeys(p.drafts) {
		d := p.drafts[name]
		tuple := tupleText(d.members)
		w := p.w
		w.Over = later(w.Over, d.over)
		p.d.raiseTuple(name, p.d.succeed(name, d.policy, tuple, w))
		if group, _, _ := splitInstance(name); p.w.Actor != Foreign {
			p.d.learnExpiry(group, tuple)
		}
	}
}

// WriteTuple replaces the members of a group's instance all at once and returns
// the register that does. With newEra a Token begins a new era whatever the
// members say.
func (d *Document) WriteTuple(w Writer, group string, keys []string, members *View, newEra bool) Register {
	name := InstanceName(group, keys)
	next := d.succeed(name, d.Policies[group], members.JSON(), w)
	if newEra && next.Policy == Token {
		next.Era, next.Gen = next.Stamp, 0
	}
	d.raiseTuple(name, next)
	d.learnExpiry(group, next.Value)
	return next
}

// succeed returns the register that a write by w puts in the place of the
// instance's.
func (d *Document) succeed(name string, p Policy, tuple string, w Writer) Register {
	cur := d.tuples[name]
	next := Register{Policy: max(p.Kind, cur.Policy), Value: tuple}
	next.Stamp = w.after(later(cur.latest(), w.Over))
	if next.Policy != Token {
		return next
	}
	if cur.Gen >= maxGen || p.newEra(cur.Value, tuple) {
		next.Era = next.Stamp
	} else {
		next.Era, next.Gen = cur.Era, cur.Gen+1
	}
	next.Spent = d.supersede(p, cur, tuple)
	return next
}

// newEra reports whether a plain write of a token is a login, a logout or a
// change of account, and not a rotation.
func (p Policy) newEra(old, now string) bool {
	was, is := viewOfRaw(old), viewOfRaw(now)
	if p.isAbsent(was) || p.isAbsent(is) {
		return true
	}
	return p.Identity != "" && !was.Kid(p.Identity).Equal(is.Kid(p.Identity))
}

// isAbsent reports whether the tuple of a Token holds none. Programs whose
// types leave nothing out log out by writing empty texts.
func (p Policy) isAbsent(tuple *View) bool {
	if tuple.Len() == 0 {
		return true
	}
	blank := func(member string) bool { return member == "" || tuple.Kid(member).isBlank() }
	return (p.Access != "" || p.Refresh != "") && blank(p.Access) && blank(p.Refresh)
}

// assignField writes a register of another policy than LWW.
func (p *pen) assignField(f *fieldDraft) {
	n := p.d.growTo(f.path)
	is := ruleAt(p.fields, f.path)
	if n.has && is.less(n.reg.rule()) {
		is = n.reg.rule()
	}
	if is.kind.Elements() {
		p.assignArray(n, is, f.want, f.was)
	} else {
		p.assignValue(n, is, f.want)
	}
}

// wasAt is what the writer took path for: nil if he has seen it as it is.
func (p *pen) wasAt(path []string) *View {
	switch {
	case p.was == nil || len(path) < p.base:
		return nil
	case p.was.At(path[p.base:]) == nil:
		return &View{}
	}
	return p.was.At(path[p.base:])
}

// assignValue writes a register of the policies First, Max and Min. Within an
// era the policy decides; unsetting the field, or a write that could not win,
// begins a new era, except that a First keeps the value that it has.
func (p *pen) assignValue(n *node, is rule, value *View) {
	cur := n.reg
	if cur.Policy == First && is.kind == First && !cur.Dead && value != nil {
		return
	}
	next := lone(is, p.fresh(n), value)
	next.Era = cur.Era
	switch {
	case next.Dead:
		next.Era = next.Stamp
	case n.has && next.Compare(cur) < 0:
		next.Era = next.Stamp
	}
	n.raise(next)
}

// fresh is the stamp of a write that supersedes all at n.
func (p *pen) fresh(n *node) Stamp {
	return p.w.after(later(n.latest(), p.w.Over))
}

func pointer(path []string) string { return strictjson.JoinPointer(path...) }
