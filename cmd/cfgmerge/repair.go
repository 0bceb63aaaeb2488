package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge"
)

type repairFlags struct {
	options cfgmerge.RepairOptions
	output  format
}

func newRepairCommand(a *app) *cobra.Command {
	f := repairFlags{output: asTable}
	cmd := &cobra.Command{
		Use:   "repair FILE...",
		Short: "Mend damaged files from everything that survives",
		Long: `Joins what is whole in a damaged file with the last good state that its state
folder remembers, with what killed processes left, and with conflict copies of
the same document beside it, and writes the result. The damaged bytes go to the
quarantine in the state folder first. It says of every field where it came from,
and what is lost; it shows no value.

A sound file only gets what the other sources have of it. A file that would come
out empty, or without something that it still has, is left as it is.

Exit status 1 if something was lost, or, with --dry-run, would change.`,
		Example: `  cfgmerge repair app.json --dry-run
  cfgmerge repair app.json
  cfgmerge repair app.json --quarantine
  cfgmerge repair app.json --clock`,
		Args: takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.repairAll(cmd, args, f) },
	}
	cmd.Flags().BoolVar(&f.options.DryRun, "dry-run", false, "only say what would be done; exit 1 if anything")
	cmd.Flags().BoolVar(&f.options.Quarantined, "quarantine", false, "join what was set aside, too")
	cmd.Flags().BoolVar(&f.options.Clock, "clock", false, "take back stamps from the future")
	outputFlag(cmd, &f.output, "json says all that was found")
	return cmd
}

// repairAll repairs each file by itself. The worst exit code is the program's.
func (a *app) repairAll(cmd *cobra.Command, files []string, f repairFlags) error {
	var worst error
	results := []repairJSON{}
	p := &pace{screen: a.screen(cmd.ErrOrStderr()), now: time.Now, patience: time.Second}
	for _, file := range files {
		p.begin(file)
		o := f.options
		o.Progress = p.step
		r, err := a.repairOne(cmd, file, o)
		results = append(results, repaired(file, r, err))
		if err != nil {
			complain(a.screen(cmd.ErrOrStderr()), err)
		} else if f.output == asTable {
			if err := a.printRepair(cmd, file, r); err != nil {
				return err
			}
		}
		if err == nil && (len(r.Lost) > 0 || r.Incomplete || o.DryRun && r.Changed) {
			err = errFound()
		}
		if exitCode(err) > exitCode(worst) {
			worst = err
		}
	}
	if f.output == asJSON {
		if err := printJSON(cmd.OutOrStdout(), results); err != nil {
			return err
		}
	}
	if worst != nil {
		worst = &saidError{worst}
	}
	return worst
}

// saidError is an error that the user has read already.
type saidError struct{ error }

func (*saidError) Error() string { return "" }

func (e *saidError) Unwrap() error { return e.error }

func (a *app) repairOne(cmd *cobra.Command, file string, o cfgmerge.RepairOptions) (cfgmerge.RepairReport, error) {
	doc, err := a.open(file)
	if err != nil {
		return cfgmerge.RepairReport{}, err
	}
	defer doc.Close()
	return doc.Repair(cmd.Context(), o)
}

// pace tells on the standard error what is being looked at, once that has taken
// longer than people wait without asking.
type pace struct {
	screen   *screen
	now      func() time.Time
	patience time.Duration

	file  string
	began time.Time
}

func (p *pace) begin(file string) { p.file, p.began = file, p.now() }

func (p *pace) step(source string) {
	if p.now().Sub(p.began) >= p.patience {
		p.screen.note("%s: looking at %s", p.file, source)
	}
}

// printRepair prints what a repair found: nothing of a sound file to which
// nothing is to be done.
func (a *app) printRepair(cmd *cobra.Command, file string, r cfgmerge.RepairReport) error {
	errs := a.screen(cmd.ErrOrStderr())
	for _, s := range r.Sources {
		if s.Skipped != "" && s.Name != "file" {
			errs.note("%s: %s was left alone: %s", file, s.Name, s.Skipped)
		}
	}
	out := a.screen(cmd.OutOrStdout())
	if _, err := fmt.Fprintf(out.w, "%s: %s\n", out.bold(printable(file)), printable(repairSummary(r))); err != nil {
		return err
	}
	return repairTable(out, r).print(out)
}

