package cfgmerge

import (
	"slices"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// tuple is an instance of a group, and the object that holds its members.
type tuple struct {
	key     string
	holder  []string
	members []string
}

// tupleOf returns the group whose instance the key names.
func (c *checker) tupleOf(key string) (t tuple, ok bool) {
	p, holder, ok := c.known.Policies.GroupOf(key)
	if !ok {
		return tuple{}, false
	}
	return tuple{key, holder, c.expected(key, p.Members)}, true
}

// expected returns the members that a whole tuple has: those of the last state
// known, or else all that the policy names.
func (c *checker) expected(key string, members []string) []string {
	for _, m := range c.seen.memories {
		_, file := m.decode(c.doc.limits())
		if file == nil || !m.committed || file.Doc.ID != c.known.ID {
			continue
		}
		if reg, ok := file.Doc.Register(key); ok && len(tupleKeys(reg.Value)) > 0 {
			return tupleKeys(reg.Value)
		}
	}
	return members
}

// tupleKeys returns the keys of a tuple's text.
func tupleKeys(value string) []string {
	tree, err := strictjson.ParseObject([]byte(value), strictjson.Limits{})
	if err != nil {
		return nil
	}
	return keysOf(tree.Root())
}

// split says which members the text has, and which it lacks.
func (c *checker) split(t tuple) (has, lacks []string) {
	holder, ok := c.tree.Root().At(t.holder)
	if !ok {
		return nil, t.members
	}
	for _, m := range t.members {
		if _, ok := holder.Get(m); ok {
			has = append(has, m)
		} else {
			lacks = append(lacks, m)
		}
	}
	return has, lacks
}

// tuple reports a group that the text shows otherwise than the block has it: as
// torn if the block vouches for one that was not empty, and only a part of it is
// left.
func (c *checker) tuple(t tuple, e lww.Edited, at strictjson.Node) {
	has, lacks := c.split(t)
	entry, listed := at.Get(t.key)
	whole := listed && entry.Len() > 1 && !slices.Contains(slices.Collect(texts(entry)), c.known.Digest(t.key, "{}"))
	if len(has) > 0 {
		e.Path = append(slices.Clone(t.holder), has[0])
	}
	switch {
	case whole && len(has) > 0 && len(lacks) > 0:
		c.torn(t, has, lacks)
	case len(has) == 0:
		e.Removed = true
		fallthrough
	default:
		c.edited(e)
	}
}

func texts(n strictjson.Node) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for e := range n.Elements() {
			if !yield(e.Text()) {
				return
			}
		}
	}
}

func (c *checker) torn(t tuple, has, lacks []string) {
	c.at(c.offset(append(slices.Clone(t.holder), has[0])), Finding{
		Code: codeTornGroup, Field: t.key,
		Message: "the group is torn: the file has " + someNames(has) + ", but not " + someNames(lacks),
	})
}

// tornBeside reports the groups that a text without a block shows in part, and
// returns their keys.
func (c *checker) tornBeside() map[string]bool {
	torn := map[string]bool{}
	for _, key := range c.known.Keys() {
		t, ok := c.tupleOf(key)
		if reg, _ := c.known.Register(key); !ok || len(tupleKeys(reg.Value)) == 0 {
			continue
		}
		if has, lacks := c.split(t); len(has) > 0 && len(lacks) > 0 {
			torn[key] = true
			c.torn(t, has, lacks)
		}
	}
	return torn
}
