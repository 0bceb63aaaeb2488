package main

import (
	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge"
)

func newUnsetCommand(a *app) *cobra.Command {
	var f saving
	cmd := &cobra.Command{
		Use:   "unset FILE POINTER",
		Short: "Remove a field",
		Long: `Removes one field, with all that is below it. Copies of the file on other
machines lose it too when they are merged. If there is no such field nothing
happens.`,
		Example: `  cfgmerge unset app.json /telemetry
  cfgmerge unset app.json /servers/0 --dry-run`,
		Args:              takes(2, 2),
		ValidArgsFunction: a.completeFields(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := parsePointer(args[1])
			if err != nil {
				return err
			}
			if len(path) == 0 {
				return &usageError{"unset needs a field: the empty POINTER is the whole file", pointerExample}
			}
			doc, err := a.open(args[0])
			if err != nil {
				return err
			}
			defer doc.Close()
			change := cfgmerge.UnsetField(path)
			return a.save(cmd, args[0], f, doc, operation{
				preview: func() ([]cfgmerge.Step, error) {
					if _, err := doc.LoadExisting(cmd.Context()); err != nil {
						return nil, err
					}
					return doc.Preview(cmd.Context(), change)
				},
				perform: func() error { return doc.Update(cmd.Context(), change) },
			})
		},
	}
	f.define(cmd)
	return cmd
}
