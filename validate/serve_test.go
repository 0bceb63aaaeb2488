package validate

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func serve(t *testing.T, r Request) (a Answer) {
	t.Helper()
	request, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Serve(bytes.NewReader(request), &out); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestARequestIsAnswered(t *testing.T) {
	got := serve(t, Request{Schema: []byte(`{"additionalProperties": false}`), File: []byte(`{"$x": 1, "\ud800": 2}`), Without: []string{"$x"}})
	want := Answer{Violations: []Answered{{[][]byte{[]byte("\xed\xa0\x80")}, 20, "#/additionalProperties", "the schema allows no member of this name"}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestWhatKeepsFromAnsweringIsSaid(t *testing.T) {
	bomb := `{"$ref": "#/$defs/n", "$defs": {"n": {"anyOf": [{"required": ["x"]}, {"properties": {"a": {"$ref": "#/$defs/n"}}}, {"properties": {"a": {"$ref": "#/$defs/n"}}, "minProperties": 2}], "type": "object"}}}`
	deep := strings.Repeat(`{"a":`, 100) + `1` + strings.Repeat(`}`, 100)
	for _, tt := range []struct {
		schema, file string
		want         Answer
	}{
		{`{`, `{}`, Answer{Schema: true, Problem: "the schema is not JSON"}},
		{`{"minimum": "CANARY"}`, `{}`, Answer{Schema: true, At: "/minimum", Problem: "must be number, and is string"}},
		{`{"$ref": "#"}`, `{}`, Answer{Schema: true, Problem: "it refers to itself in a circle"}},
		{`{}`, `{`, Answer{Problem: "the file is not JSON"}},
		{bomb, deep, Answer{Problem: ErrCostly.Error()}},
	} {
		if got := serve(t, Request{Schema: []byte(tt.schema), File: []byte(tt.file)}); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%.50s: got %+v", tt.schema, got)
		}
	}
	if err := Serve(strings.NewReader("CANARY"), &bytes.Buffer{}); err == nil || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("no request: got %v", err)
	}
}
