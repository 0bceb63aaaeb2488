package lww

import (
	"slices"
	"strings"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// append renders the table as the block's "policy" object, sorted by name.
func (t Table) append(dst []byte) []byte {
	dst = append(dst, '{')
	for i, name := range sortedKeys(t) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strictjson.AppendQuote(dst, name)
		dst = append(dst, ':')
		dst = t[name].append(dst)
	}
	return append(dst, '}')
}

// append renders one policy. A single field's place is its name already; a
// member that plays a role is named by the role alone.
func (p Policy) append(dst []byte) []byte {
	dst = append(dst, `{"kind":"`+p.Kind.String()+`"`...)
	if p.Kind.Tuple() {
		dst = append(dst, `,"at":`...)
		dst = appendPattern(dst, p.At)
	}
	for _, word := range p.words() {
		if *word.value != "" {
			dst = append(dst, `,"`+word.name+`":`...)
			dst = strictjson.AppendQuote(dst, *word.value)
		}
	}
	if plain := p.plainMembers(); len(plain) > 0 {
		dst = append(dst, `,"members":`...)
		dst = appendPattern(dst, plain)
	}
	if p.Secret {
		dst = append(dst, `,"secret":true`...)
	}
	if p.Local {
		dst = append(dst, `,"local":true`...)
	}
	return append(dst, '}')
}

// plainMembers are the members without a role, as a pattern of their keys.
func (p Policy) plainMembers() Pattern {
	var out Pattern
	for _, m := range p.Members {
		if !slices.Contains(p.roles(), m) {
			out = append(out, Segment{Key: m})
		}
	}
	return out
}

// roles are the members that play one.
func (p Policy) roles() []string {
	return slices.DeleteFunc([]string{p.Access, p.Refresh, p.Expiry, p.Identity}, func(m string) bool { return m == "" })
}

// word is a textual part of a policy under its name in the block.
type word struct {
	name  string
	value *string
}

func (p *Policy) words() []word {
	return []word{
		{"access", &p.Access}, {"refresh", &p.Refresh}, {"expiry", &p.Expiry}, {"identity", &p.Identity},
		{"form", &p.ExpiryForm}, {"id", &p.ID},
	}
}

// parseTable reads the block's "policy" object. Policies that are malformed
// are left out.
func parseTable(n strictjson.Node) Table {
	if n.Kind() != strictjson.Object {
		return nil
	}
	t := Table{}
	for name, value := range n.Members() {
		if p, ok := parsePolicy(name, value); ok {
			t[name] = p
		}
	}
	return t
}

func parsePolicy(name string, n strictjson.Node) (p Policy, ok bool) {
	if n.Kind() != strictjson.Object {
		return p, false
	}
	if p.Kind, ok = ParseKind(textOf(n, "kind")); !ok {
		return p, false
	}
	for _, w := range p.words() {
		*w.value = textOf(n, w.name)
	}
	p.Secret, p.Local = isTrue(n, "secret"), isTrue(n, "local")
	if !p.Kind.Tuple() {
		p.At, ok = parseFieldName(name)
		return p, ok && (p.Kind != Keyed || p.ID != "")
	}
	at, has := n.Get("at")
	if !has || !isGroupName(name) {
		return p, false
	}
	if p.At, ok = parsePattern(at); !ok {
		return p, false
	}
	p.Members = parseMembers(n, p.roles())
	return p, true
}

func parseMembers(n strictjson.Node, roles []string) []string {
	members := slices.Clone(roles)
	if list, has := n.Get("members"); has {
		if keys, ok := parsePattern(list); ok {
			for _, k := range keys {
				if !k.Any {
					members = append(members, k.Key)
				}
			}
		}
	}
	slices.Sort(members)
	return slices.Compact(members)
}

// parseFieldName is the inverse of FieldName.
func parseFieldName(name string) (Pattern, bool) {
	if strings.HasPrefix(name, "[") {
		t, err := strictjson.Parse([]byte(name), strictjson.Limits{})
		if err != nil {
			return nil, false
		}
		p, ok := parsePattern(t.Root())
		return p, ok && FieldName(p) == name
	}
	path, err := strictjson.SplitPointer(name)
	if err != nil || len(path) == 0 {
		return nil, false // the root is an object, whatever a policy would make of it
	}
	p := Pattern{}
	for _, key := range path {
		p = append(p, Segment{Key: key})
	}
	return p, true
}

func parsePattern(n strictjson.Node) (Pattern, bool) {
	if n.Kind() != strictjson.Array {
		return nil, false
	}
	p := Pattern{}
	for e := range n.Elements() {
		switch e.Kind() {
		case strictjson.Null:
			p = append(p, Segment{Any: true})
		case strictjson.String:
			p = append(p, Segment{Key: e.Text()})
		default:
			return nil, false
		}
	}
	return p, true
}

// textOf returns the member's string, "" if it is missing or not a string.
func textOf(n strictjson.Node, key string) string {
	v, ok := n.Get(key)
	if !ok {
		return ""
	}
	return v.Text()
}

func isTrue(n strictjson.Node, key string) bool {
	v, ok := n.Get(key)
	return ok && v.Raw() == "true"
}
