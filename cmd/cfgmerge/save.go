package main

import (
	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge"
)

// saving are the flags of the commands that write a file.
type saving struct {
	dryRun bool
	output format
}

func (s *saving) define(cmd *cobra.Command) {
	s.output = asTable
	cmd.Flags().BoolVar(&s.dryRun, "dry-run", false, "only say what would change; exit 1 if anything")
	outputFlag(cmd, &s.output, "json says what was done")
}

// operation is what a command does to a file, twice: in words, and in fact.
type operation struct {
	preview func() ([]cfgmerge.Step, error)
	perform func() error
}

// save looks before it leaps: what is refused, or changes nothing, is found
// out before there is a lock or a state folder.
func (a *app) save(cmd *cobra.Command, path string, f saving, doc *cfgmerge.Doc, op operation) error {
	steps, err := op.preview()
	if err != nil {
		return err
	}
	if f.dryRun {
		return a.printSteps(cmd, path, f.output, steps)
	}
	if len(steps) > 0 {
		err = op.perform()
		a.tell(cmd, path, doc.Report(), true)
		if err != nil {
			return err
		}
	}
	if f.output == asJSON {
		return printJSON(cmd.OutOrStdout(), saved(path, doc.Report()))
	}
	return nil
}

// update is save for a change of fields.
func (a *app) update(cmd *cobra.Command, path string, f saving, change cfgmerge.Edit) error {
	doc, err := a.open(path)
	if err != nil {
		return err
	}
	defer doc.Close()
	return a.save(cmd, path, f, doc, operation{
		preview: func() ([]cfgmerge.Step, error) { return doc.Preview(cmd.Context(), change) },
		perform: func() error { return doc.Update(cmd.Context(), change) },
	})
}

func (a *app) printSteps(cmd *cobra.Command, path string, f format, steps []cfgmerge.Step) error {
	var err error
	if f == asJSON {
		err = printJSON(cmd.OutOrStdout(), planned(path, steps))
	} else {
		t := &table{head: []string{"WOULD", "AT"}}
		for _, s := range steps {
			t.add(string(s.Action), s.At)
		}
		err = t.print(a.screen(cmd.OutOrStdout()))
	}
	if err == nil && len(steps) > 0 {
		return errFound()
	}
	return err
}

// tell says what happened besides what was asked for.
func (a *app) tell(cmd *cobra.Command, path string, r cfgmerge.Report, written bool) {
	s := a.screen(cmd.ErrOrStderr())
	switch {
	case r.Recovered && written && r.Written:
		s.note("%s was damaged and is mended from the last good state; the damaged bytes are in the quarantine of its state folder", path)
	case r.Recovered:
		s.note("%s is damaged; this is the last good state, and the next save mends the file", path)
	}
	if r.Replaced {
		s.note("%s is another document than before; its earlier history does not count", path)
	}
	if len(r.Rejected) > 0 {
		s.note("%s: another program put back old values, which do not count: %s", path, someOf(r.Rejected))
	}
	if written && len(r.Adopted) > 0 {
		s.note("%s: changes by other programs were adopted: %s", path, someOf(r.Adopted))
	}
	if r.Folder != "" {
		s.note("%s: the state folder can't be beside the file, and is %s", path, r.Folder)
	}
	if r.LinksBroken {
		s.note("%s had other hard links, which keep the old bytes", path)
	}
}

// savedJSON is what a change did.
type savedJSON struct {
	File      string    `json:"file"`
	Written   bool      `json:"written"`
	Durable   bool      `json:"durable"`
	Layout    string    `json:"layout"`
	Recovered bool      `json:"recovered"`
	Changed   []literal `json:"changed"`
	Adopted   []literal `json:"adopted"`
	Rejected  []literal `json:"rejected"`
}

func saved(path string, r cfgmerge.Report) savedJSON {
	return savedJSON{
		File: path, Written: r.Written, Durable: r.Durable, Layout: r.Layout.String(), Recovered: r.Recovered,
		Changed: literals(r.Changed), Adopted: literals(r.Adopted), Rejected: literals(r.Rejected),
	}
}

// plannedJSON is what a change would do.
type plannedJSON struct {
	File  string     `json:"file"`
	Would []stepJSON `json:"would"`
}

type stepJSON struct {
	Action cfgmerge.Action `json:"action"`
	At     literal         `json:"at"`
}

func planned(path string, steps []cfgmerge.Step) plannedJSON {
	out := plannedJSON{File: path, Would: []stepJSON{}}
	for _, s := range steps {
		out.Would = append(out.Would, stepJSON{s.Action, literal(s.At)})
	}
	return out
}
