package cfgmerge

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// The functions of this file make Changes for callers that have no Go type,
// only pointers and JSON texts.

// BlockedError: a pointer leads through a value that has no members. Nothing
// was changed.
type BlockedError struct {
	// Pointer is where the value stands, Kind what it is: "string", …
	Pointer, Kind string
}

func (e *BlockedError) Error() string {
	return fmt.Sprintf("%s is a %s and has no fields", e.Pointer, e.Kind)
}

// Hint says what to do.
func (e *BlockedError) Hint() string {
	return "to replace it by an object, set " + e.Pointer + " itself"
}

// IndexError: a pointer asks for an element that an array does not have.
type IndexError struct {
	// Pointer is where the array stands, Len how many elements it has.
	Pointer string
	Len     int
}

func (e *IndexError) Error() string {
	if e.Len == 0 {
		return e.Pointer + " is an array without elements"
	}
	return fmt.Sprintf("%s is an array whose last element is %d", e.Pointer, e.Len-1)
}

// Hint says what to do.
func (e *IndexError) Hint() string { return "elements count from /0; /- appends one" }

// SetField returns the change that makes the field at path show value, a JSON
// text. Objects that are missing on the way are made; a value that stands in
// the way is an error, so that nothing vanishes that was not named. Where the
// path leads into an array, the array is written as a whole.
//
// The change's errors are *BlockedError, *IndexError, and those of
// lww.Document.Write; SetField's own is *CorruptError for the value.
func SetField(path []string, value string) (Edit, error) {
	tree, err := strictjson.Parse([]byte(value), ourOwn())
	if err != nil {
		return nil, corrupt(err)
	}
	return changeAt(path, lww.ViewOf(tree.Root()), tree.Root().Raw()), nil
}

// UnsetField returns the change that removes the field at path, and that
// changes nothing if there is none.
func UnsetField(path []string) Edit { return changeAt(path, nil, "") }

func changeAt(path []string, want *lww.View, value string) Edit {
	return func(d *lww.Document, w lww.Writer) error {
		for i := range path {
			at := d.At(path[:i])
			if at == nil || at.IsObject() {
				continue
			}
			place := strictjson.JoinPointer(path[:i]...)
			leaf, err := splice(place, at.Leaf, path[i:], value)
			if err != nil {
				return err
			}
			return d.Write(w, lww.Change{Path: path[:i], Want: &lww.View{Leaf: leaf}})
		}
		return d.Write(w, lww.Change{Path: path, Want: want})
	}
}

// splice returns the container raw, which stands at place, with value in the
// place to which path leads; an empty value removes what is there.
func splice(place, raw string, path []string, value string) (string, error) {
	if len(path) == 0 {
		return value, nil
	}
	tree, err := strictjson.Parse([]byte(raw), ourOwn())
	if err != nil {
		return "", corrupt(err)
	}
	switch root := tree.Root(); root.Kind() {
	case strictjson.Array:
		return spliceArray(place, elements(raw), path, value)
	case strictjson.Object:
		return spliceObject(place, tree, path, value)
	default:
		if value == "" {
			return raw, nil // nothing below it, nothing to remove
		}
		return "", &BlockedError{place, root.Kind().String()}
	}
}

func spliceArray(place string, all []string, path []string, value string) (string, error) {
	i, ok := index(path[0], len(all))
	switch {
	case !ok && value == "":
		return array(all), nil
	case !ok || i == len(all) && (value == "" || len(path) > 1):
		return "", &IndexError{place, len(all)}
	case i == len(all):
		return array(append(all, value)), nil
	}
	element, err := splice(place+"/"+path[0], all[i], path[1:], value)
	if err != nil {
		return "", err
	}
	if element == "" {
		return array(append(all[:i:i], all[i+1:]...)), nil
	}
	all[i] = element
	return array(all), nil
}

// index reads a segment of a pointer as the index of an array with n elements:
// n itself for "-", which appends.
func index(segment string, n int) (int, bool) {
	if segment == "-" {
		return n, true
	}
	i, err := strconv.Atoi(segment)
	return i, err == nil && i >= 0 && i < n && strconv.Itoa(i) == segment
}

func array(elements []string) string { return "[" + strings.Join(elements, ",") + "]" }

func spliceObject(place string, tree *strictjson.Tree, path []string, value string) (string, error) {
	if kid, ok := tree.Root().Get(path[0]); ok && len(path) > 1 {
		inner, err := splice(strictjson.AppendSegment(place, path[0]), kid.Raw(), path[1:], value)
		if err != nil {
			return "", err
		}
		path, value = path[:1], inner
	} else if !ok && value == "" {
		return tree.Source(), nil
	}
	text, err := strictjson.Apply(tree, []strictjson.Edit{{Path: path, Value: value}})
	return string(text), err
}

// MergePatch returns the change that applies a JSON Merge Patch (RFC 7396),
// all of it at once: the fields of a group change together or not at all. The
// error is *CorruptError if the patch is no JSON object, or lww.ErrReserved.
func MergePatch(patch []byte) (Edit, error) {
	tree, err := strictjson.ParseObject(patch, ourOwn())
	if err != nil {
		return nil, corrupt(err)
	}
	if _, ok := tree.Root().Get(lww.BlockKey); ok {
		return nil, lww.ErrReserved
	}
	view := lww.ViewOf(tree.Root())
	return func(d *lww.Document, w lww.Writer) error {
		return d.Write(w, lww.Change{Want: mergePatch(d.View(), view)})
	}, nil
}

// mergePatch is the function of RFC 7396, section 2.
func mergePatch(target, patch *lww.View) *lww.View {
	if !patch.IsObject() {
		return patch
	}
	out := &lww.View{}
	for key, kid := range lww.Pairs(target, patch) {
		switch {
		case kid[1] == nil:
			out.Put(key, kid[0])
		case kid[1].Leaf != "null":
			out.Put(key, mergePatch(kid[0], kid[1]))
		}
	}
	return out
}
