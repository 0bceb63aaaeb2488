package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// run is the program: it returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin}
	root := newRootCommand(a)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetArgs(guardNegative(args))
	err := root.ExecuteContext(context.Background())
	complain(a.screen(stderr), err)
	return exitCode(err)
}

// app is what the commands share: the global flags and where to read from.
type app struct {
	globals
	stdin io.Reader
}

// The groups of commands in the help.
const (
	groupFields = "fields"
	groupFiles  = "files"
)

func newRootCommand(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "cfgmerge",
		Short: "Settings files that several processes share",
		Long: `cfgmerge reads, changes and checks JSON settings files that several processes
share. A change is merged field by field into what others have saved meanwhile;
it never puts back what it did not touch.

A POINTER is a JSON Pointer (RFC 6901): /auth/access_token. In a key, ~1 stands
for / and ~0 for ~.

Flags for changes: --lock-timeout 0 does not wait, a negative one waits forever.
--durability full survives a power cut; after one, file leaves the old file or
the new; none survives the end of processes only. --in-place is for files that
are mounted by themselves; a crash then tears them. --max-size is in bytes, KiB,
MiB or GiB.

Exit status: 0 success; 1 something was found, differs, is missing or would
change; 2 wrong usage, or a file that could not be read or written; 3 the lock
was not had in time.`,
		Example: `  cfgmerge get app.json /theme
  cfgmerge set app.json /theme dark
  cfgmerge check ~/.config`,
		Version:               version(),
		DisableFlagsInUseLine: true,
		SilenceErrors:         true,
		SilenceUsage:          true,

		SuggestionsMinimumDistance: 2,
		Args:                       cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
	}
	root.SetVersionTemplate("cfgmerge {{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(newHelpCommand(root))
	a.define(root.PersistentFlags())
	root.AddGroup(&cobra.Group{ID: groupFields, Title: "Fields:"}, &cobra.Group{ID: groupFiles, Title: "Files:"})
	addTo(root, groupFields, newGetCommand(a), newSetCommand(a), newUnsetCommand(a), newPatchCommand(a))
	addTo(root, groupFiles, newCheckCommand(a), newRepairCommand(a), newRestoreCommand(a), newDiffCommand(a), newMergeCommand(a), newAdoptCommand(a), newStripCommand(a))
	addTo(root, groupFiles, newBlameCommand(a), newLogCommand(a))
	addTo(root, groupFields, newTokenCommand(a))
	addTo(root, "", newDemoCommand(a), newDemoWorkerCommand(), newConformanceCommand(a), newVersionCommand())
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" { // which would answer to any word with its help
			c.RunE, c.Args = commands, cobra.ArbitraryArgs
		}
	}
	_ = root.RegisterFlagCompletionFunc("durability", cobra.FixedCompletions([]string{"full", "file", "none"}, cobra.ShellCompDirectiveNoFileComp))
	return root
}

func addTo(root *cobra.Command, group string, commands ...*cobra.Command) {
	for _, c := range commands {
		c.GroupID = group
		root.AddCommand(c)
	}
}

func unknownCommand(root *cobra.Command, name string) error {
	hint := "see cfgmerge help"
	if like := root.SuggestionsFor(name); len(like) > 0 {
		hint = "did you mean cfgmerge " + like[0] + "?"
	}
	return &usageError{msg: fmt.Sprintf("there is no command %q", name), hint: hint}
}
