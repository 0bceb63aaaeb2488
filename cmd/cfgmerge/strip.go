package main

import (
	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge"
)

func newStripCommand(a *app) *cobra.Command {
	var f saving
	var all bool
	cmd := &cobra.Command{
		Use:   "strip FILE",
		Short: "Take the history out of a file",
		Long: `Takes the history out of the file: plain JSON with the same values remains. The
state folder still knows it, and the next save puts it back. With --all the
folder is removed too, and with it every trace of cfgmerge; who exchanges a token
is waited for.`,
		Example: `  cfgmerge strip app.json
  cfgmerge strip app.json --all`,
		Args: takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			doc, err := a.open(args[0])
			if err != nil {
				return err
			}
			defer doc.Close()
			return a.save(cmd, args[0], f, doc, operation{
				preview: func() ([]cfgmerge.Step, error) { return doc.PreviewStrip(cmd.Context(), all) },
				perform: func() error { return doc.Strip(cmd.Context(), all) },
			})
		},
	}
	f.define(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "remove the state folder too")
	return cmd
}
