package conformance

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

//go:embed vectors
var embedded embed.FS

// Vector is one scenario and what must come of it.
type Vector struct {
	// Name is the file's, with its directory and without .json: "view/clone".
	Name string
	// Comment says why the vector exists.
	Comment string
	// Spec is the section of SPEC.md that decides, such as "3.5 rule 2".
	Spec string
	// Op is what is asked for: one of Ops.
	Op string
	// Input is the JSON text of the question.
	Input string
	// Result is the JSON text of the answer; empty if Error is not.
	Result string
	// Error is the class of the failure that is expected.
	Error string
}

// Ops are the operations, each with a directory of vectors of its name.
func Ops() []string {
	return []string{"stamp", "parse", "merge", "view", "encode", "adopt", "write", "forget", "check"}
}

// Vectors returns those that are part of this package, sorted by name.
func Vectors() ([]Vector, error) {
	dir, err := fs.Sub(embedded, "vectors")
	if err != nil {
		return nil, err
	}
	return Load(dir)
}

// Load reads the vectors OP/NAME.json of a directory, sorted by name. A file
// that is no vector is an error, and so is a directory without any.
func Load(dir fs.FS) ([]Vector, error) {
	files, err := fs.Glob(dir, "*/*.json")
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errors.New("there are no vectors OP/NAME.json")
	}
	slices.Sort(files)
	var all []Vector
	for _, file := range files {
		text, err := fs.ReadFile(dir, file)
		if err != nil {
			return nil, err
		}
		v, err := parseVector(text)
		if err == nil && path.Dir(file) != v.Op {
			err = errors.New("its op is not its directory")
		}
		if err != nil {
			return nil, fmt.Errorf("vector %s: %w", file, err)
		}
		v.Name = strings.TrimSuffix(file, ".json")
		all = append(all, v)
	}
	return all, nil
}

func parseVector(text []byte) (Vector, error) {
	m, err := parseMembers(text)
	if err != nil {
		return Vector{}, err
	}
	v := Vector{
		Comment: m.take("comment").Text(), Spec: m.take("spec").Text(), Op: m.take("op").Text(),
		Input: m.take("input").Raw(), Result: m.take("result").Raw(), Error: m.take("error").Text(),
	}
	switch {
	case len(m) > 0:
		return v, errors.New("it has a member that no vector has")
	case v.Comment == "" || v.Spec == "" || v.Input == "":
		return v, errors.New("it lacks a comment, a section or an input")
	case !slices.Contains(Ops(), v.Op):
		return v, errors.New("there is no such op")
	case (v.Result == "") == (v.Error == ""):
		return v, errors.New("it must have a result or the class of an error")
	}
	return v, nil
}

// members are those of an object that are not yet taken.
type members map[string]strictjson.Node

func parseMembers(text []byte) (members, error) {
	t, err := strictjson.ParseObject(text, strictjson.Limits{MaxDepth: maxDepth})
	if err != nil {
		return nil, err
	}
	m := members{}
	for key, value := range t.Root().Members() {
		m[key] = value
	}
	return m, nil
}

// maxDepth is how deep questions and answers may nest.
const maxDepth = 5000

// maybe is a member that may be missing.
type maybe struct {
	node strictjson.Node
	is   bool
}

func (m members) take(key string) maybe {
	n, is := m[key]
	delete(m, key)
	return maybe{n, is}
}

// Text is the string that the member is, or nothing.
func (m maybe) Text() string {
	if !m.is {
		return ""
	}
	return m.node.Text()
}

// Raw is the JSON text of the member, or nothing.
func (m maybe) Raw() string {
	if !m.is {
		return ""
	}
	return m.node.Raw()
}
