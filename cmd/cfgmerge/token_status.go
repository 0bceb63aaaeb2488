package main

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge/refresh"
)

type tokenStatusFlags struct {
	client string
	output format
}

func newTokenStatusCommand(a *app) *cobra.Command {
	f := tokenStatusFlags{output: asTable}
	cmd := &cobra.Command{
		Use:   "status FILE GROUP",
		Short: "Say how a token is, without showing it",
		Long: `Says whose token it is, when the access token expires, how often it was rotated
since the login, which program stored it last, whether a rotation was
interrupted, and what the server said when it last refused. It takes no lock.

Exit status 1 if the next refresh can't succeed by itself: logged out, a
rotation was interrupted, or the server has refused for good.`,
		Example: `  cfgmerge token status app.json login
  cfgmerge token status app.json login/work -o json`,
		Args:              takes(2, 2),
		ValidArgsFunction: a.completeGroups(),
		RunE: func(cmd *cobra.Command, args []string) error {
			k, err := a.keep(args[0], args[1], refresh.Options{ClientID: f.client})
			if err != nil {
				return err
			}
			defer k.close()
			return a.tokenStatus(cmd, args[0], args[1], k, f.output)
		},
	}
	clientFlag(cmd, &f.client)
	outputFlag(cmd, &f.output, "how to print it")
	return cmd
}

func (a *app) tokenStatus(cmd *cobra.Command, file, group string, k *keeper, f format) error {
	if _, err := k.doc.LoadExisting(cmd.Context()); err != nil {
		return err
	}
	s, err := k.Status(cmd.Context())
	if err != nil {
		return undeclared(err)
	}
	if f == asJSON {
		err = printJSON(cmd.OutOrStdout(), statusOf(file, group, s))
	} else {
		err = statusTable(s).print(a.screen(cmd.OutOrStdout()))
	}
	if err == nil && stateOf(s) != stateUsable {
		return errFound()
	}
	return err
}

// printToken says what was done, and how the token is now, if that is asked for.
func (a *app) printToken(cmd *cobra.Command, file, group string, k *keeper, f format, done string) error {
	if f != asJSON {
		a.screen(cmd.ErrOrStderr()).note("%s: %s: %s", file, group, done)
		return nil
	}
	s, err := k.Status(cmd.Context())
	if err != nil {
		return err
	}
	return printJSON(cmd.OutOrStdout(), statusOf(file, group, s))
}

// The states of a token.
const (
	stateUsable      = "usable"
	stateLoggedOut   = "logged-out"
	stateInterrupted = "interrupted"
	stateRefused     = "refused"
	stateExpired     = "expired" // and there is nothing to refresh it with
)

func stateOf(s refresh.Status) string {
	var permanent *refresh.PermanentError
	switch {
	case !s.LoggedIn:
		return stateLoggedOut
	case s.Rotation != nil && s.Rotation.Interrupted:
		return stateInterrupted
	case errors.As(s.Failure, &permanent):
		return stateRefused
	case s.Expired && !s.CanRefresh:
		return stateExpired
	}
	return stateUsable
}

func statusTable(s refresh.Status) *table {
	t := &table{head: []string{"TOKEN", ""}}
	add := func(name, value string) {
		if value != "" {
			t.add(name, value)
		}
	}
	t.add("state", stateOf(s))
	add("account", s.Account)
	add("expires", expiry(s))
	if s.LoggedIn {
		t.add("rotations", fmt.Sprint(s.Generation))
	}
	add("written", clock(s.Written))
	add("by", s.Author)
	add("rotation", rotation(s.Rotation))
	if s.Failure != nil {
		t.add("failure", s.Failure.Error())
	}
	return t
}

func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func expiry(s refresh.Status) string {
	text := clock(s.Expiry)
	if text != "" && s.Expired {
		text += " (expired)"
	}
	return text
}

func rotation(r *refresh.Rotating) string {
	if r == nil {
		return ""
	}
	what := "under way"
	switch {
	case r.Kept:
		what = "done, and stored by the next refresh"
	case r.Interrupted:
		what = "interrupted: the refresh token may be spent"
	}
	return fmt.Sprintf("%s; process %d, since %s", what, r.PID, clock(r.Since))
}

// tokenJSON is how a token is. Times are RFC 3339; empty where not known.
type tokenJSON struct {
	File       string        `json:"file"`
	Group      literal       `json:"group"`
	State      string        `json:"state"`
	Account    literal       `json:"account"`
	Expires    string        `json:"expires"`
	Expired    bool          `json:"expired"`
	CanRefresh bool          `json:"can_refresh"`
	Rotations  uint64        `json:"rotations"`
	Written    string        `json:"written"`
	By         literal       `json:"by"`
	Rotation   *rotationJSON `json:"rotation"`
	Failure    string        `json:"failure"`
}

type rotationJSON struct {
	Since       string `json:"since"`
	PID         int    `json:"pid"`
	Interrupted bool   `json:"interrupted"`
	Kept        bool   `json:"kept"`
}

func statusOf(file, group string, s refresh.Status) tokenJSON {
	out := tokenJSON{
		File: file, Group: literal(group), State: stateOf(s), Account: literal(s.Account),
		Expires: clock(s.Expiry), Expired: s.Expired, CanRefresh: s.CanRefresh, Rotations: s.Generation,
		Written: clock(s.Written), By: literal(s.Author),
	}
	if r := s.Rotation; r != nil {
		out.Rotation = &rotationJSON{Since: clock(r.Since), PID: r.PID, Interrupted: r.Interrupted, Kept: r.Kept}
	}
	if s.Failure != nil {
		out.Failure = cmp.Or(s.Failure.Error(), "refused")
	}
	return out
}
