package main

import (
	"cmp"
	"iter"
	"slices"

	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

func newDiffCommand(a *app) *cobra.Command {
	output := asTable
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Show which fields differ, and which file wins where",
		Long: `Compares two files field by field: order, white space and spelling don't count.
For each field it says what either holds and which would win in a merge.
Secrets, and what is called like one, are not shown.

Exit status 1 if the files differ.`,
		Example: `  cfgmerge diff app.json backup.json
  cfgmerge diff app.json backup.json -o json`,
		Args: takes(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			var docs [2]*lww.Document
			for i, file := range args {
				var err error
				if docs[i], err = a.load(cmd, file); err != nil {
					return err
				}
			}
			if docs[0].ID != "" && docs[1].ID != "" && docs[0].ID != docs[1].ID {
				a.screen(cmd.ErrOrStderr()).note("these are different documents: cfgmerge merge joins them only with --force")
			}
			found := differences(docs[0], docs[1])
			if err := a.printDifferences(cmd, args, output, found); err != nil {
				return err
			}
			if len(found) > 0 {
				return errFound()
			}
			return nil
		},
	}
	outputFlag(cmd, &output, "how to print the differences")
	return cmd
}

// load reads a file that must exist, and says if it is damaged.
func (a *app) load(cmd *cobra.Command, file string) (*lww.Document, error) {
	doc, err := a.open(file)
	if err != nil {
		return nil, err
	}
	defer doc.Close()
	state, err := doc.LoadExisting(cmd.Context())
	if err == nil {
		a.tell(cmd, file, doc.Report(), false)
	}
	return state, err
}

// difference is one field that two files disagree about. The values are
// redacted.
type difference struct {
	Field literal `json:"field"`
	// A and B are what the files hold, in short; empty if nothing.
	A literal `json:"a,omitempty"`
	B literal `json:"b,omitempty"`
	// Wins is "a", "b", or "both" where a merge takes some of each.
	Wins string `json:"wins"`
}

func differences(a, b *lww.Document) []difference {
	merged := a.Clone()
	merged.Merge(b)
	policies, joined := merged.Policies, merged.View()
	elements := newElementDiffer(a, b, merged)
	var out []difference
	a.View().Diff(b.View(), func(path []string, old, now *lww.View) {
		if found := elements.at(path); len(found) > 0 {
			out = append(out, found...)
			return
		}
		for at := range differing(path, old, now) {
			va, vb := old.At(at[len(path):]), now.At(at[len(path):])
			out = append(out, difference{
				Field: literal(strictjson.JoinPointer(at...)),
				A:     literal(summary(policies, at, va.JSON())),
				B:     literal(summary(policies, at, vb.JSON())),
				Wins:  winner(joined.At(at), va, vb),
			})
		}
	})
	slices.SortFunc(out, func(x, y difference) int { return cmp.Compare(x.Field, y.Field) })
	return out
}

// elementDiffer compares arrays whose elements merge: by element, unless they
// only differ in their order.
type elementDiffer struct {
	policies     lww.Table
	a, b, joined map[string]lww.Register
}

func newElementDiffer(a, b, joined *lww.Document) elementDiffer {
	showing := func(d *lww.Document) map[string]lww.Register {
		d = d.Clone()
		d.Declare(joined.Policies)
		return d.Showing()
	}
	return elementDiffer{joined.Policies, showing(a), showing(b), joined.Showing()}
}

func (e elementDiffer) at(path []string) []difference {
	var out []difference
	pointer := strictjson.JoinPointer(path...)
	for key, r := range e.joined {
		array, ok := lww.ArrayOf(key)
		a, b := e.a[key].Value, e.b[key].Value
		if !ok || array != pointer || strictjson.Equal(a, b) {
			continue
		}
		wins := "both"
		switch r.Value {
		case a:
			wins = "a"
		case b:
			wins = "b"
		}
		out = append(out, difference{
			Field: literal(key), A: literal(summary(e.policies, path, a)), B: literal(summary(e.policies, path, b)), Wins: wins,
		})
	}
	return out
}

// differing yields the places of two views that differ: that of the views
// themselves, or, where one of them is missing, those of the other's leaves.
func differing(path []string, old, now *lww.View) iter.Seq[[]string] {
	switch {
	case old == nil:
		return now.Leaves(path)
	case now == nil:
		return old.Leaves(path)
	}
	return slices.Values([][]string{path})
}

func winner(joined, a, b *lww.View) string {
	switch {
	case joined.Equal(a):
		return "a"
	case joined.Equal(b):
		return "b"
	}
	return "both"
}

func (a *app) printDifferences(cmd *cobra.Command, files []string, f format, found []difference) error {
	if f == asJSON {
		if found == nil {
			found = []difference{}
		}
		return printJSON(cmd.OutOrStdout(), found)
	}
	s := a.screen(cmd.OutOrStdout())
	names := map[string]string{"a": printable(files[0]), "b": printable(files[1]), "both": "some of both"}
	t := &table{head: []string{"FIELD", names["a"], names["b"], "WINS"}}
	for _, d := range found {
		t.add(string(d.Field), cmp.Or(string(d.A), "–"), cmp.Or(string(d.B), "–"), names[d.Wins])
	}
	return t.print(s)
}

// documents opens several files.
func (a *app) documents(files []string) ([]*cfgmerge.Doc, error) {
	var docs []*cfgmerge.Doc
	for _, file := range files {
		doc, err := a.open(file)
		if err != nil {
			return nil, err
		}
		docs = append(docs, doc)
	}
	return docs, nil
}
