package conformance

import (
	"errors"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// Request is one question, a line of the protocol.
type Request struct {
	ID string
	Op string
	// Input is a JSON text.
	Input string
}

// Answer is an implementation's answer: a result, the class of an error, or
// the reason for having none.
type Answer struct {
	ID string
	// Result is a JSON text; empty if there is none.
	Result string
	// Class of the error; empty if there is none.
	Class string
	// Skip says why the question was not answered.
	Skip string
}

// Line returns the request as the protocol writes it, with the line feed. Line
// feeds in the input, which can only be white space, become spaces.
func (r Request) Line() []byte {
	b := append([]byte(nil), `{"id":`...)
	b = strictjson.AppendQuote(b, r.ID)
	b = append(b, `,"op":`...)
	b = strictjson.AppendQuote(b, r.Op)
	b = append(b, `,"input":`...)
	b = append(b, oneLine(r.Input)...)
	return append(b, '}', '\n')
}

// Line returns the answer as the protocol writes it, with the line feed.
func (a Answer) Line() []byte {
	b := append([]byte(nil), `{"id":`...)
	b = strictjson.AppendQuote(b, a.ID)
	switch {
	case a.Skip != "":
		b = strictjson.AppendQuote(append(b, `,"skip":`...), a.Skip)
	case a.Class != "":
		b = strictjson.AppendQuote(append(b, `,"error":{"class":`...), a.Class)
		b = append(b, '}')
	default:
		b = append(append(b, `,"result":`...), oneLine(a.Result)...)
	}
	return append(b, '}', '\n')
}

// oneLine is for valid JSON, which has line ends only between tokens.
func oneLine(text string) []byte {
	b := []byte(text)
	for i, c := range b {
		if c == '\n' || c == '\r' {
			b[i] = ' '
		}
	}
	return b
}

// ParseRequest reads a line of the protocol.
func ParseRequest(line []byte) (Request, error) {
	m, err := parseMembers(line)
	if err != nil {
		return Request{}, err
	}
	r := Request{ID: m.take("id").Text(), Op: m.take("op").Text(), Input: m.take("input").Raw()}
	if r.ID == "" || r.Op == "" || r.Input == "" || len(m) > 0 {
		return r, errors.New("a request has an id, an op, an input and nothing else")
	}
	return r, nil
}

// ParseAnswer reads a line of the protocol.
func ParseAnswer(line []byte) (Answer, error) {
	m, err := parseMembers(line)
	if err != nil {
		return Answer{}, err
	}
	a := Answer{ID: m.take("id").Text(), Result: m.take("result").Raw(), Skip: m.take("skip").Text()}
	if failure := m.take("error"); failure.is {
		if class, ok := failure.node.Get("class"); ok {
			a.Class = class.Text()
		}
	}
	given := 0
	for _, part := range []string{a.Result, a.Class, a.Skip} {
		if part != "" {
			given++
		}
	}
	if given != 1 || len(m) > 0 {
		return a, errors.New("an answer has an id and one of result, error with a class, skip")
	}
	return a, nil
}
