package main

import (
	"bufio"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const usage = `opencode keeps one credential per provider in auth.json.

Usage: opencode [flags] command

Commands:
  set PROVIDER        store the API key that is read from stdin
  set URL VARIABLE    store the well-known token that is read from stdin
  login PROVIDER      get OAuth tokens; again: rotate them
  remove PROVIDER     forget a provider
  list                print the providers and their types; never a secret

Flags:
`

// ready is what a command with -pause says before it saves.
const ready = "ready to save: press Enter"

// lifetime of an access token.
const lifetime = time.Hour

// opencode is one run of the tool.
type opencode struct {
	path  string
	naive bool
	pause bool
	in    *bufio.Reader
	out   io.Writer
	now   func() time.Time
}

// run is main with its surroundings passed in; it returns the exit status.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o := &opencode{in: bufio.NewReader(stdin), out: stdout, now: time.Now}
	flags := flag.NewFlagSet("opencode", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.path, "file", defaultPath(), "the `path` of auth.json")
	flags.BoolVar(&o.naive, "naive", false, "save the old way, which loses providers")
	flags.BoolVar(&o.pause, "pause", false, "wait for Enter before saving, so that another terminal can be faster")
	flags.Usage = func() {
		_, _ = io.WriteString(flags.Output(), usage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if flags.Arg(0) == "help" {
		flags.SetOutput(stdout)
		flags.Usage()
		return 0
	}
	command := o.command(flags.Args())
	if command == nil {
		flags.Usage()
		return 2
	}
	if err := command(); err != nil {
		_, _ = fmt.Fprintln(stderr, "opencode:", err)
		return 1
	}
	return 0
}

func defaultPath() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		dir = "."
	}
	return filepath.Join(dir, "opencode-example", "auth.json")
}

// command returns what the arguments ask for, nil if that is nothing.
func (o *opencode) command(args []string) func() error {
	switch name := strings.Join(args[:min(1, len(args))], ""); {
	case name == "set" && len(args) == 2:
		return o.change(args[1], o.apiKey)
	case name == "set" && len(args) == 3:
		return o.change(args[1], o.wellKnown(args[2]))
	case name == "login" && len(args) == 2:
		return o.change(args[1], o.authorize)
	case name == "remove" && len(args) == 2:
		return o.change(args[1], nil)
	case name == "list" && len(args) == 1:
		return o.list
	}
	return nil
}

// load loads the new way or the old one. Everything else is the same for both.
func (o *opencode) load(auth *Auth) (save func() error, err error) {
	way := load
	if o.naive {
		way = loadNaively
	}
	write, err := way(o.path, auth)
	return func() error {
		if o.pause {
			_, _ = fmt.Fprintln(o.out, ready)
			_, _ = o.in.ReadString('\n')
		}
		if err := os.MkdirAll(filepath.Dir(o.path), 0o700); err != nil {
			return err
		}
		return write()
	}, err
}

// change is a command that makes a new credential of a provider's old one, or
// removes it if it is not said how.
func (o *opencode) change(provider string, renew func(old Credential) (Credential, error)) func() error {
	return func() error {
		var auth Auth
		save, err := o.load(&auth)
		if err != nil {
			return err
		}
		if renew == nil {
			delete(auth, provider)
			return save()
		}
		if auth[provider], err = renew(auth[provider]); err != nil {
			return err
		}
		return save()
	}
}

func (o *opencode) apiKey(Credential) (Credential, error) {
	key, err := o.secret()
	return Credential{Type: typeAPI, Key: key}, err
}

func (o *opencode) wellKnown(variable string) func(Credential) (Credential, error) {
	return func(Credential) (Credential, error) {
		token, err := o.secret()
		return Credential{Type: typeWellKnown, Key: variable, Token: token}, err
	}
}

// secret reads a line. Arguments can be seen by every user of the machine.
func (o *opencode) secret() (string, error) {
	line, err := o.in.ReadString('\n')
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", errors.Join(errors.New("no secret on stdin"), err)
	}
	return line, nil
}

// authorize stands in for the browser and the server.
func (o *opencode) authorize(old Credential) (Credential, error) {
	account := old.AccountID
	if account == "" {
		account = "acct-1"
	}
	number := rand.Text()
	return Credential{
		Type: typeOAuth, Access: "AT-" + number, Refresh: "RT-" + number,
		Expires: o.now().Add(lifetime).UnixMilli(), AccountID: account,
	}, nil
}

func (o *opencode) list() error {
	var auth Auth
	if _, err := o.load(&auth); err != nil {
		return err
	}
	for _, provider := range slices.Sorted(maps.Keys(auth)) {
		if _, err := fmt.Fprintf(o.out, "%s\t%s\n", provider, auth[provider].Type); err != nil {
			return err
		}
	}
	return nil
}
