package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// format is the flag --output.
type format string

const (
	asTable format = "table"
	asJSON  format = "json"
)

// outputFlag gives a command the flag, with its default in f.
func outputFlag(cmd *cobra.Command, f *format, what string) {
	cmd.Flags().VarP(f, "output", "o", what)
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{string(asTable), string(asJSON)}, cobra.ShellCompDirectiveNoFileComp))
}

func (f *format) String() string { return string(*f) }

func (f *format) Type() string { return "table|json" }

func (f *format) Set(s string) error {
	if s != string(asTable) && s != string(asJSON) {
		return errors.New("must be table or json")
	}
	*f = format(s)
	return nil
}

// printJSON prints v indented, and keys as they are.
func printJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// printText prints a JSON text, with a line end if it has none.
func printText(w io.Writer, text string) error {
	if text == "" || text[len(text)-1] != '\n' {
		text += "\n"
	}
	_, err := io.WriteString(w, text)
	return err
}

// literal is a string that encoding/json would not keep as it is: keys may
// hold half a surrogate pair.
type literal string

// MarshalJSON spells the string as strictjson does.
func (l literal) MarshalJSON() ([]byte, error) { return []byte(strictjson.Quote(string(l))), nil }

func literals(all []string) []literal {
	out := make([]literal, len(all))
	for i, s := range all {
		out[i] = literal(s)
	}
	return out
}
