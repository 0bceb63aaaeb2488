package schema

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// outline is what a text of JSON Schema says of places: which schemas apply
// where, and what their keywords say. A recursive schema is a cycle of subs.
type outline struct {
	tree    *strictjson.Tree
	root    *sub
	subs    map[int]*sub                       // by where they begin
	order   []*sub                             // as they were found
	named   map[string]*sub                    // by absolute URI: $id, $anchor
	members map[int]map[string]strictjson.Node // of objects that references led through
}

// sub is one schema in the text.
type sub struct {
	node   strictjson.Node
	base   *sub   // the schema with the $id that references in here start from
	id     string // of a base: its URI, "" if there is none
	barred string // why a policy in here could have no effect
	tag    tag
	types  jsonTypes // what it says that values are; zero: nothing
	refs   []string
	here   []*sub // schemas that apply to the same place
	below  []edge
	tagged bool // here or below is a policy
}

// edge leads to a schema for what lies one level down.
type edge struct {
	key     lww.Segment
	element bool // of an array
	to      *sub
}

// jsonTypes is a set of types.
type jsonTypes uint8

const (
	typeArray jsonTypes = 1 << iota
	typeObject
	typeOther
)

// The most that is read of a schema. Both bound the time that a hostile one
// takes; the largest that are published have about a tenth of it.
const (
	maxSchemaSize = 4 << 20
	maxSubs       = 100_000
)

// readOutline reads the text. The errors are [*strictjson.SyntaxError] and
// [*KeywordError].
func readOutline(text []byte) (*outline, error) {
	tree, err := strictjson.Parse(text, strictjson.Limits{MaxSize: maxSchemaSize})
	if err != nil {
		return nil, err
	}
	o := &outline{tree: tree, subs: map[int]*sub{}, named: map[string]*sub{}, members: map[int]map[string]strictjson.Node{}}
	if o.root, err = o.read(tree.Root(), nil, ""); err != nil {
		return nil, err
	}
	return o, o.follow()
}

// fail blames the schema or value at n.
func (o *outline) fail(n strictjson.Node, reason string) error {
	at, _ := n.Span()
	before := o.tree.Source()[:at]
	line := strings.Count(before, "\n") + 1
	return &KeywordError{At: pointerTo(o.tree.Root(), at), Line: line, Column: at - strings.LastIndexByte(before, '\n'), Reason: reason}
}

// pointerTo returns where the value that begins at the offset stands below n.
func pointerTo(n strictjson.Node, offset int) string {
	pointer := ""
	for {
		start, _ := n.Span()
		kid, key, ok := holding(n, offset)
		if start == offset || !ok {
			return pointer
		}
		n, pointer = kid, strictjson.AppendSegment(pointer, key)
	}
}

// holding returns the member or element of n in which the offset lies.
func holding(n strictjson.Node, offset int) (kid strictjson.Node, key string, ok bool) {
	within := func(kid strictjson.Node) bool {
		start, end := kid.Span()
		return start <= offset && offset < end
	}
	for key, kid := range n.Members() {
		if within(kid) {
			return kid, key, true
		}
	}
	i := 0
	for kid := range n.Elements() {
		if within(kid) {
			return kid, strconv.Itoa(i), true
		}
		i++
	}
	return n, "", false
}

