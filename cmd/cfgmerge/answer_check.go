package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// shownByText are the findings besides damage that need nothing but the text.
func shownByText() []string {
	return []string{"block-newer", "block-damaged", "block-entry-malformed", "block-missing"}
}

func answerCheck(n strictjson.Node) (any, error) {
	in := input{n}
	text, err := in.bytes("text")
	if err != nil {
		return nil, err
	}
	_, err = strictjson.ParseObject(text, in.limits())
	var damage *strictjson.SyntaxError
	if errors.As(err, &damage) {
		found := map[string]any{"code": damage.Class}
		if damage.Class != strictjson.TooLarge {
			found["line"], found["column"] = damage.Line, damage.Column
		}
		return map[string]any{"findings": []any{found}}, nil
	}
	findings, err := checkText(text)
	if err != nil {
		return nil, err
	}
	out := []any{}
	for _, f := range findings {
		if !slices.Contains(shownByText(), f.Code) {
			continue
		}
		found := map[string]any{"code": f.Code}
		if f.Line > 0 {
			found["line"], found["column"] = f.Line, f.Column
		}
		if f.Code == "block-entry-malformed" {
			found["field"] = told(f.Field)
		}
		out = append(out, found)
	}
	return map[string]any{"findings": out}, nil
}

// checkText checks a text as the file that it would be.
func checkText(text []byte) ([]cfgmerge.Finding, error) {
	dir, err := os.MkdirTemp("", "cfgmerge-conformance-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "file.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	found, err := cfgmerge.Check(file, &cfgmerge.Options{StateHome: dir})
	slices.SortStableFunc(found, func(a, b cfgmerge.Finding) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return found, err
}
