package strictjson

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"

	"pgregory.net/rapid"
)

// model is a JSON value to compare the package with: a literal (string), a list ([]any) or a map (map[string]any).
type model struct{ value any }

func (m model) canonical() string {
	switch v := m.value.(type) {
	case []any:
		var parts []string
		for _, element := range v {
			parts = append(parts, model{element}.canonical())
		}
		return "[" + strings.Join(parts, ",") + "]"
	case map[string]any:
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, Quote(key)+":"+model{v[key]}.canonical())
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	return Canonical(m.value.(string))
}

func modelOf(n Node) any {
	switch n.Kind() {
	case Array:
		list := []any{}
		for element := range n.Elements() {
			list = append(list, modelOf(element))
		}
		return list
	case Object:
		members := map[string]any{}
		for key, member := range n.Members() {
			members[key] = modelOf(member)
		}
		return members
	}
	return n.Raw()
}

// apply makes the edit the slow and obvious way.
func (m *model) apply(e Edit) {
	if e.Value != "" {
		tree, err := Parse([]byte(e.Value), Limits{})
		if err != nil {
			panic(err)
		}
		m.value = withMember(m.value, e.Path, modelOf(tree.Root()))
		return
	}
	at := m.value
	for _, key := range e.Path[:len(e.Path)-1] {
		members, _ := at.(map[string]any)
		at = members[key]
	}
	if members, ok := at.(map[string]any); ok {
		delete(members, e.Path[len(e.Path)-1])
	}
}

func withMember(at any, path []string, value any) any {
	if len(path) == 0 {
		return value
	}
	members, ok := at.(map[string]any)
	if !ok {
		members = map[string]any{}
	}
	members[path[0]] = withMember(members[path[0]], path[1:], value)
	return members
}

func nastyString() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		parts := rapid.SliceOfN(rapid.OneOf(
			rapid.SampledFrom([]string{
				"", "0", "a", "b", "a*", "a.b", ":0", "~/", "~1", "/", "#", "|", "@", "?", "\\", "\"", "<&>", "\n", "\x00",
				"\u2028", "é", "😀", "\ufffd", "\xed\xa0\xbd", "\xed\xb8\x80", "$cfgmerge", "https://example.com", ",", "{", "}",
			}),
			rapid.StringN(0, 4, -1),
		), 0, 3).Draw(t, "parts")
		s := strings.Join(parts, "")
		if !isWTF8(s) { // a high half was put in front of a low one
			return "joined"
		}
		return s
	})
}

func scalar() *rapid.Generator[any] {
	return rapid.Map(rapid.OneOf(
		rapid.SampledFrom([]string{"null", "true", "false", "1", "1.0", "-0", "1e3", "9007199254740993", `"\u0041"`, `"A"`}),
		numberLiteral(),
		rapid.Map(nastyString(), Quote),
	), func(raw string) any { return raw })
}

func document(depth int) *rapid.Generator[model] {
	return rapid.Map(valueOf(depth), func(v any) model { return model{v} })
}

func valueOf(depth int) *rapid.Generator[any] {
	if depth == 0 {
		return scalar()
	}
	return rapid.OneOf(scalar(), objectOf(depth), objectOf(depth), rapid.Map(
		rapid.SliceOfN(rapid.Deferred(func() *rapid.Generator[any] { return valueOf(depth - 1) }), 0, 4),
		func(list []any) any { return list },
	))
}

func objectOf(depth int) *rapid.Generator[any] {
	member := rapid.Deferred(func() *rapid.Generator[any] { return valueOf(depth - 1) })
	return rapid.Map(rapid.MapOfN(nastyString(), member, 0, 5), func(m map[string]any) any { return m })
}

// rendering is one way to lay a document out.
type rendering struct {
	t                   *rapid.T
	newline, unit       string
	pad, comma, colon   string
	chaotic, someEscape bool
}

func (m model) render(t *rapid.T) string {
	r := rapid.SampledFrom([]rendering{
		{comma: ",", colon: ":"},
		{comma: ", ", colon: ": "},
		{comma: ", ", colon: ": ", pad: " "},
		{newline: "\n", unit: "  ", comma: ",", colon: ": "},
		{newline: "\r\n", unit: "\t", comma: ",", colon: ": "},
		{newline: "\n", unit: "", comma: ",", colon: " : "},
		{chaotic: true},
	}).Draw(t, "layout")
	r.t = t
	r.someEscape = rapid.Bool().Draw(t, "escapes")
	end := rapid.SampledFrom([]string{"", "\n", "\r\n"}).Draw(t, "end")
	return r.space("") + r.value(m.value, r.newline) + end
}

func (r rendering) space(s string) string {
	if r.chaotic {
		return rapid.SampledFrom([]string{"", "", " ", "\n", "\t\t", "\r\n ", "\n\n"}).Draw(r.t, "space")
	}
	return s
}

func (r rendering) gap(s string) string {
	if r.chaotic {
		return r.space("") + s[:1] + r.space("")
	}
	return s
}

func (r rendering) value(v any, line string) string {
	inner, open, comma := line, r.pad, r.comma
	if r.newline != "" {
		inner += r.unit
		open, comma = inner, comma+inner
	}
	if r.chaotic {
		comma, r.colon = ",", ":"
	}
	var b strings.Builder
	switch v := v.(type) {
	case string:
		return v
	case []any:
		for i, element := range v {
			if i > 0 {
				b.WriteString(r.gap(comma))
			}
			b.WriteString(r.value(element, inner))
		}
		return r.brackets("[]", open, b.String(), line)
	case map[string]any:
		keys := rapid.Permutation(slices.Sorted(maps.Keys(v))).Draw(r.t, "order")
		for i, key := range keys {
			if i > 0 {
				b.WriteString(r.gap(comma))
			}
			b.WriteString(r.key(key) + r.gap(r.colon) + r.value(v[key], inner))
		}
		return r.brackets("{}", open, b.String(), line)
	}
	panic("not a model")
}

func (r rendering) brackets(pair, open, content, line string) string {
	if content == "" {
		return pair[:1] + r.space("") + pair[1:]
	}
	shut := line
	if r.newline == "" {
		shut = r.pad
	}
	return pair[:1] + r.space(open) + content + r.space(shut) + pair[1:]
}

func (r rendering) key(key string) string {
	if !r.someEscape || !rapid.Bool().Draw(r.t, "escape") {
		return Quote(key)
	}
	var b strings.Builder
	for content := key; content != ""; {
		if c, ok := leadingSurrogate(content); ok {
			fmt.Fprintf(&b, `\u%04X`, c)
			content = content[3:]
			continue
		}
		c := []rune(content)[0]
		for _, unit := range utf16.Encode([]rune{c}) {
			fmt.Fprintf(&b, `\u%04X`, unit)
		}
		content = content[len(string(c)):]
	}
	return `"` + b.String() + `"`
}

func mustParseRapid(t *rapid.T, src string) *Tree {
	tree, err := Parse([]byte(src), Limits{})
	if err != nil {
		t.Fatalf("%q: %v", src, err)
	}
	return tree
}