// read returns the schema at n, which is read with all in it when it is first
// asked for. Its depth is that of the text.
func (o *outline) read(n strictjson.Node, base *sub, barred string) (*sub, error) {
	at, _ := n.Span()
	if s := o.subs[at]; s != nil {
		return s, nil
	}
	if len(o.subs) == maxSubs {
		return nil, o.fail(n, "the schema has more than "+strconv.Itoa(maxSubs)+" parts")
	}
	s := &sub{node: n, base: base, barred: barred}
	if base == nil {
		s.base = s
	}
	o.subs[at] = s
	o.order = append(o.order, s)
	if id, ok := n.Get("$id"); ok && id.Kind() == strictjson.String && !strings.HasPrefix(id.Text(), "#") {
		s.id, s.base = resolveURI(s.base.id, id.Text()), s
		o.name(s.id, s)
	}
	for key, value := range n.Members() {
		if err := o.readMember(s, key, value); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// name remembers the first schema of a URI. An empty fragment is none.
func (o *outline) name(uri string, s *sub) {
	uri = strings.TrimSuffix(uri, "#")
	if o.named[uri] == nil {
		o.named[uri] = s
	}
}

func (o *outline) readMember(s *sub, key string, value strictjson.Node) error {
	switch {
	case key == Keyword:
		return o.readKeyword(s, value)
	case strings.EqualFold(key, Keyword):
		return o.fail(value, "the keyword is spelled "+Keyword)
	case key == "type":
		s.types = typesIn(value)
	case key == "$ref", key == "$dynamicRef", key == "$recursiveRef":
		s.refs = append(s.refs, value.Text())
	case key == "$anchor", key == "$dynamicAnchor":
		o.name(s.base.id+"#"+value.Text(), s)
	case key == "$id" && strings.HasPrefix(value.Text(), "#"): // how drafts before 2019-09 said $anchor
		o.name(s.base.id+value.Text(), s)
	default:
		return o.readSchemas(s, key, value)
	}
	return nil
}

func (o *outline) readKeyword(s *sub, value strictjson.Node) (err error) {
	if s.barred != "" {
		return o.fail(value, s.barred)
	}
	if s.tag, err = parseKeyword(value); err != nil {
		return o.fail(value, err.Error())
	}
	return nil
}

func typesIn(value strictjson.Node) (all jsonTypes) {
	for e := range value.Elements() {
		all |= typesIn(e)
	}
	switch value.Text() {
	case "":
	case "array":
		all |= typeArray
	case "object":
		all |= typeObject
	default:
		all |= typeOther
	}
	return all
}

// readSchemas reads the schemas below a keyword, if it has any.
func (o *outline) readSchemas(s *sub, key string, value strictjson.Node) error {
	inPlace := func(_ string, kid *sub) { s.here = append(s.here, kid) }
	anyKey := func(_ string, kid *sub) { s.below = append(s.below, edge{lww.Segment{Any: true}, false, kid}) }
	element := func(_ string, kid *sub) { s.below = append(s.below, edge{lww.Segment{Any: true}, true, kid}) }
	member := func(key string, kid *sub) { s.below = append(s.below, edge{lww.Segment{Key: key}, false, kid}) }
	nowhere := func(string, *sub) {}
	barred := "a policy below " + key + " would have no effect"
	oneOnly := "a policy is for all elements of an array, not for one"
	switch key {
	case "then", "else":
		return o.readOne(s, value, s.barred, inPlace)
	case "allOf", "anyOf", "oneOf":
		return o.readList(s, value, s.barred, inPlace)
	case "dependentSchemas", "dependencies":
		return o.readMap(s, value, s.barred, inPlace)
	case "properties":
		return o.readMap(s, value, s.barred, member)
	case "patternProperties":
		return o.readMap(s, value, s.barred, anyKey)
	case "additionalProperties", "unevaluatedProperties":
		return o.readOne(s, value, s.barred, anyKey)
	case "items", "additionalItems", "unevaluatedItems":
		if value.Kind() == strictjson.Array {
			return o.readList(s, value, oneOnly, nowhere)
		}
		return o.readOne(s, value, s.barred, element)
	case "prefixItems":
		return o.readList(s, value, oneOnly, nowhere)
	case "not", "if", "contains", "propertyNames", "contentSchema":
		return o.readOne(s, value, barred, nowhere)
	case "$defs", "definitions":
		return o.readMap(s, value, s.barred, nowhere)
	}
	return nil
}

func (o *outline) readOne(s *sub, value strictjson.Node, barred string, use func(string, *sub)) error {
	if value.Kind() != strictjson.Object {
		return nil // true, false, or nonsense that a validator finds
	}
	kid, err := o.read(value, s.base, barred)
	if err == nil {
		use("", kid)
	}
	return err
}

func (o *outline) readList(s *sub, value strictjson.Node, barred string, use func(string, *sub)) error {
	for e := range value.Elements() {
		if err := o.readOne(s, e, barred, use); err != nil {
			return err
		}
	}
	return nil
}

func (o *outline) readMap(s *sub, value strictjson.Node, barred string, use func(string, *sub)) error {
	for key, e := range value.Members() {
		if err := o.readOne(s, e, barred, func(_ string, kid *sub) { use(key, kid) }); err != nil {
			return err
		}
	}
	return nil
}

// follow resolves all references. They may lead to schemas that nobody has
// read yet, and these have references, too.
func (o *outline) follow() error {
	for i := 0; i < len(o.order); i++ {
		s := o.order[i]
		for _, ref := range s.refs {
			to, err := o.target(s, ref)
			if err != nil {
				return err
			}
			s.here = append(s.here, to)
		}
	}
	return nil
}

// target returns the schema that a reference in s leads to.
func (o *outline) target(s *sub, ref string) (*sub, error) {
	uri := resolveURI(s.base.id, ref)
	document, fragment, _ := strings.Cut(uri, "#")
	if to := o.named[strings.TrimSuffix(uri, "#")]; to != nil {
		return to, nil
	}
	start := o.named[document]
	if document == o.root.id {
		start = o.root
	}
	fragment, err := url.PathUnescape(fragment)
	switch {
	case start == nil:
		return nil, o.fail(s.node, "the reference leads out of this text, and nothing is fetched: bundle the schemas into one")
	case err != nil, fragment != "" && fragment[0] != '/':
		return nil, o.fail(s.node, "the reference leads nowhere")
	}
	n, ok := o.find(start.node, fragment)
	if !ok || n.Kind() != strictjson.Object && n.Kind() != strictjson.Bool {
		return nil, o.fail(s.node, "the reference leads nowhere")
	}
	return o.read(n, start.base, "")
}

// find returns the value at a pointer below n.
func (o *outline) find(n strictjson.Node, pointer string) (strictjson.Node, bool) {
	path, err := strictjson.SplitPointer(pointer)
	ok := err == nil
	for _, key := range path {
		if ok {
			n, ok = o.child(n, key)
		}
	}
	return n, ok
}

// child is Node.Get for objects that many references lead through.
func (o *outline) child(n strictjson.Node, key string) (strictjson.Node, bool) {
	at, _ := n.Span()
	if o.members[at] == nil {
		o.members[at] = map[string]strictjson.Node{}
		for key, kid := range n.Members() {
			o.members[at][key] = kid
		}
		for kid := range n.Elements() {
			o.members[at][strconv.Itoa(len(o.members[at]))] = kid
		}
	}
	kid, ok := o.members[at][key]
	return kid, ok
}

// resolveURI returns ref as it reads from base. One that is malformed is its
// own target, which does not exist.
func resolveURI(base, ref string) string {
	b, err := url.Parse(base)
	if err != nil {
		return ref
	}
	r, err := url.Parse(ref)
	if err != nil {
		return ref
	}
	if base == "" {
		return ref
	}
	if strings.HasPrefix(ref, "#") {
		document, _, _ := strings.Cut(base, "#") // an opaque URI, as urn:…, has nothing to resolve against
		return document + ref
	}
	return b.ResolveReference(r).String()
}
