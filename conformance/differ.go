package conformance

import (
	"fmt"
	"slices"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// At most so many differences of one answer are told, each value cut to so
// many bytes.
const (
	maxDifferences = 20
	maxShown       = 400
)

// differences tells where an answer is not what the vector wants; none if it is.
func (v Vector) differences(a Answer) []string {
	switch {
	case v.Error != "" && a.Class == v.Error:
		return nil
	case v.Error != "" && a.Class != "":
		return []string{fmt.Sprintf("want the error %s, got the error %s", v.Error, a.Class)}
	case v.Error != "":
		return []string{fmt.Sprintf("want the error %s, got %s", v.Error, cut(a.Result))}
	case a.Class != "":
		return []string{fmt.Sprintf("want %s, got the error %s", cut(v.Result), a.Class)}
	}
	want, err := strictjson.Parse([]byte(v.Result), strictjson.Limits{MaxDepth: maxDepth})
	if err != nil {
		return []string{"the vector's result is no JSON: " + err.Error()}
	}
	got, err := strictjson.Parse([]byte(a.Result), strictjson.Limits{MaxDepth: maxDepth})
	if err != nil {
		return []string{"the result is no JSON: " + err.Error()}
	}
	d := &differ{}
	d.compare("", want.Root(), got.Root())
	return d.told
}

type differ struct{ told []string }

func (d *differ) tell(at, want, got string) {
	if len(d.told) < maxDifferences {
		d.told = append(d.told, fmt.Sprintf("%s: want %s, got %s", at, cut(want), cut(got)))
	}
}

func (d *differ) compare(at string, want, got strictjson.Node) {
	switch {
	case want.Kind() == strictjson.Object && got.Kind() == strictjson.Object:
		d.compareMembers(at, want, got)
	case strictjson.Canonical(want.Raw()) != strictjson.Canonical(got.Raw()):
		d.tell(at, want.Raw(), got.Raw())
	}
}

func (d *differ) compareMembers(at string, want, got strictjson.Node) {
	mine := map[string]strictjson.Node{}
	for key, kid := range got.Members() {
		mine[key] = kid
	}
	for key, kid := range want.Members() {
		below := strictjson.AppendSegment(at, key)
		if other, ok := mine[key]; ok {
			d.compare(below, kid, other)
		} else {
			d.tell(below, kid.Raw(), "nothing")
		}
		delete(mine, key)
	}
	for _, key := range sortedKeys(mine) {
		d.tell(strictjson.AppendSegment(at, key), "nothing", mine[key].Raw())
	}
}

func sortedKeys(m map[string]strictjson.Node) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func cut(text string) string {
	if len(text) > maxShown {
		return text[:maxShown] + "…"
	}
	return text
}
