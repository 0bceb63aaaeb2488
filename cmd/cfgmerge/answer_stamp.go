package main

import (
	"errors"
	"time"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

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
