package lww

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// VersionError refuses a block of a format that is newer than this package.
type VersionError struct {
	// Version is what the block says; Version of this package is the newest
	// that it reads.
	Version string
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("format version %s is newer than %d", e.Version, Version)
}

// BlockState is what a file says of its own history.
type BlockState uint8

const (
	// Absent: there is no block.
	Absent BlockState = iota
	// Damaged: there is something under the block's key that is no block.
	Damaged
	// Intact: there is a block. Single entries may still be malformed.
	Intact
)

// Decoded is a file's text, taken apart.
type Decoded struct {
	// Block says whether the file carries its history.
	Block BlockState
	// Doc holds the registers that the block vouches for.
	Doc *Document
	// View is what the text shows, block excluded.
	View *View
	// Malformed are the keys of the entries that make no sense.
	Malformed []string
	// Partial says that the text is what is left of a damaged file: what it
	// lacks was not removed. Set it before Adopt.
	Partial bool

	edits []edit
	block *block
}

// Edited reports whether the text shows, or lacks, something that its block
// does not vouch for: an edit by a program that knows nothing of blocks.
func (d *Decoded) Edited() bool { return len(d.edits) > 0 || len(d.block.losses()) > 0 }

// edit is a place whose value the block does not vouch for, with the stamp of
// the value that the edit has overwritten.
type edit struct {
	path  []string
	want  *View // nil: removed
	over  Stamp
	tuple *seat // the members of a group, judged whole; path is their object
	// entry is what the block says of the tuple.
	entry entry
	// element is the key of an element of the array at path, and order are
	// the keys of all that the text has, if the edit is about these.
	element string
	order   []string
	// hollow: what was removed is an empty object that only tombstones kept open.
	hollow bool
	// witness is the edit's index among the leaves that were known before, if
	// the file has no block.
	witness int
}

// block is the parsed block.
type block struct {
	at     map[string]entry
	covers []*covering
}

// covering is an entry that leaves inherit from. Those of the leaves below it
// that are in front, and listed there, inherit at once; the others wait until
// all are known.
type covering struct {
	key    string
	entry  entry
	front  int
	leaves []found
	// lost are the digests of leaves that are no longer there.
	lost []string
	// array is the one whose elements are the leaves; nil of all others.
	array *writtenArray
}

type found struct {
	path   []string
	raw    string
	digest string
	// element is its key, if the leaf is one; path is that of the array.
	element string
}

// view is what the leaf shows; an element is one leaf whatever it holds.
func (f found) view() *View {
	if f.element != "" {
		return &View{Leaf: f.raw}
	}
	return viewOfRaw(f.raw)
}

// Decode takes a file's text apart: the registers that its block vouches for,
// and the edits that it does not. The root must be an object. The only error
// is *VersionError; a block that is damaged counts as absent.
func Decode(root strictjson.Node) (*Decoded, error) {
	text, has := root.Get(BlockKey)
	if !has {
		return newDecoded(root), nil
	}
	return DecodeWith(root, text)
}

// DecodeWith is Decode for a block that is kept apart from the text.
func DecodeWith(root, block strictjson.Node) (*Decoded, error) {
	return decode(root, block, false)
}

// Recall is DecodeWith for a text that was written with this block, and was kept
// since where it would have shown if a byte had changed. The digests then are those
// of the leaves, and are not computed again. Where the block tells that they can't
// be, Recall is DecodeWith.
func Recall(root, block strictjson.Node) (*Decoded, error) {
	out, err := decode(root, block, true)
	if err == nil && (out.Edited() || len(out.Malformed) > 0) {
		return decode(root, block, false)
	}
	return out, err
}

func decode(root, block strictjson.Node, known bool) (*Decoded, error) {
	out := newDecoded(root)
	out.Block = Damaged
	if block.Kind() != strictjson.Object {
		return out, nil
	}
	if err := checkVersion(block); err != nil {
		return nil, err
	}
	at, ok := block.Get("at")
	if v, has := block.Get("v"); !has || strictjson.Canonical(v.Raw()) != "1" || !ok || at.Kind() != strictjson.Object {
		return out, nil
	}
	out.Block = Intact
	out.read(block, at, known)
	return out, nil
}

