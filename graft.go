package cfgmerge

import (
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
