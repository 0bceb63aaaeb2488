package lww

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// An element of a Set or Keyed array has a register of its own. Its key within
// the array is canonical JSON: ["HASH"] in a set; ["ID-MEMBER",id] in a keyed
// array, ["ID-MEMBER",null,"HASH"] without an id, each followed by the number
// of earlier elements that are called the same if there are any. In the block
// the key follows the array's pointer and a ~, which no JSON Pointer does.
//
// The hash stands for the value: keys of removed elements stay in the file and
// in the journal, where values have no business.

const (
	elementMark = '~'
	hashBytes   = 12
)

// elements are the registers of an array's elements by key, tombstones and
// those of lesser rules included.
type elements map[string]Register

// elementPointer is the key of an element's register.
func elementPointer(array, element string) string { return array + string(elementMark) + element }

// splitElement is the inverse of elementPointer: in a JSON Pointer a ~ is
// followed by 0 or 1.
func splitElement(key string) (array, element string, ok bool) {
	i := strings.Index(key, "~[")
	if i < 0 || isInstance(key) {
		return "", "", false
	}
	return key[:i], key[i+1:], true
}

// ArrayOf returns the pointer of the array, if the key is that of an element.
func ArrayOf(key string) (pointer string, ok bool) {
	pointer, _, ok = splitElement(key)
	return pointer, ok
}

// called is how the element with this text is called by the rule: its key but
// for the number and the closing bracket.
func (r rule) called(raw string) string {
	if r.kind == Set {
		return `[` + hashed(raw)
	}
	name := `[` + strictjson.Quote(r.id) + `,`
	if id := idOf(raw, r.id); id != "" {
		return name + id
	}
	return name + `null,` + hashed(raw)
}

func hashed(raw string) string {
	sum := sha256.Sum256([]byte(strictjson.Canonical(raw)))
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:hashBytes]) + `"`
}

// idOf returns the canonical id of an element: a string or a number.
func idOf(raw, member string) string {
	tree, err := strictjson.Parse([]byte(raw), strictjson.Limits{})
	if err != nil || tree.Root().Kind() != strictjson.Object {
		return ""
	}
	id, ok := tree.Root().Get(member)
	if !ok || id.Kind() != strictjson.String && id.Kind() != strictjson.Number {
		return ""
	}
	return strictjson.Canonical(id.Raw())
}

// numbered is the key of the n-th element that is called so, from 0.
func numbered(called string, n int) string {
	if n > 0 {
		called += "," + strconv.Itoa(n)
	}
	return called + "]"
}

// owns reports whether the key is that of an element under the rule.
func (r rule) owns(element string) bool {
	if r.kind == Set {
		return !strings.Contains(element, ",")
	}
	return strings.HasPrefix(element, `[`+strictjson.Quote(r.id)+`,`)
}

// parseElement returns the rule under which a key is one of an element, how
// the element is called, and its number.
func parseElement(key string) (r rule, called string, n int, ok bool) {
	tree, err := strictjson.Parse([]byte(key), strictjson.Limits{})
	if err != nil || tree.Root().Kind() != strictjson.Array || strictjson.Canonical(key) != key {
		return rule{}, "", 0, false
	}
	parts := slices.Collect(tree.Root().Elements())
	switch {
	case len(parts) == 1 && isHash(parts[0]):
		return rule{kind: Set}, key[:len(key)-1], 0, true
	case len(parts) < 2 || parts[0].Kind() != strictjson.String || parts[0].Text() == "":
		return rule{}, "", 0, false
	}
	r = rule{Keyed, parts[0].Text()}
	rest := parts[2:]
	switch parts[1].Kind() {
	case strictjson.String, strictjson.Number:
	case strictjson.Null:
		if len(rest) == 0 || !isHash(rest[0]) {
			return rule{}, "", 0, false
		}
		rest = rest[1:]
	default:
		return rule{}, "", 0, false
	}
	if len(rest) == 0 {
		return r, key[:len(key)-1], 0, true
	}
	n, err = strconv.Atoi(rest[0].Raw())
	start, _ := rest[0].Span()
	return r, key[:start-1], n, err == nil && n > 0 && len(rest) == 1
}

func isHash(n strictjson.Node) bool {
	text := n.Text()
	if n.Kind() != strictjson.String || len(text) != base64.RawURLEncoding.EncodedLen(hashBytes) {
		return false
	}
	var hash [hashBytes]byte
	size, err := base64.RawURLEncoding.Decode(hash[:], []byte(text))
	return err == nil && size == hashBytes // it passes over line breaks
}

