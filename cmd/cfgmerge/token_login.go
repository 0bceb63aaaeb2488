package main

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/refresh"
)

type tokenLoginFlags struct {
	client  string
	at      string
	members []string
	output  format
}

func newTokenLoginCommand(a *app) *cobra.Command {
	f := tokenLoginFlags{output: asTable}
	cmd := &cobra.Command{
		Use:   "login FILE GROUP",
		Short: "Store a token that a server has just given out",
		Long: `Reads a token response (RFC 6749, section 5.1) as JSON from the standard input
and stores it. A login begins a new era: it wins over every refresh that is
under way, in whatever order the answers come, and over all that other copies of
the file hold.

A FILE that knows no such group yet is told where its members are: --at names
the object that holds them, --member what they are called and which of them is
the access, refresh, expiry or identity.`,
		Example: `  ./device-login.sh | cfgmerge token login app.json login
  ./device-login.sh | cfgmerge token login app.json login --at /auth --member access=access_token --member refresh=refresh_token --member expiry=expires_at`,
		Args:              takes(2, 2),
		ValidArgsFunction: a.completeGroups(),
		RunE: func(cmd *cobra.Command, args []string) error {
			policy, err := f.policy()
			if err != nil {
				return err
			}
			return a.tokenLogin(cmd, args[0], args[1], policy, f)
		},
	}
	clientFlag(cmd, &f.client)
	cmd.Flags().StringVar(&f.at, "at", "", "the `pointer` of the object that holds the members; declares the group")
	cmd.Flags().StringArrayVar(&f.members, "member", nil, "`role=key` or key of a member; declares the group")
	outputFlag(cmd, &f.output, "json says what was done")
	return cmd
}

// policy is what the flags declare; nil if nothing.
func (f tokenLoginFlags) policy() (*lww.Policy, error) {
	if f.at == "" && len(f.members) == 0 {
		return nil, nil
	}
	path, err := parsePointer(f.at)
	if err != nil {
		return nil, err
	}
	p := &lww.Policy{Kind: lww.Token}
	for _, key := range path {
		p.At = append(p.At, lww.Segment{Key: key})
	}
	for _, member := range f.members {
		if err := addMember(p, member); err != nil {
			return nil, err
		}
	}
	if p.Access == "" {
		return nil, &usageError{"no --member is the access token", "for example: --member access=access_token"}
	}
	slices.Sort(p.Members)
	p.Members = slices.Compact(p.Members)
	return p, nil
}

func addMember(p *lww.Policy, member string) error {
	role, key, has := strings.Cut(member, "=")
	if !has {
		key = member
	}
	roles := map[string]*string{"access": &p.Access, "refresh": &p.Refresh, "expiry": &p.Expiry, "identity": &p.Identity}
	switch as := roles[role]; {
	case key == "":
		return &usageError{"a --member has no key", "for example: --member access=access_token"}
	case has && as == nil:
		return &usageError{"a --member has a role that there is not", "the roles are access, refresh, expiry and identity"}
	case has:
		*as = key
	}
	p.Members = append(p.Members, key)
	return nil
}

func (a *app) tokenLogin(cmd *cobra.Command, file, group string, policy *lww.Policy, f tokenLoginFlags) error {
	k, err := a.keep(file, group, refresh.Options{ClientID: f.client})
	if err != nil {
		return err
	}
	defer k.close()
	data, err := a.readInput()
	if err != nil {
		return err
	}
	token, err := refresh.ParseResponse(0, nil, data, time.Now())
	if err != nil {
		return &usageError{"the standard input is no token response (RFC 6749, section 5.1)", "it is a JSON object with access_token, and mostly refresh_token and expires_in"}
	}
	if policy != nil {
		if err := k.declare(cmd, *policy); err != nil {
			return err
		}
	}
	if err = k.learn(cmd.Context()); err == nil {
		err = k.Login(cmd.Context(), k.identify(token))
	}
	if err != nil {
		return undeclared(err)
	}
	return a.printToken(cmd, file, group, k, f.output, "logged in")
}

// declare tells the file of the group.
func (k *keeper) declare(cmd *cobra.Command, p lww.Policy) error {
	return k.doc.Update(cmd.Context(), func(d *lww.Document, _ lww.Writer) error {
		d.Declare(lww.Table{k.ref.Name: p})
		return nil
	})
}

// undeclared says how to declare a group that the file does not know.
func undeclared(err error) error {
	var unknown *cfgmerge.UnknownGroupError
	if errors.As(err, &unknown) {
		return &usageError{"the file declares no group of this name", "say where its members are: cfgmerge token login FILE GROUP --at POINTER --member access=KEY --member refresh=KEY"}
	}
	return err
}
