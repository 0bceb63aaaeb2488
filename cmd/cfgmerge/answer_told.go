package main

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

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
