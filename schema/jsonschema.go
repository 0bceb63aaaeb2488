package schema

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// dialect is the version of JSON Schema that is written.
const dialect = "https://json-schema.org/draft/2020-12/schema"

// JSONSchema returns a JSON Schema (draft 2020-12, indented) of what
// encoding/json makes of the type, with x-cfgmerge keywords for its tags: an
// editor completes and checks a file that names it under "$schema". The id is
// its URI; empty, the schema has none.
//
// It allows members that the type does not know, which a save keeps, and
// requires none. [FromJSON] reads the same policies from it.
func (s *Shape) JSONSchema(id string) []byte {
	w := schemaWriter{uses: map[*node]int{}, names: map[*node]string{}, taken: map[string]bool{}}
	w.count(s.root)
	doc := w.place(s.root)
	doc.Dialect, doc.ID = dialect, id
	for i := 0; i < len(w.shared); i++ { // writing one may find another
		n := w.shared[i]
		doc.Defs = append(doc.Defs, property{w.names[n], w.body(n)})
	}
	return doc.text()
}

// document is a JSON Schema, or one in it.
type document struct {
	Dialect    string     `json:"$schema,omitempty"`
	ID         string     `json:"$id,omitempty"`
	Ref        string     `json:"$ref,omitempty"`
	AnyOf      []document `json:"anyOf,omitempty"`
	Type       any        `json:"type,omitempty"` // a string or several
	Format     string     `json:"format,omitempty"`
	Encoding   string     `json:"contentEncoding,omitempty"`
	Minimum    *int       `json:"minimum,omitempty"`
	Policy     any        `json:"x-cfgmerge,omitempty"`
	Properties properties `json:"properties,omitempty"`
	Additional *document  `json:"additionalProperties,omitempty"`
	Items      *document  `json:"items,omitempty"`
	Defs       properties `json:"$defs,omitempty"`
}

// properties keep the order of the struct.
type properties []property

type property struct {
	key string
	document
}

// MarshalJSON keeps the order, and keys as they are.
func (p properties) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, m := range p {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(out, strictjson.Quote(m.key)...), ':')
		text, err := json.Marshal(m.document)
		if err != nil {
			return nil, err
		}
		out = append(out, text...)
	}
	return append(out, '}'), nil
}

func (d document) text() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(d); err != nil {
		panic(err) // the types above have nothing that can't be encoded
	}
	return b.Bytes()
}

// schemaWriter writes types that stand in several places, or in themselves,
// once.
type schemaWriter struct {
	uses   map[*node]int
	names  map[*node]string
	taken  map[string]bool
	shared []*node // in the order in which they were met
}

func (w *schemaWriter) count(n *node) {
	if w.uses[n]++; w.uses[n] > 1 {
		return
	}
	if n.elem != nil {
		w.count(n.elem)
	}
	for _, f := range n.fields {
		w.count(f.node)
	}
}

// place returns what stands where n is used.
func (w *schemaWriter) place(n *node) document {
	if w.uses[n] < 2 || n.kind == scalar || n.kind == opaque {
		return w.body(n)
	}
	if w.names[n] == "" {
		w.names[n] = w.nameFor(n.typ)
		w.shared = append(w.shared, n)
	}
	return document{Ref: "#/$defs/" + w.names[n]}
}

// nameFor returns a name that no other type has.
func (w *schemaWriter) nameFor(t reflect.Type) string {
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune("_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", r) {
			return r
		}
		return -1
	}, t.Name())
	if plain == "" {
		plain = t.Kind().String()
	}
	name := plain
	for i := 2; w.taken[name]; i++ {
		name = plain + strconv.Itoa(i)
	}
	w.taken[name] = true
	return name
}

func (w *schemaWriter) body(n *node) document {
	switch n.kind {
	case object:
		return w.object(n)
	case dict:
		elem := w.value(n.elem, n.typ.Elem())
		return document{Type: known(n, "object"), Additional: &elem}
	case list, tuple:
		elem := w.value(n.elem, n.typ.Elem())
		return document{Type: known(n, "array"), Items: &elem}
	case scalar:
		return scalarSchema(n)
	}
	if n.typ == reflect.TypeFor[time.Time]() {
		return document{Type: "string", Format: "date-time"}
	}
	return document{}
}

// known is the type, unless the Go type may decode others.
func known(n *node, name string) any {
	if n.custom {
		return nil
	}
	return name
}

func (w *schemaWriter) object(n *node) document {
	d := document{Type: known(n, "object")}
	for _, f := range n.fields {
		kid := w.value(f.node, f.typ)
		if f.quoted && f.node.quotable() {
			kid = orNull(document{Type: "string"}, f.typ)
		}
		if f.tag != (tag{}) {
			kid.Policy = f.tag.value()
		}
		d.Properties = append(d.Properties, property{f.key, kid})
	}
	return d
}

// quotable reports whether encoding/json heeds the option string.
func (n *node) quotable() bool {
	return n.kind == scalar && !n.text && n.typ.Kind() != reflect.Slice
}

// value returns what stands where a value of type t, of which n is the target,
// is used.
func (w *schemaWriter) value(n *node, t reflect.Type) document {
	return orNull(w.place(n), t)
}

// orNull allows for what encoding/json writes for nil.
func orNull(d document, t reflect.Type) document {
	if !slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface}, t.Kind()) {
		return d
	}
	switch {
	case d.Ref != "":
		return document{AnyOf: []document{d, {Type: "null"}}}
	case d.Type != nil:
		d.Type = []any{d.Type, "null"}
	}
	return d
}

// scalarSchema is what is known of strings, numbers and booleans.
func scalarSchema(n *node) document {
	if n.text {
		return document{Type: "string"}
	}
	if n.custom {
		return document{} // it decodes who knows what
	}
	switch k := n.typ.Kind(); {
	case n.typ == reflect.TypeFor[json.Number]():
		return document{Type: []any{"number", "string"}} // encoding/json decodes both
	case k == reflect.Bool:
		return document{Type: "boolean"}
	case k == reflect.String:
		return document{Type: "string"}
	case k == reflect.Slice:
		return document{Type: "string", Encoding: "base64"}
	case k >= reflect.Int && k <= reflect.Int64:
		return document{Type: "integer"}
	case k >= reflect.Uint && k <= reflect.Uintptr:
		return document{Type: "integer", Minimum: new(int)}
	case k == reflect.Float32 || k == reflect.Float64:
		return document{Type: "number"}
	}
	return document{}
}