// tidy returns the value of an array's register as it is compared: an order
// without keys that are none, or that are there twice. Other values are what
// they are.
func (r rule) tidy(value string) string {
	if !isArray(value) {
		return value
	}
	return orderText(r.keysIn(value))
}

func isArray(raw string) bool { return raw != "" && raw[0] == '[' }

// keysIn returns the keys in the text of an order.
func (r rule) keysIn(order string) []string {
	if order == "[]" {
		return nil
	}
	tree, err := strictjson.Parse([]byte(order), strictjson.Limits{})
	if err != nil {
		return nil
	}
	var keys []string
	seen := map[string]bool{}
	for n := range tree.Root().Elements() {
		key := strictjson.Canonical(n.Raw())
		if is, _, _, ok := parseElement(key); ok && is == r && !seen[key] {
			seen[key] = true
			keys = append(keys, key)
		}
	}
	return keys
}

func orderText(keys []string) string { return "[" + strings.Join(keys, ",") + "]" }

// raiseElement is the join of one element. Its array has a register from then
// on: if nobody has written one, the least that there is.
func (n *node) raiseElement(key string, r Register) bool {
	is, _, _, ok := parseElement(key)
	if !ok {
		return false
	}
	r = Register{Policy: is.kind, Stamp: r.Stamp, Dead: r.Dead, Value: r.Value}
	changed := !n.has || n.reg.rule().less(is)
	if changed {
		n.put(Register{Policy: is.kind, ID: is.id})
	}
	if mine, has := n.elems[key]; has && mine.Compare(r) >= 0 {
		return changed
	}
	if n.elems == nil {
		n.elems = elements{}
	}
	n.elems[key] = r
	return true
}

// join is the pointwise maximum.
func (n *node) joinElements(m *node) bool {
	changed := false
	for key, r := range m.elems {
		changed = n.raiseElement(key, r) || changed
	}
	return changed
}

func (n *node) elem(key string) (r Register, has bool) {
	if n == nil {
		return r, false
	}
	r, has = n.elems[key]
	return r, has
}

// fits reports whether the register can be that of the element.
func fits(key string, r Register) bool {
	is, called, _, ok := parseElement(key)
	return ok && (r.Dead || is.called(r.Value) == called)
}

func isElement(key string) bool {
	_, _, _, ok := parseElement(key)
	return ok
}

func (e elements) newest() Stamp {
	var s Stamp
	for _, r := range e {
		s = later(s, r.Stamp)
	}
	return s
}

func (e elements) equal(f elements) bool { return maps.Equal(e, f) }

// name gives the elements of an array their keys; none to one that a set holds
// already. Elements that are called alike are first told apart by which of the
// known keys, in the order in which they show, have their value, as is says; the
// others get the lowest number that is left.
func (r rule) name(raws, known []string, is func(key, raw string) bool) []string {
	keys, called := make([]string, len(raws)), make([]string, len(raws))
	count := map[string]int{}
	for i, raw := range raws {
		called[i] = r.called(raw)
		count[called[i]]++
	}
	taken := map[string]bool{}
	rivals := r.rivals(known, count)
	for i, raw := range raws {
		for _, key := range rivals[called[i]] {
			if !taken[key] && is(key, raw) {
				keys[i], taken[key] = key, true
				break
			}
		}
	}
	for i := range raws {
		for n := 0; keys[i] == ""; n++ {
			key := numbered(called[i], n)
			if !taken[key] {
				keys[i], taken[key] = key, true
			} else if r.kind == Set {
				break
			}
		}
	}
	return keys
}

// rivals returns the known keys by how their elements are called, where a
// number is needed to tell them apart.
func (r rule) rivals(known []string, count map[string]int) map[string][]string {
	out, crowded := map[string][]string{}, map[string]bool{}
	for _, key := range known {
		if is, called, n, ok := parseElement(key); ok && is == r {
			out[called] = append(out[called], key)
			crowded[called] = crowded[called] || n > 0 || count[called] > 1
		}
	}
	maps.DeleteFunc(out, func(called string, _ []string) bool { return !crowded[called] })
	return out
}

// compact returns the keys that are not empty.
func compact(keys []string) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return key == "" })
}

// elementsOf returns the texts of an array's elements.
func elementsOf(raw string) []string {
	tree, err := strictjson.Parse([]byte(raw), strictjson.Limits{})
	if err != nil {
		return nil
	}
	var out []string
	for n := range tree.Root().Elements() {
		out = append(out, n.Raw())
	}
	return out
}
