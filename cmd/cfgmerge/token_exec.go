package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge/refresh"
)

type tokenExecFlags struct {
	client   string
	timeout  time.Duration
	grace    time.Duration
	show     string
	rejected bool
	resume   bool
	clear    bool
	output   format
}

func newTokenExecCommand(a *app) *cobra.Command {
	f := tokenExecFlags{output: asTable}
	cmd := &cobra.Command{
		Use:   "exec FILE GROUP -- COMMAND [ARGUMENT...]",
		Short: "Refresh a token with any program, under the lock",
		Long: `Runs COMMAND to exchange the refresh token if the stored access token has
expired, and stores what it answers. The lock that other processes wait for is
held from before the token is read until the new one is stored, and by COMMAND
as long as it runs: so no two of them spend one token. If somebody else has
refreshed it meanwhile, COMMAND does not run. If this process is killed in
between, the token counts as spent.

COMMAND finds the request as one line of JSON on its standard input: grant_type,
refresh_token, client_id, group, and account if it is known. It prints the
server's answer, JSON by RFC 6749: a token (section 5.1) or an error (5.2). An
error code of its own, such as temporarily_unavailable, means that the token was
not spent. No answer, or one that makes no sense, leaves open whether it was:
the rotation counts as interrupted, and is tried again only with --resume.

With --rejected the access token that a server has refused is read from the
standard input: a stored token that is another one is then taken as it is.`,
		Example: `  cfgmerge token exec app.json login -- ./refresh.sh
  TOKEN=$(cfgmerge token exec app.json login --print access -- ./refresh.sh)
  echo "$OLD" | cfgmerge token exec app.json login --rejected -- ./refresh.sh`,
		Args:              takes(3, -1),
		ValidArgsFunction: a.completeGroups(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.show != "" && f.show != "access" {
				return &usageError{"--print knows only access", "leave it out to print nothing"}
			}
			if f.rejected && f.resume {
				return &usageError{"--rejected and --resume don't go together", "--resume refreshes in any case"}
			}
			return a.tokenExec(cmd, args[0], args[1], args[2:], f)
		},
	}
	clientFlag(cmd, &f.client)
	flags := cmd.Flags()
	flags.SetInterspersed(true)
	flags.DurationVar(&f.timeout, "timeout", 30*time.Second, "longest run of COMMAND, and wait for the lock")
	flags.DurationVar(&f.grace, "grace", 0, "how long the server accepts a spent token again; resumes within it")
	flags.StringVar(&f.show, "print", "", "access prints the access token, for a shell to read")
	flags.BoolVar(&f.rejected, "rejected", false, "read the access token that was refused from the standard input")
	flags.BoolVar(&f.resume, "resume", false, "spend the token though an interrupted rotation may have spent it")
	flags.BoolVar(&f.clear, "clear", false, "log out if the server says invalid_grant")
	outputFlag(cmd, &f.output, "json says how the token is now")
	_ = cmd.RegisterFlagCompletionFunc("print", cobra.FixedCompletions([]string{"access"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) tokenExec(cmd *cobra.Command, file, group string, command []string, f tokenExecFlags) error {
	child := &child{command: command, client: f.client, group: group, stderr: cmd.ErrOrStderr()}
	k, err := a.keep(file, group, refresh.Options{
		ClientID: f.client, Exchange: child.exchange, External: true, Classify: classifyChild,
		ExchangeTimeout: f.timeout, Grace: f.grace, ClearOnInvalidGrant: f.clear,
	})
	if err != nil {
		return err
	}
	defer k.close()
	child.keeper = k
	rejected, err := a.refused(f.rejected)
	if err != nil {
		return err
	}
	if _, err := k.doc.LoadExisting(cmd.Context()); err != nil {
		return err
	}
	if err := k.learn(cmd.Context()); err != nil {
		return undeclared(err)
	}
	// Whoever interrupts the command does not interrupt an exchange under way:
	// its answer is stored first.
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	token, err := k.get(ctx, rejected, f)
	if err != nil {
		return undeclared(err)
	}
	return a.printExec(cmd, file, group, k, token, f)
}

// get returns a token that can be used.
func (k *keeper) get(ctx context.Context, rejected string, f tokenExecFlags) (refresh.Token, error) {
	switch {
	case f.resume:
		return k.Resume(ctx)
	case f.rejected:
		return k.Refresh(ctx, rejected)
	}
	return k.Token(ctx)
}

// refused reads the access token that a server did not take.
func (a *app) refused(asked bool) (string, error) {
	if !asked {
		return "", nil
	}
	data, err := a.readInput()
	if err != nil {
		return "", err
	}
	token := strings.TrimRight(string(data), "\r\n")
	if token == "" {
		return "", &usageError{"the standard input is empty, and --rejected reads the refused access token from it", "without --rejected the token is refreshed once it has expired"}
	}
	return token, nil
}

func (a *app) printExec(cmd *cobra.Command, file, group string, k *keeper, t refresh.Token, f tokenExecFlags) error {
	if f.show != "" {
		return printText(cmd.OutOrStdout(), t.Access)
	}
	if f.output != asJSON {
		return nil
	}
	s, err := k.Status(cmd.Context())
	if err != nil {
		return err
	}
	return printJSON(cmd.OutOrStdout(), statusOf(file, group, s))
}

// child is the program that exchanges the token.
type child struct {
	keeper  *keeper
	command []string
	client  string
	group   string
	stderr  io.Writer
}

// request is what the program reads.
type childRequest struct {
	GrantType    string  `json:"grant_type"`
	RefreshToken string  `json:"refresh_token"`
	ClientID     string  `json:"client_id"`
	Group        literal `json:"group"`
	Account      string  `json:"account,omitempty"`
}

// exchange runs the program. The token goes through a pipe: everybody on the
// machine can read the arguments and much of the environment of a process.
func (c *child) exchange(ctx context.Context, t refresh.Token) (refresh.Token, error) {
	request, err := json.Marshal(childRequest{
		GrantType: "refresh_token", RefreshToken: t.Refresh, ClientID: c.client, Group: literal(c.group), Account: t.Identity,
	})
	if err != nil {
		return refresh.Token{}, err
	}
	out := &capped{most: refresh.MaxResponse}
	cmd := exec.CommandContext(ctx, c.command[0], c.command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(append(request, '\n')), out, c.stderr
	cmd.WaitDelay = time.Second
	separate(cmd)
	if err := startSharing(ctx, cmd); err != nil {
		return refresh.Token{}, &notStartedError{err}
	}
	waitErr := cmd.Wait()
	answer, err := refresh.ParseResponse(0, nil, out.data.Bytes(), time.Now())
	var said *refresh.ResponseError
	switch {
	case errors.As(err, &said) && said.Malformed && waitErr != nil:
		return refresh.Token{}, &childError{waitErr}
	case err != nil:
		return refresh.Token{}, err
	}
	return c.keeper.identify(answer), nil
}

// startSharing starts the program with the lock in its hands: others wait for
// it, too, even if this process dies.
func startSharing(ctx context.Context, cmd *exec.Cmd) error {
	lock, err := refresh.ShareLock(ctx)
	if err == nil {
		cmd.ExtraFiles = []*os.File{lock}
		defer lock.Close()
	} else if !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return cmd.Start()
}

// childError: the program ended without an answer. What it may have printed is
// not repeated.
type childError struct{ err error }

func (e *childError) Error() string { return "the command gave no answer: " + e.err.Error() }

func (e *childError) Unwrap() error { return e.err }

// notStartedError: there is no such program, and so nothing was sent.
type notStartedError struct{ err error }

func (e *notStartedError) Error() string {
	var missing *exec.Error
	if errors.As(e.err, &missing) {
		return fmt.Sprintf("the command can't be run: %v", missing.Err)
	}
	return "the command can't be run"
}

func (e *notStartedError) Unwrap() error { return e.err }

// classifyChild knows what the library can't: that nothing has run.
func classifyChild(err error) refresh.Class {
	var unstarted *notStartedError
	if errors.As(err, &unstarted) {
		return refresh.Transient
	}
	return refresh.Unclassified
}

// capped keeps what is written to it, up to a size, and takes the rest without
// keeping it: a program that floods is refused, not stuck.
type capped struct {
	data bytes.Buffer
	most int
}

func (c *capped) Write(p []byte) (int, error) {
	if room := c.most + 1 - c.data.Len(); room > 0 {
		c.data.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}
