package cfgmerge

import (
	"strings"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// graft returns the array now, in which elements that are equal to one of old
// have the text that the file has for it, and objects that changed keep the
// members which the program's type does not know. Old is the program's
// encoding of file; unless both have as many elements there is nothing to
// learn from it.
func graft(now, old, file string) string {
	n, o, f := elements(now), elements(old), elements(file)
	if n == nil || len(o) != len(f) {
		return now
	}
	out := []byte{'['}
	for i, element := range n {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, graftElement(i, element, o, f)...)
	}
	return string(append(out, ']'))
}

func graftElement(i int, now string, old, file []string) string {
	for k := range old {
		at := (i + k) % len(old) // its own place first
		if strictjson.Equal(now, old[at]) {
			return file[at]
		}
	}
	if i >= len(old) {
		return now
	}
	return graftObject(now, old[i], file[i])
}

// graftObject applies to file what changed between old and now.
func graftObject(now, old, file string) string {
	views := [3]*lww.View{}
	for i, raw := range []string{now, old, file} {
		tree, err := strictjson.ParseObject([]byte(raw), strictjson.Limits{})
		if err != nil {
			return now
		}
		views[i] = lww.ViewOf(tree.Root())
	}
	views[1].Diff(views[0], func(path []string, _, want *lww.View) {
		views[2] = views[2].With(path, want)
	})
	return views[2].JSON()
}

// respell returns an array of the program in which members of elements have the
// keys under which the file has them: the decoder takes "Name" for "name".
func respell(array, file *lww.View) *lww.View {
	spelled := memberKeys(file)
	if !isArray(array) || len(spelled) == 0 {
		return array
	}
	changed := false
	var out []string
	for _, raw := range elements(array.Leaf) {
		v, renamed := renameMembers(raw, spelled)
		if renamed {
			raw, changed = v.JSON(), true
		}
		out = append(out, raw)
	}
	if !changed {
		return array
	}
	return &lww.View{Leaf: "[" + strings.Join(out, ",") + "]"}
}

func isArray(v *lww.View) bool { return v != nil && strings.HasPrefix(v.Leaf, "[") }

// memberKeys returns the keys of the elements' members.
func memberKeys(array *lww.View) map[string]bool {
	keys := map[string]bool{}
	if isArray(array) {
		for _, raw := range elements(array.Leaf) {
			for key := range objectOf(raw).Members() {
				keys[key] = true
			}
		}
	}
	return keys
}

// objectOf returns the view of an object's text, nil for another value.
func objectOf(raw string) *lww.View {
	tree, err := strictjson.ParseObject([]byte(raw), ourOwn())
	if err != nil {
		return nil
	}
	return lww.ViewOf(tree.Root())
}

func renameMembers(raw string, spelled map[string]bool) (v *lww.View, renamed bool) {
	v = &lww.View{}
	for key, kid := range objectOf(raw).Members() {
		as := key
		for other := range spelled {
			if !spelled[key] && strings.EqualFold(key, other) {
				as, renamed = other, true
			}
		}
		v.Put(as, kid)
	}
	return v, renamed
}

// elements returns the texts of an array's elements, nil if raw is no array.
func elements(raw string) []string {
	tree, err := strictjson.Parse([]byte(raw), strictjson.Limits{})
	if err != nil || tree.Root().Kind() != strictjson.Array {
		return nil
	}
	out := []string{}
	for e := range tree.Root().Elements() {
		out = append(out, e.Raw())
	}
	return out
}
