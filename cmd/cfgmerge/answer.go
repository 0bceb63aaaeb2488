package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/conformance"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// answer is this implementation's side of the protocol in conformance/README.md.
func answer(_ context.Context, r conformance.Request) (conformance.Answer, error) {
	out := conformance.Answer{ID: r.ID}
	t, err := strictjson.ParseObject([]byte(r.Input), strictjson.Limits{MaxDepth: 10_000})
	if err != nil {
		return out, err
	}
	op, known := map[string]func(strictjson.Node) (any, error){
		"stamp": answerStamp, "parse": answerParse, "merge": answerMerge, "view": answerView,
		"encode": answerEncode, "adopt": answerAdopt, "check": answerCheck,
	}[r.Op]
	if !known {
		out.Skip = "there is no op of this name"
		return out, nil
	}
	result, err := op(t.Root())
	var failure *answerError
	if errors.As(err, &failure) {
		out.Class, out.Skip = failure.class, failure.skip
		return out, nil
	}
	if err != nil {
		return out, err
	}
	text, err := json.Marshal(result)
	out.Result = string(text)
	return out, err
}

// answerError is an answer that is no result.
type answerError struct{ class, skip string }

func (e *answerError) Error() string { return e.class + e.skip }

func notUnderstood(what string) error { return &answerError{skip: "not understood: " + what} }

// refusal is the answer to a text that can't be read.
func refusal(err error) error {
	var (
		syntax *strictjson.SyntaxError
		newer  *lww.VersionError
	)
	switch {
	case errors.As(err, &syntax):
		return &answerError{class: string(syntax.Class)}
	case errors.As(err, &newer):
		return &answerError{class: "block-newer"}
	}
	return err
}

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

// told is a text with whatever keys as a JSON string.
func told(s string) json.RawMessage { return json.RawMessage(strictjson.Quote(s)) }

func toldAll(list []string) []json.RawMessage {
	slices.Sort(list)
	list = slices.Compact(list)
	out := make([]json.RawMessage, len(list))
	for i, s := range list {
		out[i] = told(s)
	}
	return out
}

// toldDocument is a Document as registers. Its keys may be no Go strings, so
// it is put together by hand.
func toldDocument(doc *lww.Document) json.RawMessage {
	b := []byte(`{"at":{`)
	for i, key := range doc.Keys() {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(strictjson.AppendQuote(b, key), ':')
		r, _ := doc.Register(key)
		b = append(b, toldRegister(r)...)
	}
	b = append(b, '}')
	if doc.ID != "" {
		b = append(append(b, `,"id":`...), told(doc.ID)...)
	}
	if doc.Salt != "" {
		b = append(append(b, `,"salt":`...), told(doc.Salt)...)
	}
	if len(doc.Policies) > 0 {
		b = append(append(b, `,"policy":`...), toldPolicies(doc.Policies)...)
	}
	return append(b, '}')
}

func toldRegister(r lww.Register) json.RawMessage {
	b := []byte(`{"stamp":"` + r.Stamp.String() + `"`)
	if r.Policy != lww.LWW {
		b = append(b, `,"policy":"`+r.Policy.String()+`"`...)
	}
	if r.ID != "" {
		b = strictjson.AppendQuote(append(b, `,"id":`...), r.ID)
	}
	if !r.Era.IsZero() {
		b = append(b, `,"era":"`+r.Era.String()+`"`...)
	}
	if r.Gen > 0 {
		b = strconv.AppendUint(append(b, `,"gen":`...), r.Gen, 10)
	}
	if r.Spent != "" {
		b = append(b, `,"spent":"`+r.Spent+`"`...)
	}
	if r.Dead {
		return append(b, `,"dead":true}`...)
	}
	b = append(b, `,"value":`...)
	return append(strictjson.AppendQuote(b, r.Value), '}')
}

// toldPolicies are policies as the block spells them.
func toldPolicies(table lww.Table) json.RawMessage {
	_, block := (&lww.Document{Policies: table}).Encode()
	t, err := strictjson.ParseObject([]byte(block), strictjson.Limits{})
	if err != nil {
		return nil
	}
	policy, _ := t.Root().Get("policy")
	return json.RawMessage(policy.Raw())
}

func answerStamp(n strictjson.Node) (any, error) {
	in := input{n}
	actor, err := in.actor()
	if err != nil {
		return nil, err
	}
	if text, ok := in.Get("parse"); ok {
		s, err := readStamp(text.Text())
		return map[string]any{"epoch": s.Epoch(), "millis": s.Millis(), "counter": s.Counter(), "actor": s.Actor()}, err
	}
	if f, ok := in.get("format"); ok {
		return toldStamp(lww.NewStamp(int(f.number("epoch")), f.number("millis"), int(f.number("counter")), lww.Actor(f.number("actor")))), nil
	}
	if pair := in.strings("compare"); len(pair) == 2 {
		s, err := readStamp(pair[0])
		t, second := readStamp(pair[1])
		return map[string]int{"order": s.Compare(t)}, errors.Join(err, second)
	}
	if _, ok := in.Get("next"); ok {
		s, err := in.stamp("next")
		return toldStamp(s.Next(actor)), err
	}
	if _, ok := in.Get("supersede"); ok {
		return in.supersede(actor)
	}
	return nil, notUnderstood("a question about stamps")
}

