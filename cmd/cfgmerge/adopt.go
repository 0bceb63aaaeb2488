package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/schema"
)

func newAdoptCommand(a *app) *cobra.Command {
	var f saving
	var layout layout
	var schemaName string
	cmd := &cobra.Command{
		Use:   "adopt FILE",
		Short: "Give a file a history, and take in what other programs changed",
		Long: `Gives a plain JSON file the history that merging needs, so that the first save
of a program is not the first that is known. Of a file that has one, changes
that editors and other programs made since are taken in; the next save would do
so too.

An embedded history is kept in the file, under the key $cfgmerge, and goes
wherever the file is copied. A sidecar history is kept in the folder
.FILE.cfgmerge beside it: for programs that choke on keys they don't know.

With --schema the file also gets the policies that the x-cfgmerge keywords of a
JSON Schema declare: from then on all that save it merge under them.`,
		Example: `  cfgmerge adopt app.json
  cfgmerge adopt app.json --layout sidecar
  cfgmerge adopt app.json --schema app.schema.json
  cfgmerge adopt app.json --dry-run`,
		Args: takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			doc, err := a.openWith(args[0], schemaName)
			if err != nil {
				return err
			}
			defer doc.Close()
			return a.save(cmd, args[0], f, doc, operation{
				preview: func() ([]cfgmerge.Step, error) { return doc.PreviewAdopt(cmd.Context(), layout.value) },
				perform: func() error { return doc.Adopt(cmd.Context(), layout.value) },
			})
		},
	}
	f.define(cmd)
	cmd.Flags().StringVar(&schemaName, "schema", "", "declare the policies of this JSON Schema `file`")
	cmd.Flags().Var(&layout, "layout", "where to keep it (default: where it is)")
	_ = cmd.RegisterFlagCompletionFunc("layout", cobra.FixedCompletions([]string{"embedded", "sidecar"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// openWith is open with the policies of a schema, if one is named.
func (a *app) openWith(path, schemaName string) (*cfgmerge.Doc, error) {
	o := a.options()
	if schemaName != "" {
		text, err := readSchema(schemaName)
		if err != nil {
			return nil, err
		}
		if o.Policies, err = schema.FromJSON(text); err != nil {
			return nil, err
		}
	}
	return cfgmerge.OpenDoc(path, o)
}

// layout is a flag.
type layout struct{ value cfgmerge.Layout }

func (l *layout) String() string {
	if l.value == cfgmerge.Auto {
		return ""
	}
	return l.value.String()
}

func (l *layout) Type() string { return "embedded|sidecar" }

func (l *layout) Set(s string) error {
	for _, v := range []cfgmerge.Layout{cfgmerge.Embedded, cfgmerge.Sidecar} {
		if v.String() == s {
			l.value = v
			return nil
		}
	}
	return errors.New("must be embedded or sidecar")
}
