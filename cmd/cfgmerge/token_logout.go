package main

import (
	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge/refresh"
)

type tokenLogoutFlags struct {
	client string
	output format
}

func newTokenLogoutCommand(a *app) *cobra.Command {
	f := tokenLogoutFlags{output: asTable}
	cmd := &cobra.Command{
		Use:   "logout FILE GROUP",
		Short: "Remove a token, for good",
		Long: `Removes the token from the file, and from all that the state folder keeps of
earlier versions. A logout begins a new era: a refresh that is under way does
not bring the token back, nor does an old copy of the file.

The server is not told: revoke the token there as well.`,
		Example:           `  cfgmerge token logout app.json login`,
		Args:              takes(2, 2),
		ValidArgsFunction: a.completeGroups(),
		RunE: func(cmd *cobra.Command, args []string) error {
			k, err := a.keep(args[0], args[1], refresh.Options{ClientID: f.client})
			if err != nil {
				return err
			}
			defer k.close()
			if _, err := k.Logout(cmd.Context()); err != nil {
				return undeclared(err)
			}
			return a.printToken(cmd, args[0], args[1], k, f.output, "logged out")
		},
	}
	clientFlag(cmd, &f.client)
	outputFlag(cmd, &f.output, "json says what was done")
	return cmd
}