func newDecoded(root strictjson.Node) *Decoded {
	out := &Decoded{Doc: &Document{}, View: ViewOf(root), block: &block{}}
	out.View.Put(BlockKey, nil)
	return out
}

func checkVersion(block strictjson.Node) error {
	v, ok := block.Get("v")
	if ok && v.Kind() == strictjson.Number && strictjson.CompareNumbers(v.Raw(), "1") > 0 {
		return &VersionError{Version: strictjson.Canonical(v.Raw())}
	}
	return nil
}

func (d *Decoded) read(text, at strictjson.Node, known bool) {
	d.Doc.ID, d.Doc.Salt = textOf(text, "id"), textOf(text, "salt")
	if policy, ok := text.Get("policy"); ok {
		d.Doc.Policies = parseTable(policy)
	}
	r := &reader{
		Decoded: d, digester: newDigester(d.Doc.Salt), known: known, unread: map[string]bool{},
		groups: d.Doc.Policies.groups(), fields: d.Doc.Policies.fields(), nodes: []*node{&d.Doc.root},
	}
	d.block.at = make(map[string]entry, at.Len())
	for key, value := range at.Members() {
		e, ok := parseEntry(value)
		if !ok || !validKey(key) || e.spent != "" && !isInstance(key) {
			d.Malformed = append(d.Malformed, key)
			continue
		}
		if e.form == values && (e.isOrdered() || e.count() > 1) && !e.fits(r.kindOf(key)) {
			e = entry{form: misfit, stamp: e.stamp}
		}
		d.block.at[key] = e
	}
	slices.Sort(d.Malformed)
	for key := range d.block.at {
		r.unread[key] = true
	}
	r.object(d.View, r.coverAt(""))
	r.settle()
}

func validKey(key string) bool {
	if isInstance(key) {
		group, _, ok := splitInstance(key)
		return ok && isGroupName(group)
	}
	if array, element, ok := splitElement(key); ok {
		_, err := strictjson.SplitPointer(array)
		return err == nil && isElement(element)
	}
	_, err := strictjson.SplitPointer(key)
	return err == nil
}

// reader walks the text and consumes the entries.
type reader struct {
	*Decoded
	*digester
	known  bool     // the digests are those of the leaves
	path   []string // of the place that the walk has come to
	at     []byte   // its pointer
	nodes  []*node  // on the way there, as far as there are any yet
	sizes  []int    // of the objects on the way, in members
	fresh  slab[node]
	signed slab[signature]
	groups []named
	fields []Policy
	unread map[string]bool
	opened map[string]bool     // lazily: the places that have an entry below them
	named  map[string][]string // lazily: the elements that have an entry, by array
	arrays []*writtenArray
}

// kindOf returns the kind of the register that an entry is about: of an element
// Group, since that, too, is one value and has no more than a stamp.
func (r *reader) kindOf(key string) Kind {
	if isInstance(key) {
		group, _, _ := splitInstance(key)
		return r.Doc.Policies[group].Kind
	}
	path, err := strictjson.SplitPointer(key)
	if err != nil {
		return Group
	}
	return ruleAt(r.fields, path).kind
}

// open reports whether the block has a register below the place whatever the
// text shows there: then an empty object is what its tombstones leave of it,
// and no value of its own.
func (r *reader) open(at string) bool {
	if r.opened == nil {
		r.opened = map[string]bool{}
		for key, e := range r.block.at {
			_, _, isElement := splitElement(key) // whose array then shows nothing
			if isElement || e.form != tombstone && e.form != emptyObject {
				continue
			}
			for cut := strings.LastIndexByte(key, '/'); cut >= 0; cut = strings.LastIndexByte(key, '/') {
				key = key[:cut]
				r.opened[key] = true
			}
		}
	}
	return r.opened[at]
}

// take returns the entry for key, and notes that the text has such a place.
func (r *reader) take(key string) (entry, bool) {
	e, ok := r.block.at[key]
	delete(r.unread, key)
	return e, ok
}

