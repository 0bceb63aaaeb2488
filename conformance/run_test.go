package conformance

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestTheVectorsOfThePackageAreReadable(t *testing.T) {
	all, err := Vectors()
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, v := range all {
		count[v.Op]++
	}
	for _, op := range Ops() {
		if count[op] < 20 {
			t.Errorf("there are %d vectors for %s", count[op], op)
		}
	}
}

func TestFilesThatAreNoVectorsAreRefused(t *testing.T) {
	const whole = `{"comment":"c","spec":"2","op":"view","input":{},"result":{}}`
	for name, row := range map[string]struct{ path, text string }{
		"no JSON":             {"view/a.json", "{"},
		"no object":           {"view/a.json", "[]"},
		"another directory":   {"merge/a.json", whole},
		"an unknown op":       {"sum/a.json", strings.Replace(whole, "view", "sum", 1)},
		"an unknown member":   {"view/a.json", strings.Replace(whole, "{", `{"note":1,`, 1)},
		"no comment":          {"view/a.json", strings.Replace(whole, `"c"`, `""`, 1)},
		"no section":          {"view/a.json", strings.Replace(whole, `"spec":"2",`, ``, 1)},
		"no input":            {"view/a.json", strings.Replace(whole, `"input":{},`, ``, 1)},
		"no result":           {"view/a.json", strings.Replace(whole, `,"result":{}`, ``, 1)},
		"result and error":    {"view/a.json", strings.Replace(whole, `"result"`, `"error":"empty","result"`, 1)},
		"none at all":         {"README.md", whole},
		"the same name twice": {"view/a.json", strings.Replace(whole, `"op"`, `"op":"view","op"`, 1)},
	} {
		if all, err := Load(fstest.MapFS{row.path: {Data: []byte(row.text)}}); err == nil {
			t.Errorf("%s: %+v", name, all)
		}
	}
	if all, err := Load(fstest.MapFS{"view/a.json": {Data: []byte(whole)}}); err != nil || all[0].Name != "view/a" {
		t.Errorf("the whole one: %+v, %v", all, err)
	}
}

// always answers so to every question.
func always(a Answer) Ask {
	return func(_ context.Context, r Request) (Answer, error) {
		a.ID = r.ID
		return a, nil
	}
}

func judged(t *testing.T, v Vector, ask Ask) Outcome {
	t.Helper()
	var got []Outcome
	if err := Run(t.Context(), []Vector{v}, ask, func(o Outcome) { got = append(got, o) }); err != nil || len(got) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	return got[0]
}

func TestAnAnswerIsTheResultOrItIsNot(t *testing.T) {
	for _, row := range []struct {
		want, fails, result, class string
		reasons                    []string
		because                    string
	}{
		{`{"a":[1,"x"]}`, "", `{ "a" : [1.0, "\u0078"] }`, "", nil, "white space and spelling"},
		{`{"a":1,"b":2}`, "", `{"b":2,"a":1}`, "", nil, "the order of members"},
		{`{"a":[1,2]}`, "", `{"a":[2,1]}`, "", []string{"/a: want [1,2], got [2,1]"}, "the order of a list"},
		{`{"a":{"~/":1}}`, "", `{"a":{"~/":2}}`, "", []string{"/a/~0~1: want 1, got 2"}, "a place deep down"},
		{`{"a":1,"b":2}`, "", `{"a":1}`, "", []string{"/b: want 2, got nothing"}, "something is missing"},
		{`{"a":1}`, "", `{"a":1,"b":2}`, "", []string{"/b: want nothing, got 2"}, "something is too much"},
		{`{"a":"1"}`, "", `{"a":1}`, "", []string{`/a: want "1", got 1`}, "another type"},
		{`{"a":"1.0"}`, "", `{"a":"1"}`, "", []string{`/a: want "1.0", got "1"`}, "a literal in a string"},
		{`{"a":{}}`, "", `{"a":[]}`, "", []string{`/a: want {}, got []`}, "another container"},
		{`{"a":1}`, "", `[]`, "", []string{`: want {"a":1}, got []`}, "no object"},
		{`{"a":1}`, "", ``, "empty", []string{`want {"a":1}, got the error empty`}, "an error for a result"},
		{``, "empty", ``, "empty", nil, "the error"},
		{``, "empty", ``, "bom", []string{"want the error empty, got the error bom"}, "another error"},
		{``, "empty", `{}`, "", []string{"want the error empty, got {}"}, "a result for an error"},
	} {
		o := judged(t, Vector{Name: "view/x", Op: "view", Input: `{}`, Result: row.want, Error: row.fails}, always(Answer{Result: row.result, Class: row.class}))
		want := Passed
		if row.reasons != nil {
			want = Failed
		}
		if o.Verdict != want || !slices.Equal(o.Reasons, row.reasons) {
			t.Errorf("%s: %s %q", row.because, o.Verdict, o.Reasons)
		}
	}
}

