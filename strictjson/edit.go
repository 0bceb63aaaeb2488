package strictjson

import (
	"errors"
	"fmt"
	"slices"
)

// Edit sets or deletes one value.
type Edit struct {
	// Path leads from the root through the decoded keys of objects, exactly; none is the root itself. Objects that
	// are missing on the way are made, and anything else that stands in their place gives way to one.
	Path []string
	// Value is the new value as JSON text. "" deletes the member, if it is there.
	Value string
	// Verbatim puts Value in the place of a member's value byte for byte, whatever both are. A new member, and what
	// stands in its place below a new one, is laid out like any other.
	Verbatim bool
}

// What can be wrong with an edit besides the syntax of its value.
var (
	ErrOverlap    = errors.New("another edit is at, above or below the same path")
	ErrDeleteRoot = errors.New("the root can't be deleted")
	ErrKey        = errors.New("a key of the path is not UTF-8")
)

// EditError says which edit can't be applied.
type EditError struct {
	Index int   // into the edits
	Err   error // ErrOverlap, ErrDeleteRoot, ErrKey, or a *SyntaxError in the value
}

func (e *EditError) Error() string {
	return fmt.Sprintf("edit %d: %v", e.Index, e.Err)
}

func (e *EditError) Unwrap() error {
	return e.Err
}

// Apply returns the text of t with the edits made, whose paths must be disjoint: none at or below another. It costs
// one pass over the text, however many edits there are.
//
// Only the bytes of what changed change. A member that is set keeps its place and the spelling of its key; where an
// object replaces an object or an array an array, the members and elements that are equal to the old ones keep their
// bytes. A new member goes behind the last one of its object, laid out like its siblings; new containers follow the
// style around them, and a document without any is indented by two spaces. A deleted member takes its comma and its
// line along.
//
// The result parses under the limits of t. The error is an [*EditError], or a [*SyntaxError] of class too-large.
func Apply(t *Tree, edits []Edit) ([]byte, error) {
	return AppendApply(nil, t, edits)
}

// AppendApply appends to dst what Apply returns, and returns the whole.
func AppendApply(dst []byte, t *Tree, edits []Edit) ([]byte, error) {
	plan := &change{}
	size := len(t.src)
	for i, e := range edits {
		if err := plan.add(e, t.limits); err != nil {
			return nil, &EditError{Index: i, Err: err}
		}
		size += len(e.Value) + len(e.Value)/8 + 64 // with what goes around it
	}
	w := writer{dst: slices.Grow(dst, size)}
	start, end := t.Root().Span()
	w.text(t.src[:start])
	w.value(t.Root(), plan, layoutOf(t))
	w.text(t.src[end:])
	if len(w.dst)-len(dst) > t.limits.MaxSize {
		return nil, &SyntaxError{Class: TooLarge, Line: 1, Column: 1}
	}
	return w.dst, nil
}

// change is what the edits want of one value: that it be set or removed, or changes below it.
type change struct {
	action action
	value  Node               // what to set
	whole  bool               // the value goes in byte for byte
	below  map[string]*change // by key
	order  []string           // the keys of below as they came
	sets   bool               // this or a change below it sets something
	met    bool               // the value was there
}

type action uint8

const (
	descend action = iota
	set
	remove
)

// add files the edit under its path.
func (c *change) add(e Edit, l Limits) error {
	next, err := newChange(e, l)
	if err != nil {
		return err
	}
	for _, key := range e.Path {
		switch {
		case !isWTF8(key):
			return ErrKey
		case c.action != descend:
			return ErrOverlap
		}
		c.sets = c.sets || next.sets
		c = c.child(key)
	}
	if c.action != descend || len(c.below) > 0 {
		return ErrOverlap
	}
	*c = next
	return nil
}

// newChange returns what the edit wants at its path. The value will be len(e.Path) deep, and l is for the whole.
func newChange(e Edit, l Limits) (change, error) {
	depth := len(e.Path)
	if e.Value == "" {
		if depth == 0 {
			return change{}, ErrDeleteRoot
		}
		return change{action: remove}, nil
	}
	if depth > l.MaxDepth {
		return change{}, &SyntaxError{Class: TooDeep, Line: 1, Column: 1}
	}
	t, err := parse(e.Value, Limits{MaxSize: l.MaxSize, MaxDepth: l.MaxDepth - depth})
	if err != nil {
		return change{}, err
	}
	return change{action: set, value: t.Root(), whole: e.Verbatim, sets: true}, nil
}

// child returns the change of a member, which is made if there is none.
func (c *change) child(key string) *change {
	if next := c.below[key]; next != nil {
		return next
	}
	next := &change{}
	c.put(key, next)
	return next
}

func (c *change) put(key string, next *change) {
	if c.below == nil {
		c.below = make(map[string]*change)
	}
	c.below[key] = next
	c.order = append(c.order, key)
}

// fresh returns the value that the changes make out of nothing.
func (c *change) fresh() Node {
	if c.action == set {
		return c.value
	}
	t, err := parse(string(c.appendFresh(nil)), unlimited)
	if err != nil {
		panic("strictjson: made an invalid object: " + err.Error())
	}
	return t.Root()
}

func (c *change) appendFresh(dst []byte) []byte {
	if c.action == set {
		return append(dst, c.value.Raw()...)
	}
	dst = append(dst, '{')
	for _, key := range c.order {
		if member := c.below[key]; member.sets {
			dst = append(AppendQuote(dst, key), ':')
			dst = append(member.appendFresh(dst), ',')
		}
	}
	return closeCanonical(dst, '}')
}

// changesTo returns the changes that make next of old, two objects. Equal scalars are no change, so that the old
// literal stays.
func changesTo(old, next Node) *change {
	c := &change{sets: true}
	for key, member := range next.Members() {
		c.put(key, &change{action: set, value: member, sets: true})
	}
	for key, member := range old.Members() {
		switch now := c.below[key]; {
		case now == nil:
			c.put(key, &change{action: remove})
		case member.isLeaf() && Equal(member.Raw(), now.value.Raw()):
			*now = change{}
		}
	}
	return c
}