// coverAt consumes the entry of an object that has members and returns what
// its leaves inherit from, if the entry is of that form.
func (r *reader) coverAt(at string) *covering {
	e, ok := r.take(at)
	switch {
	case !ok:
		return nil
	case e.form == values:
		c := &covering{key: at, entry: e}
		r.block.covers = append(r.block.covers, c)
		return c
	}
	r.putMark(at, e)
	return nil
}

// putMark records the entries that say all there is to say by themselves: a
// tombstone, or an empty object.
func (r *reader) putMark(at string, e entry) {
	if e.form == tombstone || e.form == emptyObject {
		r.Doc.Put(at, e.register(rule{}, "{}"))
	}
}

// object walks the members of an object, in pointer order.
func (r *reader) object(v *View, inherited *covering) {
	owned := r.tuples(v)
	depth, here := len(r.path), len(r.at)
	r.sizes = append(r.sizes[:depth], v.Len())
	for key, kid := range v.Members() {
		if owned[key] {
			continue
		}
		r.path, r.at = append(r.path, key), strictjson.AppendPointer(r.at, key)
		r.place(kid, inherited)
		r.path, r.at = r.path[:depth], r.at[:here]
		r.nodes = r.nodes[:min(len(r.nodes), depth+1)]
	}
}

// node returns that of the place that the walk has come to.
func (r *reader) node() *node {
	for i := len(r.nodes) - 1; i < len(r.path); i++ {
		parent, key := r.nodes[i], r.path[i]
		n := parent.kids.own(key)
		if n == nil {
			n = r.fresh.next()
			if parent.kids == nil {
				parent.kids = &family{sorted: make([]child, 0, r.sizes[i])}
			}
			parent.kids.add(key, n)
		}
		r.nodes = append(r.nodes, n)
	}
	return r.nodes[len(r.path)]
}

// slab makes values of one kind, of which a text needs many, some at a time.
type slab[T any] []T

func (s *slab[T]) next() *T {
	if len(*s) == 0 {
		*s = make([]T, 16)
	}
	v := &(*s)[0]
	*s = (*s)[1:]
	return v
}

// record puts the leaf's register where the walk has come to, with its digest.
func (r *reader) record(reg Register, digest string) {
	if n := r.node(); n.raise(reg) {
		n.sign(r.signed.next(), r.salt, digest)
	}
}

// vouches reports whether the entry has the digest of the value.
func (r *reader) vouches(e entry, key, raw string) bool {
	return e.form == values && (r.known && e.count() == 1 || e.digests == r.of(key, raw))
}

func (r *reader) place(v *View, inherited *covering) {
	_, listed := r.block.at[string(r.at)]
	is := ruleAt(r.fields, r.path)
	switch {
	case is.kind == LWW && v.IsObject() && (v.Len() > 0 || r.open(string(r.at))):
		if listed {
			inherited = r.coverAt(string(r.at))
		}
		r.object(v, inherited)
	case is.kind == LWW && !listed && inherited != nil:
		r.inherit(v.JSON(), inherited)
	default:
		r.alone(is, v, slices.Clone(r.path), string(r.at), listed)
	}
}

// inherit gives a leaf the stamp of an entry above it, if it is the next one
// that the entry lists.
func (r *reader) inherit(raw string, c *covering) {
	next, more := c.next()
	if more && r.known || more && next == string(r.ofPointer(r.at, raw)) {
		c.front++
		r.record(Register{Stamp: c.entry.stamp, Value: raw}, next)
		return
	}
	c.leaves = append(c.leaves, found{path: slices.Clone(r.path), raw: raw, digest: string(r.ofPointer(r.at, raw))})
}

// next is the digest that the entry lists next, as long as all before it were
// those of the leaves.
func (c *covering) next() (digest string, more bool) {
	if len(c.leaves) > 0 || c.front >= c.entry.count() {
		return "", false
	}
	return c.entry.digest(c.front), true
}

