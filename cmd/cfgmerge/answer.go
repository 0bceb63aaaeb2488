package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

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
		"encode": answerEncode, "adopt": answerAdopt, "write": answerWrite,
		"forget": answerForget, "check": answerCheck,
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
