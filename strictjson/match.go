package strictjson

import "strconv"

// origin says which element of the old array a new one continues: an equal one, or else the one at the same index,
// or none (-1).
type origin struct {
	next  Node
	index int
	equal bool
}

// matchElements finds the origins of the elements of a new array.
func (w *writer) matchElements(old, next []Node) []origin {
	unused := make(map[int][]int, len(old))
	for i, element := range old {
		value := w.values.of(element)
		unused[value] = append(unused[value], i)
	}
	origins := make([]origin, len(next))
	for i, element := range next {
		value := w.values.of(element)
		switch equal := unused[value]; {
		case len(equal) > 0:
			origins[i] = origin{element, equal[0], true}
			unused[value] = equal[1:]
		case i < len(old):
			origins[i] = origin{element, i, false}
		default:
			origins[i] = origin{element, -1, false}
		}
	}
	return origins
}

// numbering gives equal values the same number, and others different ones. A container is known by the numbers of
// its children, so that comparing arrays within arrays at every level costs no more than looking at each value once.
type numbering struct {
	byNode map[Node]int
	byForm map[string]int // the canonical form, one level deep
}

func (v *numbering) of(n Node) int {
	if number, ok := v.byNode[n]; ok {
		return number
	}
	if v.byNode == nil {
		v.byNode, v.byForm = make(map[Node]int), make(map[string]int)
	}
	form := string(v.appendForm(nil, n))
	number, ok := v.byForm[form]
	if !ok {
		number = len(v.byForm)
		v.byForm[form] = number
	}
	v.byNode[n] = number
	return number
}

func (v *numbering) appendForm(dst []byte, n Node) []byte {
	switch n.Kind() {
	case Array:
		dst = append(dst, '[')
		for element := range n.Elements() {
			dst = append(strconv.AppendInt(dst, int64(v.of(element)), 10), ',')
		}
		return dst
	case Object:
		dst = append(dst, '{')
		for _, member := range n.sortedMembers() {
			dst = append(member.appendCanonicalKey(dst), ':')
			dst = append(strconv.AppendInt(dst, int64(v.of(member)), 10), ',')
		}
		return dst
	}
	return n.AppendCanonical(dst)
}