// alone handles what inherits nothing.
func (r *reader) alone(is rule, v *View, path []string, at string, listed bool) {
	switch {
	case is.kind.Elements() && isArray(v.Leaf):
		r.array(is, v, path, at)
	case is.kind != LWW:
		r.field(is, v, path, at)
	case listed:
		r.leaf(v, path, at)
	default:
		r.edits = append(r.edits, edit{path: path, want: v})
	}
}

// leaf handles a value with an entry of its own.
func (r *reader) leaf(v *View, path []string, at string) {
	e, _ := r.take(at)
	raw := v.JSON()
	r.putMark(at, e)
	switch {
	case e.form == emptyObject && raw == "{}":
	case r.vouches(e, at, raw):
		r.record(Register{Stamp: e.stamp, Value: raw}, e.digests)
	default:
		r.edits = append(r.edits, edit{path: path, want: v, over: e.stamp})
	}
}

// field handles a value with a policy of its own, which inherits nothing.
func (r *reader) field(is rule, v *View, path []string, at string) {
	e, listed := r.take(at)
	r.putMark(at, e) // written before the policy was known
	reg := e.register(is, v.JSON())
	vouched := listed && r.vouches(e, at, reg.Value)
	if vouched || e.form == typedTombstone {
		r.Doc.Put(at, reg)
	}
	if !vouched && !(e.form == emptyObject && reg.Value == "{}") {
		r.edits = append(r.edits, edit{path: path, want: v, over: e.stamp})
	}
}

// tuples handles the groups whose members live in v, and returns the keys of
// those members.
func (r *reader) tuples(v *View) map[string]bool {
	if len(r.groups) == 0 {
		return nil
	}
	owned, path := map[string]bool{}, slices.Clone(r.path)
	for _, s := range seatsAt(r.groups, path) {
		for _, m := range s.owned {
			owned[m] = true
		}
		r.tuple(s, v, path)
	}
	return owned
}

func (r *reader) tuple(s seat, v *View, path []string) {
	members := map[string]*View{}
	for _, m := range s.owned {
		if kid := v.Kid(m); kid != nil {
			members[m] = kid
		}
	}
	e, listed := r.take(s.name)
	value := tupleText(members)
	switch {
	case listed && r.vouches(e, s.name, value):
		r.Doc.Put(s.name, e.register(s.policy.rule(), value))
	case listed && e.form == values || len(members) > 0:
		r.edits = append(r.edits, edit{path: path, want: viewOfRaw(value), over: e.stamp, tuple: &s, entry: e})
	}
}

// register returns what the entry says, given the value that it vouches for.
func (e entry) register(is rule, value string) Register {
	reg := Register{Policy: is.kind, ID: is.id, Stamp: e.stamp, Era: e.era, Gen: e.gen, Spent: e.spent, Value: value}
	if e.form == tombstone || e.form == typedTombstone {
		reg.Dead, reg.Value = true, ""
	}
	return reg.normal()
}

// settle judges what could only be judged once the whole text was seen.
func (r *reader) settle() {
	for _, c := range r.block.covers {
		r.inheritRest(c)
	}
	for _, w := range r.arrays {
		r.order(w)
	}
	for _, key := range sortedKeys(r.unread) {
		r.missing(key, r.block.at[key])
	}
	r.hollows()
	for _, key := range r.Malformed {
		delete(r.block.at, key)
	}
}

// inheritRest judges the leaves that are not in front. One that is not listed
// is an edit or an addition, and never inherits.
func (r *reader) inheritRest(c *covering) {
	kept, rest := c.align()
	for i, leaf := range c.leaves {
		if kept[i] {
			r.keep(leaf, c.entry)
		} else {
			r.edits = append(r.edits, edit{path: leaf.path, element: leaf.element, want: leaf.view(), over: later(c.entry.stamp, c.entry.era)})
		}
	}
	c.lost = lost(c.leaves, kept, rest)
}

// align tells which of the leaves are listed in the rest of the entry.
func (c *covering) align() ([]bool, entry) {
	rest := c.entry
	rest.digests = rest.digests[c.front*digestLen:]
	if len(c.leaves)+rest.count() == 0 {
		return nil, rest
	}
	return align(c.leaves, rest), rest
}