// repairSummary is a line. It says what is so, not when it is done: it is the
// same for a dry run.
func repairSummary(r cfgmerge.RepairReport) string {
	parts := []string{"sound"}
	if r.Damage != nil {
		parts = []string{r.Damage.Error()}
	}
	if r.Changed {
		parts = append(parts, originsText(r)...)
	} else {
		parts = append(parts, "nothing to do")
	}
	if len(r.Lost) > 0 {
		parts = append(parts, counted(len(r.Lost), "field")+" lost")
	}
	if r.Incomplete {
		parts = append(parts, "more may be lost with its name")
	}
	if r.HistoryLost {
		parts = append(parts, "the history is lost")
	}
	return strings.Join(parts, ", ")
}

// originsText counts the fields by their sources.
func originsText(r cfgmerge.RepairReport) (parts []string) {
	from := map[string]int{}
	for _, f := range r.Fields {
		if !f.Deleted {
			from[f.From]++
		}
	}
	for _, s := range r.Sources {
		if n := from[s.Name]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s from %s", counted(n, "field"), sourceText(s.Name)))
			delete(from, s.Name)
		}
	}
	return parts
}

func sourceText(name string) string {
	switch name {
	case "file":
		return "the file"
	case "shadow", "older shadow":
		return "the state folder"
	case "leftover":
		return "what a killed process left"
	}
	return name
}

// repairTable lists all fields of a damaged file, and of a sound one only those
// that come from elsewhere.
func repairTable(s *screen, r cfgmerge.RepairReport) *table {
	t := &table{head: []string{"FIELD", "FROM"}, paint: func(column int, cell, padded string) string {
		if column == 1 && cell == "lost" {
			return s.red(padded)
		}
		return padded
	}}
	for _, f := range r.Fields {
		if r.Changed && !f.Deleted && (r.Damage != nil || f.From != "file") {
			t.add(shownField(f.Field), f.From)
		}
	}
	for _, p := range r.Restamped {
		t.add(shownField(p), "a stamp from the future, taken back")
	}
	for _, p := range r.Rejected {
		t.add(shownField(p), "an old value in the file, which does not count")
	}
	for _, p := range r.Lost {
		t.add(shownField(p), "lost")
	}
	return t
}

// shownField spells the root so that it can be seen.
func shownField(pointer string) string {
	if pointer == "" {
		return "(the root)"
	}
	return pointer
}

type repairJSON struct {
	File        string            `json:"file"`
	Error       string            `json:"error,omitempty"`
	Changed     bool              `json:"changed"`
	Damage      *damageJSON       `json:"damage,omitempty"`
	Sources     []sourceJSON      `json:"sources"`
	Fields      []fieldOriginJSON `json:"fields"`
	Lost        []literal         `json:"lost"`
	Incomplete  bool              `json:"incomplete"`
	HistoryLost bool              `json:"history_lost"`
	Rejected    []literal         `json:"rejected"`
	Restamped   []literal         `json:"restamped"`
}

type damageJSON struct {
	Class  string `json:"class"`
	Offset int    `json:"offset"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

type sourceJSON struct {
	Name    string `json:"name"`
	Skipped string `json:"skipped,omitempty"`
}

type fieldOriginJSON struct {
	Field   literal `json:"field"`
	From    string  `json:"from"`
	Deleted bool    `json:"deleted,omitempty"`
}

func repaired(file string, r cfgmerge.RepairReport, err error) repairJSON {
	out := repairJSON{
		File: file, Changed: r.Changed, Incomplete: r.Incomplete, HistoryLost: r.HistoryLost,
		Sources: []sourceJSON{}, Fields: []fieldOriginJSON{},
		Lost: literals(r.Lost), Rejected: literals(r.Rejected), Restamped: literals(r.Restamped),
	}
	var reason *cfgmerge.Error
	if errors.As(err, &reason) {
		out.Error = reason.Error()
	}
	if d := r.Damage; d != nil {
		out.Damage = &damageJSON{d.Class, d.Offset, d.Line, d.Column}
	}
	for _, s := range r.Sources {
		out.Sources = append(out.Sources, sourceJSON{s.Name, s.Skipped})
	}
	for _, f := range r.Fields {
		out.Fields = append(out.Fields, fieldOriginJSON{literal(f.Field), f.From, f.Deleted})
	}
	return out
}
