package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge/lww"
)

func newVersionCommand() *cobra.Command {
	output := asTable
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version of the program and of the format",
		Example: `  cfgmerge version -o json`,
		Args:    takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output == asJSON {
				return printJSON(cmd.OutOrStdout(), versionJSON{version(), lww.Version, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH})
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "cfgmerge %s, format %d, %s %s/%s\n", version(), lww.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
	outputFlag(cmd, &output, "how to print it")
	return cmd
}

type versionJSON struct {
	Version string `json:"version"`
	Format  int    `json:"format"`
	Go      string `json:"go"`
	System  string `json:"system"`
}

// version is that of the module, as the build recorded it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
