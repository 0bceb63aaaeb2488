package main

import (
	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge"
)

func newPatchCommand(a *app) *cobra.Command {
	var f saving
	cmd := &cobra.Command{
		Use:   "patch FILE",
		Short: "Change several fields in one save",
		Long: `Reads a JSON Merge Patch (RFC 7396) from the standard input and applies it in one
save: no reader sees half of it. A null removes the field.`,
		Example: `  echo '{"theme": "dark", "telemetry": null}' | cfgmerge patch app.json`,
		Args:    takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			patch, err := a.readInput()
			if err != nil {
				return err
			}
			change, err := cfgmerge.MergePatch(patch)
			if err != nil {
				return badPatch(err)
			}
			return a.update(cmd, args[0], f, change)
		},
	}
	f.define(cmd)
	return cmd
}

// badPatch says that it is the patch, and not the file, that is damaged.
func badPatch(err error) error {
	return &usageError{"the patch on the standard input: " + err.Error(), `a patch is an object, such as {"theme": "dark", "old": null}`}
}
