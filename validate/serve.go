package validate

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// Request is what Serve reads: texts in base64, as encoding/json has it.
type Request struct {
	Schema []byte `json:"schema"`
	File   []byte `json:"file"`
	// Without are members of the file's root, see [Schema.Validate].
	Without []string `json:"without,omitempty"`
}

// Answer is what Serve writes.
type Answer struct {
	Violations []Answered `json:"violations"`
	More       int        `json:"more,omitempty"`
	// Problem says why there is no answer; Schema that it is the schema's
	// fault, and At where, as in a [SchemaError].
	Problem string `json:"problem,omitempty"`
	Schema  bool   `json:"schema,omitempty"`
	At      string `json:"at,omitempty"`
}

// Answered is a [Violation]. A path is in base64, since keys may hold half a
// surrogate pair.
type Answered struct {
	Path    [][]byte `json:"path"`
	Offset  int      `json:"offset"`
	Rule    string   `json:"rule"`
	Message string   `json:"message"`
}

// Serve answers one request: that of a program which is not to wait for what a
// schema may cost, and can end this one. The error is that of reading or
// writing.
func Serve(in io.Reader, out io.Writer) error {
	var r Request
	if err := json.NewDecoder(in).Decode(&r); err != nil {
		return errors.New("this is no request")
	}
	return json.NewEncoder(out).Encode(r.answer())
}

func (r Request) answer() Answer {
	s, err := Compile(r.Schema)
	if err != nil {
		return schemaProblem(err)
	}
	tree, err := strictjson.Parse(r.File, strictjson.Limits{MaxSize: len(r.File) + 1})
	if err != nil {
		return Answer{Problem: "the file is not JSON"}
	}
	found, more, err := s.Validate(tree.Root(), r.Without...)
	if errors.Is(err, ErrCostly) {
		return Answer{Problem: err.Error()}
	} else if err != nil {
		return schemaProblem(err)
	}
	a := Answer{More: more, Violations: []Answered{}}
	for _, v := range found {
		path := make([][]byte, len(v.Path))
		for i, key := range v.Path {
			path[i] = []byte(key)
		}
		a.Violations = append(a.Violations, Answered{path, v.Offset, v.Rule, v.Message})
	}
	return a
}

func schemaProblem(err error) Answer {
	var schema *SchemaError
	if errors.As(err, &schema) {
		return Answer{Schema: true, Problem: schema.Reason, At: schema.At}
	}
	return Answer{Schema: true, Problem: "the schema is not JSON"}
}
