package conformance

import (
	"context"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// Ask puts one question to an implementation. An error says that there was no
// answer.
type Ask func(ctx context.Context, r Request) (Answer, error)

// Verdict is what became of a vector.
type Verdict string

// The verdicts.
const (
	Passed  Verdict = "passed"
	Failed  Verdict = "failed"
	Skipped Verdict = "skipped"
	Untried Verdict = "untried" // too many before it had no answer
)

// Outcome is the verdict on one vector, with the reasons.
type Outcome struct {
	Vector  Vector
	Verdict Verdict
	// Reasons are the differences between result and answer, or why there was
	// no answer, or why the implementation skipped it. Empty if it passed, or was
	// not tried.
	Reasons []string
}

// maxSilent is the number of vectors in a row without an answer after which
// nothing more is asked.
const maxSilent = 3

// Run asks for all vectors, in their order, and calls each with the outcome of
// every one. It ends early only with the context, whose error it returns.
func Run(ctx context.Context, vectors []Vector, ask Ask, each func(Outcome)) error {
	silent := 0
	for _, v := range vectors {
		if silent == maxSilent {
			each(Outcome{v, Untried, nil})
			continue
		}
		o, answered := v.judge(ctx, ask)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if silent++; answered {
			silent = 0
		}
		each(o)
	}
	return nil
}

// judge asks all questions of a vector. One that is skipped skips the vector,
// unless another one fails.
func (v Vector) judge(ctx context.Context, ask Ask) (o Outcome, answered bool) {
	o = Outcome{Vector: v, Verdict: Passed}
	for _, q := range v.questions() {
		a, err := ask(ctx, q)
		if err != nil {
			return Outcome{v, Failed, []string{err.Error()}}, false
		}
		if a.Skip != "" {
			o.Verdict, o.Reasons = Skipped, []string{a.Skip}
			continue
		}
		if told := v.differences(a); len(told) > 0 {
			return Outcome{v, Failed, prefixed(q.ID, v.Name, told)}, true
		}
	}
	return o, true
}

// prefixed says in which variant of the question the differences came up.
func prefixed(id, name string, told []string) []string {
	if id == name {
		return told
	}
	for i := range told {
		told[i] = id[len(name)+1:] + ": " + told[i]
	}
	return told
}

// questions are what is asked for a vector: of merges also that the order of
// the documents, and a repetition, make no difference.
func (v Vector) questions() []Request {
	all := []Request{{v.Name, v.Op, v.Input}}
	if v.Op != "merge" {
		return all
	}
	t, err := strictjson.ParseObject([]byte(v.Input), strictjson.Limits{MaxDepth: maxDepth})
	if err != nil {
		return all
	}
	list, ok := t.Root().Get("documents")
	if !ok || list.Len() == 0 {
		return all
	}
	var documents []string
	for d := range list.Elements() {
		documents = append(documents, d.Raw())
	}
	return append(all,
		Request{v.Name + "#reversed", v.Op, mergeInput(reversed(documents))},
		Request{v.Name + "#repeated", v.Op, mergeInput(append(documents, documents[0]))})
}

func reversed(list []string) []string {
	var out []string
	for i := range list {
		out = append(out, list[len(list)-1-i])
	}
	return out
}

func mergeInput(documents []string) string {
	text := `{"documents":[`
	for i, d := range documents {
		if i > 0 {
			text += ","
		}
		text += d
	}
	return text + "]}"
}
