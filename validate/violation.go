package validate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// Violation is a place that breaks a rule. It holds no value.
type Violation struct {
	// Path leads to the value, from the root: keys, and indices of arrays.
	Path []string
	// Offset is where the value begins in the text, in bytes.
	Offset int
	// Rule is the place of the rule, as a URI fragment: "#/properties/a/type".
	// Below an $id of its own it is an absolute URI.
	Rule string
	// Message says what the rule asks for.
	Message string
}

// MaxViolations is the most that one file is told of.
const MaxViolations = 200

// SchemaError: the schema can't be used.
type SchemaError struct {
	// At is the JSON Pointer of the part to blame, if it is known.
	At     string
	Reason string
}

func (e *SchemaError) Error() string {
	if e.At == "" {
		return "the schema can't be used: " + e.Reason
	}
	return fmt.Sprintf("the schema can't be used at #%s: %s", e.At, e.Reason)
}

// ErrCostly is returned where checking a file would take far more work than it
// is worth.
var ErrCostly = errors.New("checking the file against this schema takes too much work")

// sortViolations puts them in the order of the text, those of one place by
// rule, and leaves out what is said twice.
func sortViolations(all []Violation, root strictjson.Node) []Violation {
	var places branch
	for i := range all {
		places.grow(all[i].Path).at = append(places.grow(all[i].Path).at, &all[i])
	}
	places.locate(root)
	slices.SortStableFunc(all, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message))
	})
	return slices.CompactFunc(all, func(a, b Violation) bool {
		return a.Offset == b.Offset && a.Rule == b.Rule && a.Message == b.Message
	})
}

// branch is a place of the file at or below which something is wrong: so that
// the text is gone through once, however much that is.
type branch struct {
	kids map[string]*branch
	at   []*Violation
}

func (b *branch) grow(path []string) *branch {
	for _, key := range path {
		if b.kids == nil {
			b.kids = map[string]*branch{}
		}
		if b.kids[key] == nil {
			b.kids[key] = &branch{}
		}
		b = b.kids[key]
	}
	return b
}

func (b *branch) locate(n strictjson.Node) {
	for _, v := range b.at {
		v.Offset, _ = n.Span()
	}
	if b.kids == nil {
		return
	}
	visit := func(key string, kid strictjson.Node) {
		if below := b.kids[key]; below != nil {
			below.locate(kid)
		}
	}
	for key, kid := range n.Members() {
		visit(key, kid)
	}
	i := 0
	for kid := range n.Elements() {
		visit(strconv.Itoa(i), kid)
		i++
	}
}
