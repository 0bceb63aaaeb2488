package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge"
)

func newRestoreCommand(a *app) *cobra.Command {
	f := saving{}
	cmd := &cobra.Command{
		Use:   "restore FILE [NAME [POINTER...]]",
		Short: "Put back what was set aside",
		Long: `Without NAME, lists what is in the quarantine of the file's state folder, newest
first, and in which fields it differs from the file. It shows no value.

With NAME, or a beginning of it that no other one has, writes the fields of that
text into the file as new changes, even if they were superseded: all that differ,
or those at the POINTERs. Fields that belong together, such as a pair of tokens,
are put back together. What the text lacks stays.`,
		Example: `  cfgmerge restore app.json
  cfgmerge restore app.json 20261122T120000 --dry-run
  cfgmerge restore app.json 20261122T120000 /theme`,
		Args: takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			doc, err := a.open(args[0])
			if err != nil {
				return err
			}
			defer doc.Close()
			if len(args) == 1 {
				return a.listQuarantine(cmd, f.output, doc)
			}
			return a.restore(cmd, f, doc, args)
		},
	}
	f.define(cmd)
	return cmd
}

func (a *app) restore(cmd *cobra.Command, f saving, doc *cfgmerge.Doc, args []string) error {
	for _, pointer := range args[2:] {
		if _, err := parsePointer(pointer); err != nil {
			return err
		}
	}
	r, err := doc.Restore(cmd.Context(), cfgmerge.RestoreOptions{Name: args[1], Pointers: args[2:], DryRun: f.dryRun})
	if err != nil {
		return err
	}
	errs := a.screen(cmd.ErrOrStderr())
	for _, group := range r.Torn {
		errs.note("%s: only a part of %s is left in the text; it stays as it is", args[0], group)
	}
	if err := a.printRestored(cmd, f.output, args[0], r); err != nil {
		return err
	}
	if len(r.Torn) > 0 || f.dryRun && r.Changed {
		return errFound()
	}
	return nil
}

func (a *app) printRestored(cmd *cobra.Command, f format, file string, r cfgmerge.RestoreReport) error {
	if f == asJSON {
		return printJSON(cmd.OutOrStdout(), restoredJSON{file, r.Name, r.Changed, literals(r.Fields), literals(r.Torn)})
	}
	t := &table{head: []string{"FIELD", "FROM"}}
	for _, field := range r.Fields {
		t.add(shownField(field), r.Name)
	}
	return t.print(a.screen(cmd.OutOrStdout()))
}

type restoredJSON struct {
	File    string    `json:"file"`
	Name    string    `json:"name"`
	Changed bool      `json:"changed"`
	Fields  []literal `json:"fields"`
	Torn    []literal `json:"torn"`
}

func (a *app) listQuarantine(cmd *cobra.Command, f format, doc *cfgmerge.Doc) error {
	entries, err := doc.Quarantine(cmd.Context())
	if err != nil {
		return err
	}
	if f == asJSON {
		return printJSON(cmd.OutOrStdout(), setAside(entries))
	}
	t := &table{head: []string{"NAME", "TIME", "WHY", "BYTES", "DIFFERS IN"}}
	for _, e := range entries {
		differs := someOf(e.Fields)
		if differs == "" {
			differs = "nothing"
		}
		t.add(e.Name, e.Time.Local().Format(time.DateTime), e.Class, fmt.Sprint(e.Size), differs)
	}
	if len(entries) == 0 {
		a.screen(cmd.ErrOrStderr()).note("nothing was set aside")
	}
	return t.print(a.screen(cmd.OutOrStdout()))
}

type setAsideJSON struct {
	Name   string    `json:"name"`
	Time   time.Time `json:"time"`
	Class  string    `json:"class"`
	Size   int64     `json:"size"`
	Damage string    `json:"damage,omitempty"`
	Fields []literal `json:"fields"`
}

func setAside(entries []cfgmerge.QuarantineEntry) []setAsideJSON {
	out := []setAsideJSON{}
	for _, e := range entries {
		j := setAsideJSON{e.Name, e.Time, e.Class, e.Size, "", literals(e.Fields)}
		if e.Damage != nil {
			j.Damage = e.Damage.Class
		}
		out = append(out, j)
	}
	return out
}
