package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/schema"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// The flag --schema of check. "auto" takes what each file names.
const autoSchema = "auto"

// validatorName is the program that compares files with schemas, see package
// validate. It is looked for beside this one, then where programs are.
const validatorName = "cfgmerge-schema"

// patience bounds what one file may cost.
const patience = 30 * time.Second

// maxSchema is the largest schema that is read, in bytes.
const maxSchema = 4 << 20

// validator compares files with schemas.
type validator struct {
	program string
	name    string // of the schema, as it was given
	text    []byte // of the schema, nil for auto
}

// newValidator reads the schema and finds out whether it can be used.
func newValidator(ctx context.Context, name string) (*validator, error) {
	v := &validator{name: name}
	var err error
	if v.program, err = findValidator(); err != nil {
		return nil, err
	}
	if name == autoSchema {
		return v, nil
	}
	if v.text, err = readSchema(name); err != nil {
		return nil, err
	}
	_, err = v.ask(ctx, v.text, []byte("{}"))
	return v, err
}

func findValidator() (string, error) {
	name := validatorName
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if exe, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(exe), name)
		if info, err := os.Stat(beside); err == nil && info.Mode().IsRegular() {
			return beside, nil
		}
	}
	found, err := exec.LookPath(name)
	if err != nil {
		return "", &usageError{"--schema needs the program " + validatorName, "install it beside cfgmerge: go install github.com/cfgmerge/cfgmerge/cmd/" + validatorName + "@latest"}
	}
	return found, nil
}

// schemaError: the schema can't be used. It quotes nothing: it may be a file
// with secrets, given by mistake.
type schemaError struct{ name, at, reason string }

func (e *schemaError) Error() string {
	if e.at != "" {
		return "the schema " + e.name + ", at #" + e.at + ": " + e.reason
	}
	return "the schema " + e.name + ": " + e.reason
}

func (e *schemaError) Hint() string {
	return "nothing was done; SPEC.md, section 3.8, says what x-cfgmerge may say"
}

// readSchema reads a schema and looks whether its policies make sense.
func readSchema(name string) ([]byte, error) {
	content, err := fileio.Read(name, maxSchema)
	var file *cfgmerge.FileError
	switch {
	case errors.As(err, &file) && file.Class == fileio.ClassTooLarge:
		return nil, &schemaError{name: name, reason: "it is larger than 4 MiB"}
	case err != nil:
		return nil, err
	case !content.Exists:
		return nil, &schemaError{name: name, reason: "there is no such file"}
	}
	_, err = schema.FromJSON(content.Data)
	var keyword *schema.KeywordError
	var syntax *strictjson.SyntaxError
	switch {
	case errors.As(err, &keyword):
		return nil, &schemaError{name, keyword.At, keyword.Reason}
	case errors.As(err, &syntax):
		return nil, &schemaError{name: name, reason: syntax.Error()}
	}
	return content.Data, err
}

// comparison and verdict are the Request and Answer of package validate, which this program must not
// link.
type comparison struct {
	Schema  []byte   `json:"schema"`
	File    []byte   `json:"file"`
	Without []string `json:"without"`
}

type verdict struct {
	Violations []violation `json:"violations"`
	More       int         `json:"more"`
	Problem    string      `json:"problem"`
	Schema     bool        `json:"schema"`
	At         string      `json:"at"`
}

type violation struct {
	Path    [][]byte `json:"path"`
	Offset  int      `json:"offset"`
	Rule    string   `json:"rule"`
	Message string   `json:"message"`
}

// ask has the other program compare a file with a schema.
func (v *validator) ask(ctx context.Context, schema, file []byte) (a verdict, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	sent, err := json.Marshal(comparison{schema, file, []string{lww.BlockKey, "$schema"}})
	if err != nil {
		return a, err
	}
	cmd := exec.CommandContext(ctx, v.program)
	cmd.Stdin = bytes.NewReader(sent)
	received, err := cmd.Output()
	switch {
	case ctx.Err() != nil:
		return a, errors.New("comparing the file with the schema takes too long")
	case err != nil || json.Unmarshal(received, &a) != nil:
		return a, errors.New("the program " + validatorName + " has failed")
	case a.Schema:
		return a, &schemaError{v.name, a.At, a.Problem}
	case a.Problem != "":
		return a, errors.New(a.Problem)
	}
	return a, nil
}

// rules are what check asks about one file.
func (v *validator) rules(ctx context.Context, path string) cfgmerge.Rules {
	return func(text []byte) ([]cfgmerge.Breach, error) {
		if v.text != nil {
			a, err := v.ask(ctx, v.text, text)
			return a.breaches(), err
		}
		return v.auto(ctx, path, text)
	}
}

func (a verdict) breaches() []cfgmerge.Breach {
	var out []cfgmerge.Breach
	for _, v := range a.Violations {
		path := make([]string, len(v.Path))
		for i, key := range v.Path {
			path[i] = string(key)
		}
		out = append(out, cfgmerge.Breach{Offset: v.Offset,
			Finding: cfgmerge.Finding{Field: strictjson.JoinPointer(path...), Rule: v.Rule, Message: v.Message}})
	}
	if a.More > 0 {
		out = append(out, cfgmerge.Breach{Finding: cfgmerge.Finding{Message: "the file breaks rules in " + counted(a.More, "more place")}})
	}
	return out
}

// auto takes the schema that the file names, relative to where it is.
func (v *validator) auto(ctx context.Context, path string, text []byte) ([]cfgmerge.Breach, error) {
	tree, err := strictjson.ParseObject(text, strictjson.Limits{MaxSize: len(text) + 1})
	if err != nil {
		return nil, err
	}
	named, ok := tree.Root().Get("$schema")
	if !ok {
		return nil, nil
	}
	at, _ := named.Span()
	finding := func(code, reason string) []cfgmerge.Breach {
		f := cfgmerge.Finding{Code: code, Field: "/$schema"}
		if reason != "" {
			f.Message = "the schema that the file names can't be used: " + reason
		}
		return []cfgmerge.Breach{{Finding: f, Offset: at}}
	}
	name := filepath.FromSlash(named.Text())
	switch {
	case named.Kind() != strictjson.String || name == "":
		return finding("schema-unusable", "$schema is no path"), nil
	case strings.Contains(name, ":") || strings.HasPrefix(name, "//") || filepath.IsAbs(name):
		return finding("schema-remote", ""), nil
	}
	schema, err := readSchema(filepath.Join(filepath.Dir(path), name))
	var a verdict
	if err == nil {
		a, err = v.ask(ctx, schema, text)
	}
	var unusable *schemaError
	switch {
	case errors.As(err, &unusable):
		return finding("schema-unusable", unusable.said()), nil
	case err != nil:
		return finding("schema-unusable", "it can't be read"), nil
	}
	return a.breaches(), nil
}

// said leaves the name out: it is a value of the file.
func (e *schemaError) said() string {
	if e.at != "" {
		return "at #" + e.at + ", " + e.reason
	}
	return e.reason
}
