package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/refresh"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

func newTokenCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Look at, store and refresh a rotating token",
		Long: `Works on a rotating token: an access and a refresh token with all that belongs
to them, which FILE keeps as the group GROUP. Nothing here prints a token unless
it is asked to.

GROUP is the name of the group, as blame shows it. Where there is a token for
each key of a map, the key follows: login/work, with ~1 for / and ~0 for ~.

Two processes must never spend one refresh token: a server that watches for
reuse takes that for theft and ends the login. cfgmerge token exec refreshes
under a lock that the library and every other exec share.`,
		Example: `  cfgmerge token status app.json login
  cfgmerge token exec app.json login -- ./refresh.sh`,
		RunE: commands,
		Args: cobra.ArbitraryArgs,
	}
	addTo(cmd, "", newTokenStatusCommand(a), newTokenLoginCommand(a), newTokenLogoutCommand(a), newTokenExecCommand(a))
	return cmd
}

// keeper is a token that a command works on.
type keeper struct {
	doc *cfgmerge.Doc
	ref cfgmerge.GroupRef
	*refresh.Coordinator
	account string // the member that says whose token it is; empty if none does
}

// keep opens the token GROUP of FILE.
func (a *app) keep(file, group string, o refresh.Options) (*keeper, error) {
	ref, err := parseGroup(group)
	if err != nil {
		return nil, err
	}
	doc, err := a.open(file)
	if err != nil {
		return nil, err
	}
	o.LockTimeout = a.lockTimeout
	c, err := refresh.New(refresh.NewFileStore(doc, ref), o)
	if err != nil {
		_ = doc.Close()
		return nil, err
	}
	return &keeper{doc: doc, ref: ref, Coordinator: c}, nil
}

// close ends the use of the file.
func (k *keeper) close() { _ = k.doc.Close() }

// learn asks the file what the member is called that says whose token it is.
func (k *keeper) learn(ctx context.Context) error {
	state, err := k.doc.Group(ctx, k.ref)
	k.account = state.Policy.Identity
	return err
}

// identify finds the account among the further members of an answer.
func (k *keeper) identify(t refresh.Token) refresh.Token {
	if account, ok := t.Extra[k.account].(string); ok && t.Identity == "" {
		t.Identity = account
	}
	return t
}

// parseGroup reads a GROUP: a name, and the keys of the instance.
func parseGroup(arg string) (cfgmerge.GroupRef, error) {
	name, rest, keyed := strings.Cut(arg, "/")
	ref := cfgmerge.GroupRef{Name: name}
	if !groupName.MatchString(arg) {
		return ref, &usageError{"the GROUP is no name of a group", "cfgmerge blame FILE shows which there are"}
	}
	if !keyed {
		return ref, nil
	}
	keys, err := strictjson.SplitPointer("/" + rest)
	if err != nil {
		return ref, &usageError{"the GROUP has a ~ that neither 0 nor 1 follows", "write for example login/work; in a key, ~1 stands for / and ~0 for ~"}
	}
	ref.Key = keys
	return ref, nil
}

// clientFlag is the OAuth client for which the token was issued.
func clientFlag(cmd *cobra.Command, client *string) {
	cmd.Flags().StringVar(client, "client-id", defaultClient, "the OAuth client; programs that share a token must agree")
}

// defaultClient is for tools that have only one.
const defaultClient = "default"