// align tells which leaves the entry lists. What agrees from the front and
// from the back is matched by place; only what is left in between, where
// something was added or removed, by digest alone.
func align(leaves []found, e entry) []bool {
	kept := make([]bool, len(leaves))
	front, back := 0, 0
	for front < min(len(leaves), e.count()) && leaves[front].digest == e.digest(front) {
		kept[front] = true
		front++
	}
	for back < min(len(leaves), e.count())-front && leaves[len(leaves)-1-back].digest == e.digest(e.count()-1-back) {
		kept[len(leaves)-1-back] = true
		back++
	}
	listed := map[string]bool{}
	for i := front; i < e.count()-back; i++ {
		listed[e.digest(i)] = true
	}
	for i := front; i < len(leaves)-back; i++ {
		kept[i] = listed[leaves[i].digest]
	}
	return kept
}

// lost returns the listed digests that no kept leaf accounts for.
func lost(leaves []found, kept []bool, e entry) []string {
	seen := map[string]bool{}
	for i, leaf := range leaves {
		if kept[i] {
			seen[leaf.digest] = true
		}
	}
	var out []string
	for i := range e.count() {
		if !seen[e.digest(i)] {
			out = append(out, e.digest(i))
		}
	}
	return out
}

// missing handles an entry whose place the text lacks: a tombstone, or the
// removal of a value by hand.
func (r *reader) missing(key string, e entry) {
	if isInstance(key) {
		r.missingTuple(key, e)
		return
	}
	if array, element, ok := splitElement(key); ok {
		r.missingElement(array, element, e)
		return
	}
	path, _ := strictjson.SplitPointer(key)
	r.putMark(key, e)
	switch is := ruleAt(r.fields, path); {
	case e.form == typedTombstone && is.kind != LWW:
		r.Doc.Put(key, e.register(is, ""))
	case r.View.At(path) != nil: // in a member, or below a field with a policy
	case is.kind.Elements() && e.form == values:
		c := r.coverElements(&writtenArray{path: path, at: key, is: is, entry: e, listed: true})
		c.lost = lost(nil, nil, c.entry)
		r.edits = append(r.edits, edit{path: path, over: e.stamp})
	case e.form == values && is.kind == LWW:
		// What the place had and the program saw is gone; what others have
		// put there since is not.
		r.block.covers = append(r.block.covers, &covering{key: key, entry: e, lost: lost(nil, nil, e)})
	case e.form == values || e.form == emptyObject:
		r.edits = append(r.edits, edit{path: path, over: e.stamp})
	}
}

// hollows finds the empty objects that nothing but tombstones kept open, and that
// the text lacks: they have no entry by which they could be missed.
func (r *reader) hollows() {
	found := map[string]int{}
	for _, key := range sortedKeys(r.unread) {
		e := r.block.at[key]
		path, err := strictjson.SplitPointer(key)
		if e.form != tombstone || err != nil || len(path) < 2 {
			continue
		}
		path = path[:len(path)-1]
		if v := r.Doc.At(path); r.View.At(path) != nil || !v.IsObject() || v.Len() > 0 {
			continue
		}
		at := pointer(path)
		if i, ok := found[at]; ok {
			r.edits[i].over = later(r.edits[i].over, e.stamp)
			continue
		}
		found[at] = len(r.edits)
		r.edits = append(r.edits, edit{path: path, over: e.stamp, hollow: true})
	}
}

func (r *reader) missingTuple(key string, e entry) {
	path, ok := r.Doc.Policies.seatPath(key)
	if !ok || e.form != values {
		return
	}
	for _, s := range seatsAt(r.groups, path) {
		if s.name == key {
			r.tuple(s, nil, path)
		}
	}
}

// losses are the covers that list leaves which are gone.
func (b *block) losses() []*covering {
	return slices.DeleteFunc(slices.Clone(b.covers), func(c *covering) bool { return len(c.lost) == 0 })
}
