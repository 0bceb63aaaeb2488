package main

import (
	"errors"
	"time"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

func answerWrite(n strictjson.Node) (any, error) {
	in := input{n}
	doc, err := in.document("document")
	if err != nil {
		return nil, err
	}
	actor, err := in.actor()
	if err != nil {
		return nil, err
	}
	changes, err := in.changes()
	if err != nil {
		return nil, err
	}
	err = doc.Write(lww.Writer{Actor: actor, Now: time.UnixMilli(in.number("clock"))}, changes...)
	switch {
	case errors.Is(err, lww.ErrHolder):
		return nil, &answerError{class: "holder"}
	case errors.Is(err, lww.ErrReserved):
		return nil, &answerError{class: "reserved"}
	case errors.Is(err, lww.ErrNotObject):
		return nil, &answerError{class: "root"}
	case err != nil:
		return nil, err
	}
	return map[string]any{"document": toldDocument(doc)}, nil
}

func (in input) changes() ([]lww.Change, error) {
	list, _ := in.Get("changes")
	var out []lww.Change
	for n := range list.Elements() {
		path, err := strictjson.SplitPointer(input{n}.text("at"))
		if err != nil {
			return nil, notUnderstood("a pointer")
		}
		c := lww.Change{Path: path}
		if c.Want, err = (input{n}).literal("value"); err != nil {
			return nil, err
		}
		if c.Was, err = (input{n}).literal("was"); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// literal is what a Literal shows, nil if it is missing.
func (in input) literal(key string) (*lww.View, error) {
	n, ok := in.Get(key)
	if !ok {
		return nil, nil
	}
	t, err := strictjson.Parse([]byte(n.Text()), strictjson.Limits{})
	if err != nil {
		return nil, refusal(err)
	}
	return lww.ViewOf(t.Root()), nil
}

func answerForget(n strictjson.Node) (any, error) {
	in := input{n}
	doc, err := in.document("document")
	if err != nil {
		return nil, err
	}
	horizon, err := in.stamp("horizon")
	if err != nil {
		return nil, err
	}
	doc.Lift()
	doc.Prune(horizon)
	return map[string]any{"document": toldDocument(doc)}, nil
}
