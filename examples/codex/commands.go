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

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/conformance/oauthtest"
	"github.com/cfgmerge/cfgmerge/refresh"
)

const usage = `codex keeps the login of one account in auth.json.

Usage: codex [flags] command

Commands:
  login     log in with -account
  window    hold the tokens as they are now, and make a request for each line
            that is read, like a window that is idle in between
  status    say how the login is; never prints a token
  api-key   change over to the API key on the standard input
  logout    remove the tokens
  serve     run the stand-in authorization server until Enter
  demo      two windows, the old way and the new way

Flags:
`

// codex is one run of the tool.
type codex struct {
	path    string
	server  string
	account string
	naive   bool
	in      *bufio.Reader
	out     io.Writer
}

// run is main with its surroundings passed in; it returns the exit status.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	c := &codex{in: bufio.NewReader(stdin), out: stdout}
	flags := flag.NewFlagSet("codex", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&c.path, "file", defaultPath(), "the `path` of auth.json")
	flags.StringVar(&c.server, "server", "", "the `URL` of an authorization server, as serve prints it")
	flags.StringVar(&c.account, "account", "me", "the `account` to log in with")
	flags.BoolVar(&c.naive, "naive", false, "refresh the old way, which ends logins and mixes accounts up")
	flags.Usage = func() {
		_, _ = io.WriteString(flags.Output(), usage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	command := c.command(flags.Arg(0))
	if command == nil || flags.NArg() != 1 {
		flags.Usage()
		return 2
	}
	if err := command(); err != nil {
		_, _ = fmt.Fprintln(stderr, "codex:", err)
		return 1
	}
	return 0
}

func defaultPath() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		dir = "."
	}
	return filepath.Join(dir, "codex-example", "auth.json")
}

func (c *codex) command(name string) func() error {
	switch name {
	case "login":
		return c.login
	case "window":
		return c.window
	case "status":
		return c.status
	case "api-key":
		return c.apiKey
	case "logout":
		return c.logout
	case "serve":
		return c.serve
	case "demo":
		return c.demo
	}
	return nil
}

func (c *codex) say(format string, args ...any) error {
	_, err := fmt.Fprintf(c.out, format+"\n", args...)
	return err
}

// with runs a command that needs the login.
func (c *codex) with(do func(context.Context, *cfgmerge.File[Auth], *refresh.Coordinator) error) error {
	if err := os.MkdirAll(filepath.Dir(c.path), 0o700); err != nil {
		return err
	}
	file, tokens, err := login(c.path, c.server)
	if err != nil {
		return err
	}
	defer file.Close()
	return do(context.Background(), file, tokens)
}

func (c *codex) login() error {
	return c.with(func(ctx context.Context, file *cfgmerge.File[Auth], tokens *refresh.Coordinator) error {
		answer, err := http.PostForm(c.server+"/login", url.Values{"account": {c.account}, "client_id": {clientID}})
		if err != nil {
			return errors.New("the server does not answer; start one with codex serve")
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
		t.Identity = c.account
		if err := tokens.Login(ctx, t); err != nil {
			return err
		}
		err = file.Update(ctx, func(a *Auth) error {
			a.Mode, a.LastRefresh = "chatgpt", time.Now().UTC()
			return nil
		})
		if err != nil {
			return err
		}
		return c.say("logged in as %s", c.account)
	})
}

// window reads the tokens once, and goes on with them.
func (c *codex) window() error {
	return c.with(func(ctx context.Context, file *cfgmerge.File[Auth], tokens *refresh.Coordinator) error {
		auth, err := file.Get()
		if err != nil {
			return err
		}
		t := auth.Tokens
		held := refresh.Token{
			Access: t.AccessToken, Refresh: t.RefreshToken, Identity: t.AccountID, Extra: map[string]any{"id_token": t.IDToken},
		}
		if err := c.say("window of %s", t.AccountID); err != nil {
			return err
		}
		for {
			if _, err := c.in.ReadString('\n'); err != nil {
				return nil
			}
			said := "answered"
			if err := c.request(ctx, tokens, &held); err != nil {
				said = "failed: " + err.Error()
			}
			if err := c.say("%s", said); err != nil {
				return err
			}
		}
	})
}

func (c *codex) request(ctx context.Context, tokens *refresh.Coordinator, held *refresh.Token) error {
	if c.naive {
		return requestNaively(ctx, c.path, c.server, held)
	}
	return request(ctx, c.server, tokens, held)
}

func (c *codex) status() error {
	return c.with(func(ctx context.Context, file *cfgmerge.File[Auth], tokens *refresh.Coordinator) error {
		s, err := tokens.Status(ctx)
		if err != nil {
			return err
		}
		if !s.LoggedIn {
			return c.say("logged out")
		}
		return c.say("logged in as %s, rotated %d times", s.Account, s.Generation)
	})
}

// apiKey changes over: the tokens go, under the lock, and come back by no
// refresh that is still under way.
func (c *codex) apiKey() error {
	return c.with(func(ctx context.Context, file *cfgmerge.File[Auth], tokens *refresh.Coordinator) error {
		key, err := c.in.ReadString('\n')
		if err != nil {
			return err
		}
		key = key[:len(key)-1]
		if _, err := tokens.Logout(ctx); err != nil {
			return err
		}
		err = file.Update(ctx, func(a *Auth) error {
			a.Mode, a.APIKey = "apikey", &key
			return nil
		})
		if err != nil {
			return err
		}
		return c.say("changed over to an API key")
	})
}

func (c *codex) logout() error {
	return c.with(func(ctx context.Context, _ *cfgmerge.File[Auth], tokens *refresh.Coordinator) error {
		if _, err := tokens.Logout(ctx); err != nil {
			return err
		}
		return c.say("logged out")
	})
}

func (c *codex) serve() error {
	l, err := listen(oauthtest.New(oauthtest.Options{}))
	if err != nil {
		return err
	}
	defer l.Close()
	if err := c.say("http://%s\npress Enter to end", l.Addr()); err != nil {
		return err
	}
	_, _ = c.in.ReadString('\n')
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
