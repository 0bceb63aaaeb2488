package schema

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// Keyword is the member of a JSON Schema that holds a policy.
const Keyword = "x-cfgmerge"

// KeywordError reports a JSON Schema whose policies can't take effect.
type KeywordError struct {
	// At is the JSON Pointer of the schema, in the text, that is to blame.
	At string
	// Line and Column are its place, from 1, the column in bytes.
	Line, Column int
	Reason       string
}

func (e *KeywordError) Error() string {
	return fmt.Sprintf("the schema #%s (line %d, column %d): %s", e.At, e.Line, e.Column, e.Reason)
}

// Hint says what to do.
func (e *KeywordError) Hint() string {
	return "what " + Keyword + " may say is in section 3.8 of SPEC.md"
}

// parseKeyword reads the value of the keyword: the text of a tag, or an object,
// which can say the little more that a tag can't.
func parseKeyword(n strictjson.Node) (tag, error) {
	switch n.Kind() {
	case strictjson.String:
		return parse(n.Text())
	case strictjson.Object:
		return parseWords(n)
	}
	return tag{}, errors.New(Keyword + " must be a string or an object")
}

// parseWords reads the object. Its words are those of the block, SPEC.md
// section 4.2.
func parseWords(n strictjson.Node) (t tag, err error) {
	words := map[string]string{}
	for word, value := range n.Members() {
		switch word {
		case "kind", "group", "id", "role", "form":
			if value.Kind() != strictjson.String || value.Text() == "" {
				return tag{}, fmt.Errorf("%q must be a string, and not empty", word)
			}
			words[word] = value.Text()
		case "secret", "local":
			if value.Kind() != strictjson.Bool {
				return tag{}, fmt.Errorf("%q must be true or false", word)
			}
			t.secret = t.secret || word == "secret" && value.Raw() == "true"
			t.local = t.local || word == "local" && value.Raw() == "true"
		default:
			return tag{}, fmt.Errorf("unknown word %q", word)
		}
	}
	return t.withWords(words)
}

// withWords adds the policy to a tag of flags.
func (t tag) withWords(words map[string]string) (tag, error) {
	kind, name := words["kind"], words["group"]
	if kind == lww.Keyed.String() {
		name = words["id"]
	}
	if (words["id"] != "") != (kind == lww.Keyed.String()) {
		return tag{}, errors.New(`"id" and the kind keyed belong together`)
	}
	if isTuple := kind == lww.Group.String() || kind == lww.Token.String(); (words["group"] != "") != isTuple {
		return tag{}, errors.New(`"group" and the kinds group and token belong together`)
	}
	if kind != "" {
		item := kind
		if name != "" {
			item += "=" + name
		}
		policy, err := parsePolicy(item)
		if err != nil {
			return tag{}, err
		}
		t.kind, t.name = policy.kind, policy.name
	}
	return t.withRole(words["role"], words["form"])
}

func (t tag) withRole(role, form string) (tag, error) {
	if role != "" && !slices.Contains([]string{"access", "refresh", "expiry", "identity"}, role) {
		return tag{}, fmt.Errorf("unknown role %q", role)
	}
	if form != "" && role != "expiry" {
		return tag{}, errors.New(`"form" goes with the role expiry`)
	}
	if form != "" && !slices.Contains([]string{"rfc3339", "s", "ms"}, form) {
		return tag{}, fmt.Errorf("unknown form %q", form)
	}
	t.role, t.form = role, form
	return t, nil
}

// value is what the keyword says for t: the text of a tag where that suffices.
func (t tag) value() any {
	if t.form == "" && !strings.Contains(t.name, ",") {
		return t.spelled()
	}
	w := keywordObject{Kind: t.kind.String(), Role: t.role, Form: t.form, Secret: t.secret, Local: t.local}
	if t.kind == lww.Keyed {
		w.ID = t.name
	} else {
		w.Group = t.name
	}
	return w
}

type keywordObject struct {
	Kind   string `json:"kind"`
	Group  string `json:"group,omitempty"`
	ID     string `json:"id,omitempty"`
	Role   string `json:"role,omitempty"`
	Form   string `json:"form,omitempty"`
	Secret bool   `json:"secret,omitempty"`
	Local  bool   `json:"local,omitempty"`
}

// spelled is t as a struct tag says it.
func (t tag) spelled() string {
	var items []string
	if t.kind != lww.LWW {
		item := t.kind.String()
		if t.name != "" {
			item += "=" + t.name
		}
		items = append(items, item)
	}
	if t.role != "" {
		items = append(items, t.role)
	}
	if t.secret {
		items = append(items, "secret")
	}
	if t.local {
		items = append(items, "local")
	}
	return strings.Join(items, ",")
}

// agree unites what two schemas say of one place.
func (t tag) agree(u tag) (tag, error) {
	if t.kind == u.kind && t.name == u.name && t.role == u.role && (t.form == u.form || u.form == "") {
		u.kind, u.name, u.role, u.form = lww.LWW, "", "", ""
	}
	form := t.form + u.form
	t, err := t.and(u)
	t.form = form
	return t, err
}