func toldStamp(s lww.Stamp) any { return map[string]string{"stamp": s.String()} }

func (in input) actor() (lww.Actor, error) {
	text := in.text("actor")
	if text == "" {
		return 0, nil
	}
	s, err := readStamp("0000000000000" + text)
	return s.Actor(), err
}

// supersede has a document with one register written to.
func (in input) supersede(actor lww.Actor) (any, error) {
	s, err := in.stamp("supersede")
	if err != nil {
		return nil, err
	}
	doc := &lww.Document{}
	doc.Put("/a", lww.Register{Stamp: s, Value: "1"})
	err = doc.Write(lww.Writer{Actor: actor, Now: time.UnixMilli(in.number("clock"))},
		lww.Change{Path: []string{"a"}, Want: &lww.View{Leaf: "2"}})
	r, _ := doc.Register("/a")
	return toldStamp(r.Stamp), err
}

func answerParse(n strictjson.Node) (any, error) {
	file, err := input{n}.decoded("text")
	if err != nil {
		return nil, err
	}
	var edits, removed []string
	for _, e := range file.Edits() {
		switch {
		case !e.Removed:
			edits = append(edits, e.Key)
		case strings.Contains(e.Key, "~["), file.View.At(e.Path) == nil: // else it is the loss of something below
			removed = append(removed, e.Key)
		}
	}
	return map[string]any{
		"block":     [...]string{"absent", "damaged", "intact"}[file.Block],
		"document":  toldDocument(file.Doc),
		"view":      told(file.View.JSON()),
		"malformed": toldAll(file.Malformed),
		"edits":     toldAll(edits),
		"removed":   toldAll(removed),
	}, nil
}

func answerMerge(n strictjson.Node) (any, error) {
	list, _ := n.Get("documents")
	merged := &lww.Document{}
	for d := range list.Elements() {
		doc, err := input{d}.asDocument()
		if err != nil {
			return nil, err
		}
		merged.Merge(doc)
	}
	return map[string]any{"document": toldDocument(merged)}, nil
}

func answerView(n strictjson.Node) (any, error) {
	doc, err := input{n}.document("document")
	if err != nil {
		return nil, err
	}
	return map[string]any{"view": told(doc.View().JSON())}, nil
}

func answerEncode(n strictjson.Node) (any, error) {
	doc, err := input{n}.document("document")
	if err != nil {
		return nil, err
	}
	return map[string]any{"text": told(string(doc.Canonical()))}, nil
}

func answerAdopt(n strictjson.Node) (any, error) {
	in := input{n}
	ours, err := in.document("ours")
	if err != nil {
		return nil, err
	}
	file, err := in.decoded("file")
	if err != nil {
		return nil, err
	}
	past := in.history()
	if file.Block == lww.Intact && ours.ID != "" && ours.ID != file.Doc.ID {
		ours, past = &lww.Document{}, nil // section 5, rule 2: the callers of lww see to it
	}
	a := lww.Adopt(ours, past, file)
	t, err := strictjson.ParseObject(ours.Canonical(), strictjson.Limits{MaxDepth: 10_000})
	if err != nil {
		return nil, err
	}
	now, err := lww.Decode(t.Root())
	if err != nil {
		return nil, err
	}
	return map[string]any{"document": toldDocument(now.Doc), "adopted": toldAll(a.Adopted), "rejected": toldAll(a.Rejected)}, nil
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

// shownByText are the findings besides damage that need nothing but the text.
func shownByText() []string {
	return []string{"block-newer", "block-damaged", "block-entry-malformed", "block-missing"}
}

func answerCheck(n strictjson.Node) (any, error) {
	in := input{n}
	text, err := in.bytes("text")
	if err != nil {
		return nil, err
	}
	_, err = strictjson.ParseObject(text, in.limits())
	var damage *strictjson.SyntaxError
	if errors.As(err, &damage) {
		found := map[string]any{"code": damage.Class}
		if damage.Class != strictjson.TooLarge {
			found["line"], found["column"] = damage.Line, damage.Column
		}
		return map[string]any{"findings": []any{found}}, nil
	}
	findings, err := checkText(text)
	if err != nil {
		return nil, err
	}
	out := []any{}
	for _, f := range findings {
		if !slices.Contains(shownByText(), f.Code) {
			continue
		}
		found := map[string]any{"code": f.Code}
		if f.Line > 0 {
			found["line"], found["column"] = f.Line, f.Column
		}
		if f.Code == "block-entry-malformed" {
			found["field"] = told(f.Field)
		}
		out = append(out, found)
	}
	return map[string]any{"findings": out}, nil
}

// checkText checks a text as the file that it would be.
func checkText(text []byte) ([]cfgmerge.Finding, error) {
	dir, err := os.MkdirTemp("", "cfgmerge-conformance-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "file.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	found, err := cfgmerge.Check(file, &cfgmerge.Options{StateHome: dir})
	slices.SortStableFunc(found, func(a, b cfgmerge.Finding) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return found, err
}
