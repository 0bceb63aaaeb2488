package main

import (
	"encoding/base64"
	"slices"
	"strconv"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// input reads members of a question.
type input struct{ strictjson.Node }

func (in input) get(key string) (input, bool) {
	n, ok := in.Get(key)
	return input{n}, ok
}

// text is the string that the member is, or nothing.
func (in input) text(key string) string {
	if n, ok := in.Get(key); ok {
		return n.Text()
	}
	return ""
}

// number is the integer that the member is, or 0.
func (in input) number(key string) int64 {
	n, ok := in.Get(key)
	if !ok {
		return 0
	}
	i, _ := strconv.ParseInt(n.Raw(), 10, 64)
	return i
}

func (in input) strings(key string) []string {
	var out []string
	if list, ok := in.Get(key); ok {
		for n := range list.Elements() {
			out = append(out, n.Text())
		}
	}
	return out
}

func (in input) stamp(key string) (lww.Stamp, error) {
	if _, ok := in.Get(key); !ok {
		return lww.Stamp{}, nil
	}
	return readStamp(in.text(key))
}

func readStamp(text string) (lww.Stamp, error) {
	s, err := lww.ParseStamp(text)
	if err != nil {
		return s, &answerError{class: "malformed"}
	}
	return s, nil
}

// bytes are the bytes of a Text.
func (in input) bytes(key string) ([]byte, error) {
	n, ok := in.get(key)
	switch {
	case !ok:
		return nil, notUnderstood("a text is missing")
	case n.Kind() == strictjson.String:
		return []byte(n.Text()), nil
	}
	return base64.StdEncoding.DecodeString(n.text("base64"))
}

func (in input) limits() strictjson.Limits {
	l, ok := in.get("limits")
	if !ok {
		return strictjson.Limits{}
	}
	return strictjson.Limits{MaxSize: int(l.number("size")), MaxDepth: int(l.number("depth"))}
}

// decoded takes a Text apart.
func (in input) decoded(key string) (*lww.Decoded, error) {
	text, err := in.bytes(key)
	if err != nil {
		return nil, err
	}
	t, err := strictjson.ParseObject(text, in.limits())
	if err != nil {
		return nil, refusal(err)
	}
	file, err := lww.Decode(t.Root())
	if err != nil {
		return nil, refusal(err)
	}
	return file, nil
}

// document reads a Document; one that is missing is empty.
func (in input) document(key string) (*lww.Document, error) {
	n, ok := in.get(key)
	if !ok {
		return &lww.Document{}, nil
	}
	return n.asDocument()
}

func (in input) asDocument() (*lww.Document, error) {
	if _, ok := in.Get("text"); ok {
		file, err := in.decoded("text")
		if err != nil {
			return nil, err
		}
		return file.Doc, nil
	}
	doc := &lww.Document{ID: in.text("id"), Salt: in.text("salt")}
	if policy, ok := in.Get("policy"); ok {
		// A block is the only spelling of policies that there is.
		t, err := strictjson.ParseObject([]byte(`{"$cfgmerge":{"v":1,"at":{},"policy":`+policy.Raw()+`}}`), strictjson.Limits{})
		if err != nil {
			return nil, err
		}
		file, err := lww.Decode(t.Root())
		if err != nil {
			return nil, err
		}
		doc.Policies = file.Doc.Policies
	}
	if at, ok := in.Get("at"); ok {
		for key, n := range at.Members() {
			reg, err := input{n}.register()
			if err != nil {
				return nil, err
			}
			doc.Put(key, reg)
		}
	}
	return doc, nil
}

func (in input) register() (r lww.Register, err error) {
	if kind := in.text("policy"); kind != "" {
		var ok bool
		if r.Policy, ok = lww.ParseKind(kind); !ok {
			return r, notUnderstood("a policy")
		}
	}
	if r.Stamp, err = in.stamp("stamp"); err != nil {
		return r, err
	}
	if r.Era, err = in.stamp("era"); err != nil {
		return r, err
	}
	r.ID, r.Gen = in.text("id"), uint64(in.number("gen"))
	r.Value, r.Spent = in.text("value"), in.text("spent")
	r.Dead = r.Value == ""
	return r, nil
}

func (in input) history() *lww.History {
	h, ok := in.get("history")
	if !ok {
		return nil
	}
	past := &lww.History{Now: uint64(h.number("now")), Vocabularies: h.strings("vocabularies")}
	spent := h.strings("spent")
	past.Spent = func(digest string) bool { return slices.Contains(spent, digest) }
	if all, ok := h.get("past"); ok {
		past.Past = map[string][]lww.Superseded{}
		for key := range all.Members() {
			for _, v := range all.strings(key) {
				past.Past[key] = append(past.Past[key], lww.Superseded(v))
			}
		}
	}
	return past
}