func TestWhatIsSkippedIsNotPassed(t *testing.T) {
	o := judged(t, Vector{Name: "view/x", Op: "view", Input: `{}`, Result: `{}`}, always(Answer{Skip: "not yet"}))
	if o.Verdict != Skipped || !slices.Equal(o.Reasons, []string{"not yet"}) {
		t.Errorf("%+v", o)
	}
}

func TestMergesAreAskedInOtherOrdersToo(t *testing.T) {
	v := Vector{Name: "merge/x", Op: "merge", Input: `{"documents":[{"id":"1"},{"id":"2"}]}`, Result: `{}`}
	asked := map[string]string{}
	wrong := func(id string) Ask {
		return func(_ context.Context, r Request) (Answer, error) {
			asked[r.ID] = r.Input
			if r.ID == id {
				return Answer{ID: r.ID, Result: `{"x":1}`}, nil
			}
			return Answer{ID: r.ID, Result: `{}`}, nil
		}
	}
	if o := judged(t, v, wrong("")); o.Verdict != Passed {
		t.Errorf("%+v", o)
	}
	if got := asked["merge/x#reversed"]; got != `{"documents":[{"id":"2"},{"id":"1"}]}` {
		t.Errorf("reversed: %s", got)
	}
	if got := asked["merge/x#repeated"]; got != `{"documents":[{"id":"1"},{"id":"2"},{"id":"1"}]}` {
		t.Errorf("repeated: %s", got)
	}
	for _, variant := range []string{"reversed", "repeated"} {
		o := judged(t, v, wrong("merge/x#"+variant))
		if o.Verdict != Failed || !slices.Equal(o.Reasons, []string{variant + ": /x: want nothing, got 1"}) {
			t.Errorf("%+v", o)
		}
	}
}

func TestAfterThreeVectorsWithoutAnAnswerNothingMoreIsAsked(t *testing.T) {
	vectors := make([]Vector, 10)
	for i := range vectors {
		vectors[i] = Vector{Name: "view/x", Op: "view", Input: `{}`, Result: `{}`}
	}
	for _, row := range []struct {
		answered map[int]bool // by number of the question
		asked    int
	}{
		{nil, 3},
		{map[int]bool{2: true}, 6},
		{map[int]bool{0: true, 3: true, 6: true, 9: true}, 10},
	} {
		asked, failed, untried := 0, 0, 0
		ask := func(_ context.Context, r Request) (Answer, error) {
			asked++
			if row.answered[asked-1] {
				return Answer{ID: r.ID, Result: "{}"}, nil
			}
			return Answer{}, errors.New("died")
		}
		err := Run(t.Context(), vectors, ask, func(o Outcome) {
			switch o.Verdict {
			case Failed:
				failed++
			case Untried:
				untried++
			}
		})
		if err != nil || asked != row.asked || failed != row.asked-len(row.answered) || untried != len(vectors)-row.asked {
			t.Errorf("%v: asked %d, failed %d, untried %d, %v", row.answered, asked, failed, untried, err)
		}
	}
}

func TestAnswersThatAreNoneAreRefused(t *testing.T) {
	for _, line := range []string{
		"", "hello", "[]", `{"id":"x"}`, `{"id":"x","result":{},"skip":"y"}`, `{"id":"x","result":{},"more":1}`,
		`{"id":"x","error":"empty"}`, `{"id":"x","error":{}}`, `{"id":"x","result":{},"result":{}}`, "{\"id\":\"x\",\"skip\":\"\xff\"}",
	} {
		if a, err := ParseAnswer([]byte(line)); err == nil {
			t.Errorf("%q: %+v", line, a)
		}
	}
	for _, a := range []Answer{{ID: "x", Result: `{"a":1}`}, {ID: "x", Class: "empty"}, {ID: "\"\n", Skip: "\u2028"}} {
		if got, err := ParseAnswer(a.Line()); err != nil || got != a {
			t.Errorf("%+v became %+v, %v", a, got, err)
		}
	}
}
