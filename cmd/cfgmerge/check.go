package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge"
)

func newCheckCommand(a *app) *cobra.Command {
	output := checkFormat(asTable)
	var schemaName string
	cmd := &cobra.Command{
		Use:   "check FILE|DIR...",
		Short: "Find damage, and edits that no save has taken in yet",
		Long: `Looks whether files are sound JSON objects, whether their histories are in
order, and whether anything beside them, as a state folder or a conflict copy,
stands in the way. In a directory it looks at the files that have a history. It
only reads, waits for no lock, and shows no value.

With -o sarif it prints a SARIF 2.1.0 log, for code scanning services.

With --schema it compares the values with a JSON Schema, by the program
cfgmerge-schema. "auto" takes for each file the schema that its member $schema
names by a relative path. Nothing is fetched.

` + codesHelp() + `
Exit status 1 if there is an error or a warning; notes don't count.`,
		Example: `  cfgmerge check app.json
  cfgmerge check ~/.config -o json
  cfgmerge check app.json --schema app.schema.json
  cfgmerge check . -o sarif > cfgmerge.sarif`,
		Args: takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			rules, err := rulesOf(cmd.Context(), schemaName)
			if err != nil {
				return err
			}
			p := startProgress(a.screen(cmd.ErrOrStderr()), time.NewTicker(time.Second).C)
			r, err := a.check(args, rules, p)
			p.stop()
			r.failed = err
			if printErr := a.printFindings(cmd, format(output), r); printErr != nil {
				return printErr
			}
			if err == nil && r.bad() > 0 {
				return errFound()
			}
			return err
		},
	}
	cmd.Flags().VarP(&output, "output", "o", "how to print the findings")
	cmd.Flags().StringVar(&schemaName, "schema", "", "compare the values with this JSON Schema `file`, or with auto with the one that each file names")
	formats := []string{string(asTable), string(asJSON), string(asSARIF)}
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// rulesOf returns the rules of a schema for a file. Without one there are none.
func rulesOf(ctx context.Context, name string) (func(file string) cfgmerge.Rules, error) {
	if name == "" {
		return func(string) cfgmerge.Rules { return nil }, nil
	}
	v, err := newValidator(ctx, name)
	if err != nil {
		return nil, err
	}
	return func(file string) cfgmerge.Rules { return v.rules(ctx, file) }, nil
}

// checkFormat is the flag --output of check, which knows one format more.
type checkFormat format

func (f *checkFormat) String() string { return string(*f) }

func (f *checkFormat) Type() string { return "table|json|sarif" }

func (f *checkFormat) Set(s string) error {
	if !slices.Contains([]format{asTable, asJSON, asSARIF}, format(s)) {
		return errors.New("must be table, json or sarif")
	}
	*f = checkFormat(s)
	return nil
}

// codesHelp is the table of codes as the help shows it.
func codesHelp() string {
	var b strings.Builder
	for _, c := range cfgmerge.FindingCodes() {
		fmt.Fprintf(&b, "  %-23s %-8s %s\n", c.Code, c.Severity, c.Message)
	}
	return b.String()
}

// checked is what check has found.
type checked struct {
	files    int
	findings []cfgmerge.Finding
	failed   error // what could not be looked at
}

func (r checked) count(s cfgmerge.Severity) int {
	n := 0
	for _, f := range r.findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

func (r checked) bad() int {
	return r.count(cfgmerge.SeverityError) + r.count(cfgmerge.SeverityWarning)
}

// check looks at all files. What it could not look at does not keep it from
// the others; the error is the first of these.
func (a *app) check(args []string, rules func(file string) cfgmerge.Rules, p *progress) (r checked, first error) {
	note := func(err error) {
		if first == nil {
			first = err
		}
	}
	var all []string
	for _, arg := range args {
		p.looking(arg)
		files, err := a.filesOf(arg)
		note(err)
		all = append(all, files...)
	}
	for i, file := range all {
		p.checking(i, len(all))
		found, err := cfgmerge.CheckBy(file, a.options(), rules(file))
		note(err)
		if err == nil {
			r.files++
		}
		r.findings = append(r.findings, found...)
	}
	return r, first
}

func (a *app) filesOf(arg string) ([]string, error) {
	if info, err := os.Stat(arg); err == nil && info.IsDir() {
		return cfgmerge.FindFiles(arg, a.options())
	}
	return []string{arg}, nil
}

func (a *app) printFindings(cmd *cobra.Command, f format, r checked) error {
	if f == asJSON {
		out := make([]findingJSON, len(r.findings))
		for i, found := range r.findings {
			out[i] = findingJSON{found, literal(found.File), literal(found.Field)}
		}
		return printJSON(cmd.OutOrStdout(), out)
	}
	if f == asSARIF {
		return printJSON(cmd.OutOrStdout(), sarifOf(r))
	}
	s := a.screen(cmd.OutOrStdout())
	for _, found := range r.findings {
		if _, err := fmt.Fprint(s.w, findingText(s, found)); err != nil {
			return err
		}
	}
	a.screen(cmd.ErrOrStderr()).note("%s", r.summary())
	return nil
}

// findingJSON keeps keys and paths as they are.
type findingJSON struct {
	cfgmerge.Finding
	File  literal `json:"file"`
	Field literal `json:"field,omitempty"`
}

func findingText(s *screen, f cfgmerge.Finding) string {
	place := printable(f.File)
	if f.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d", place, f.Line, f.Column)
	}
	severity := map[cfgmerge.Severity]func(string) string{
		cfgmerge.SeverityError: s.red, cfgmerge.SeverityWarning: s.yellow, cfgmerge.SeverityNote: s.cyan,
	}[f.Severity](string(f.Severity))
	field := ""
	if f.Field != "" {
		field = " " + s.bold(printable(f.Field))
	}
	text := fmt.Sprintf("%s: %s: %s:%s %s\n", s.bold(place), severity, f.Code, field, printable(f.Message))
	if f.Hint != "" {
		text += "  " + s.dim("hint: "+printable(f.Hint)) + "\n"
	}
	return text
}

func (r checked) summary() string {
	parts := []string{counted(r.files, "file") + " checked"}
	for _, s := range []cfgmerge.Severity{cfgmerge.SeverityError, cfgmerge.SeverityWarning, cfgmerge.SeverityNote} {
		if n := r.count(s); n > 0 {
			parts = append(parts, counted(n, string(s)))
		}
	}
	if r.files > 0 && len(r.findings) == 0 {
		parts = append(parts, "nothing found")
	}
	return strings.Join(parts, ", ")
}
