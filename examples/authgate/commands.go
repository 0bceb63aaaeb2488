package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/cfgmerge/cfgmerge/conformance/oauthtest"
	"github.com/cfgmerge/cfgmerge/refresh"
)

const usage = `authgate keeps a token for each client id in one tokens.json.

Usage: authgate [flags] command

Commands:
  login    get a first token
  token    have a token that can be used; refreshes it if it has expired
  status   say how the token is; never prints it
  logout   remove it
  serve    run the stand-in authorization server until Enter
  demo     let two processes spend one refresh token, and then not

Flags:
`

// authgate is one run of the tool.
type authgate struct {
	path   string
	client string
	server string
	naive  bool
	pause  bool
	in     *bufio.Reader
	out    io.Writer
}

// run is main with its surroundings passed in; it returns the exit status.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &authgate{in: bufio.NewReader(stdin), out: stdout}
	flags := flag.NewFlagSet("authgate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&a.path, "file", defaultPath(), "the `path` of tokens.json")
	flags.StringVar(&a.client, "client", "cli", "the client `id`")
	flags.StringVar(&a.server, "server", "", "the `URL` of an authorization server, as serve prints it")
	flags.BoolVar(&a.naive, "naive", false, "refresh the old way, which ends logins")
	flags.BoolVar(&a.pause, "pause", false, "with -naive: wait for Enter before the refresh token is spent")
	flags.Usage = func() {
		_, _ = io.WriteString(flags.Output(), usage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	command := a.command(flags.Arg(0))
	if command == nil || flags.NArg() != 1 {
		flags.Usage()
		return 2
	}
	if err := command(); err != nil {
		_, _ = fmt.Fprintln(stderr, "authgate:", err)
		return 1
	}
	return 0
}

func defaultPath() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		dir = "."
	}
	return filepath.Join(dir, "authgate-example", "tokens.json")
}

func (a *authgate) command(name string) func() error {
	switch name {
	case "login":
		return a.login
	case "token":
		if a.naive {
			return a.tokenNaively
		}
		return a.token
	case "status":
		return a.status
	case "logout":
		return a.logout
	case "serve":
		return a.serve
	case "demo":
		return a.demo
	}
	return nil
}

func (a *authgate) say(line string) error {
	_, err := fmt.Fprintln(a.out, line)
	return err
}

// meet waits for Enter, if that is wanted, so that another process can be
// faster.
func (a *authgate) meet(line string) error {
	if !a.pause {
		return nil
	}
	if err := a.say(line); err != nil {
		return err
	}
	_, err := a.in.ReadString('\n')
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// with runs a command that needs the token.
func (a *authgate) with(do func(context.Context, *refresh.Coordinator) error) error {
	if err := os.MkdirAll(filepath.Dir(a.path), 0o700); err != nil {
		return err
	}
	file, tokens, err := open(a.path, a.client, a.server)
	if err != nil {
		return err
	}
	defer file.Close()
	return do(context.Background(), tokens)
}

func (a *authgate) login() error {
	return a.with(func(ctx context.Context, tokens *refresh.Coordinator) error {
		answer, err := http.PostForm(a.server+"/login", url.Values{"account": {"me"}, "client_id": {a.client}})
		if err != nil {
			return errors.New("the server does not answer; start one with authgate serve")
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(io.LimitReader(answer.Body, refresh.MaxResponse))
		if err != nil {
			return err
		}
		t, err := refresh.ParseResponse(answer.StatusCode, answer.Header, body, time.Now())
		if err != nil {
			return err
		}
		if err := tokens.Login(ctx, withDetails(t, a.client)); err != nil {
			return err
		}
		return a.say("logged in")
	})
}

func (a *authgate) token() error {
	return a.with(func(ctx context.Context, tokens *refresh.Coordinator) error {
		before, err := tokens.Status(ctx)
		if err != nil {
			return err
		}
		if _, err := tokens.Token(ctx); err != nil {
			return err
		}
		if after, err := tokens.Status(ctx); err == nil && after.Generation != before.Generation {
			return a.say("refreshed")
		}
		return a.say("the stored token is good")
	})
}

func (a *authgate) status() error {
	return a.with(func(ctx context.Context, tokens *refresh.Coordinator) error {
		s, err := tokens.Status(ctx)
		switch {
		case err != nil:
			return err
		case !s.LoggedIn:
			return a.say("logged out")
		}
		_, err = fmt.Fprintf(a.out, "logged in; rotated %d times, expires %s\n", s.Generation, s.Expiry.UTC().Format(time.RFC3339))
		return err
	})
}

func (a *authgate) logout() error {
	return a.with(func(ctx context.Context, tokens *refresh.Coordinator) error {
		if _, err := tokens.Logout(ctx); err != nil {
			return err
		}
		return a.say("logged out")
	})
}

func (a *authgate) serve() error {
	l, err := listen(oauthtest.New(oauthtest.Options{}))
	if err != nil {
		return err
	}
	defer l.Close()
	if err := a.say("http://" + l.Addr().String() + "\npress Enter to end"); err != nil {
		return err
	}
	_, _ = a.in.ReadString('\n')
	return nil
}

// listen runs a server until the listener is closed.
func listen(h http.Handler) (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() { _ = http.Serve(l, h) }()
	return l, nil
}

// loginYesterday stores an answer of the server whose access token has expired
// overnight.
func loginYesterday(path, client string, answer oauthtest.Answer) error {
	file, tokens, err := open(path, client, "")
	if err != nil {
		return err
	}
	defer file.Close()
	t := refresh.Token{Access: answer.AccessToken, Refresh: answer.RefreshToken, Expiry: time.Now().Add(-8 * time.Hour)}
	return tokens.Login(context.Background(), withDetails(t, client))
}

// withDetails adds the members that are no part of the protocol.
func withDetails(t refresh.Token, client string) refresh.Token {
	t.Extra = map[string]any{"token_type": "Bearer", "client_id": client, "flow": "device"}
	return t
}
