package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/refresh"
)

const usage = `codag keeps a login in one config.json, whoever else writes it.

Usage: codag [flags] command

Commands:
  login          get a first pair of tokens
  refresh        rotate the pair
  check-update   look for a new version; saves twice
  id             print the distinct id, and make it if there is none
  anon           mint the anonymous token if there is none
  status         say what the file holds; never prints a token
  serve          run the stand-in token server until Enter
  demo           lose a login the old way, and keep it the new way

Flags:
`

// ready is what a command with -pause says before each save.
const ready = "ready to save: press Enter"

// latestVersion is what the update checker finds.
const latestVersion = "2.0.0"

// codag is one run of the tool.
type codag struct {
	path   string
	server string // empty: one in this process
	naive  bool
	pause  bool
	in     *bufio.Reader
	out    io.Writer
	now    func() time.Time
}

// run is main with its surroundings passed in; it returns the exit status.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	c := &codag{in: bufio.NewReader(stdin), out: stdout, now: time.Now}
	flags := flag.NewFlagSet("codag", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&c.path, "file", defaultPath(), "the `path` of config.json")
	flags.StringVar(&c.server, "server", "", "the `URL` of a token server; without it one runs in this process")
	flags.BoolVar(&c.naive, "naive", false, "save the old way, which loses tokens")
	flags.BoolVar(&c.pause, "pause", false, "wait for Enter before each save, so that another terminal can be faster")
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
	command := c.command(flags.Arg(0))
	if command == nil || flags.NArg() != 1 {
		flags.Usage()
		return 2
	}
	if err := command(); err != nil {
		_, _ = fmt.Fprintln(stderr, "codag:", err)
		return 1
	}
	return 0
}

func defaultPath() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		dir = "."
	}
	return filepath.Join(dir, "codag-example", "config.json")
}

func (c *codag) command(name string) func() error {
	switch name {
	case "login":
		return c.login
	case "refresh":
		return c.refresh
	case "check-update":
		return c.checkUpdate
	case "id":
		return c.id
	case "anon":
		return c.anon
	case "status":
		return c.status
	case "serve":
		return c.serve
	case "demo":
		return c.demo
	}
	return nil
}

// load loads the new way or the old one. Everything else is the same for both.
func (c *codag) load(cfg *Config) (save func() error, err error) {
	way := load
	if c.naive {
		way = loadNaively
	}
	write, err := way(c.path, cfg)
	return func() error {
		if c.pause {
			c.say(ready)
			_, _ = c.in.ReadString('\n')
		}
		if err := os.MkdirAll(filepath.Dir(c.path), 0o700); err != nil {
			return err
		}
		return write()
	}, err
}

func (c *codag) say(line string) { _, _ = fmt.Fprintln(c.out, line) }

func (c *codag) login() error {
	var cfg Config
	save, err := c.load(&cfg)
	if err != nil {
		return err
	}
	return c.takePair(&cfg, save, "/login", nil)
}

func (c *codag) refresh() error {
	var cfg Config
	save, err := c.load(&cfg)
	if err != nil {
		return err
	}
	if cfg.RefreshToken == "" {
		return errors.New("not logged in")
	}
	return c.takePair(&cfg, save, "/token", url.Values{"refresh_token": {cfg.RefreshToken}})
}

func (c *codag) takePair(cfg *Config, save func() error, path string, form url.Values) error {
	answer, err := c.ask(cfg, path, form)
	if err != nil {
		return err
	}
	cfg.AccessToken, cfg.RefreshToken = answer.AccessToken, answer.RefreshToken
	return save()
}

// ask asks the token server, and makes one if there is none.
func (c *codag) ask(cfg *Config, path string, form url.Values) (pair, error) {
	if c.server != "" {
		return ask(c.server, path, form)
	}
	l, err := resume(cfg.RefreshToken).serve()
	if err != nil {
		return pair{}, err
	}
	defer func() { _ = l.Close() }()
	return ask(urlOf(l), path, form)
}

// checkUpdate saves twice: when it looked, so that a slow network is not asked
// again at once, and what it found.
func (c *codag) checkUpdate() error {
	var cfg Config
	save, err := c.load(&cfg)
	if err != nil {
		return err
	}
	cfg.Update.LastChecked = c.now().UTC().Truncate(time.Second)
	if err := save(); err != nil {
		return err
	}
	cfg.Update.LatestVersion = latestVersion
	return save()
}

func (c *codag) id() error {
	make := c.once
	if c.naive {
		make = c.onceNaively
	}
	id, err := make("/distinct_id", func(context.Context) (string, error) { return rand.Text(), nil })
	if err == nil {
		c.say(id)
	}
	return err
}

func (c *codag) anon() error {
	make := c.once
	if c.naive {
		make = c.onceNaively
	}
	_, err := make("/anon_token", func(context.Context) (string, error) {
		answer, err := c.ask(&Config{}, "/anonymous", nil)
		return answer.AccessToken, err
	})
	return err
}

// once returns the value at the pointer. If there is none it is made, by one
// process; the others wait for it.
func (c *codag) once(pointer string, mint func(context.Context) (string, error)) (string, error) {
	if err := os.MkdirAll(filepath.Dir(c.path), 0o700); err != nil {
		return "", err
	}
	file, err := cfgmerge.Open[Config](c.path, nil)
	if err != nil {
		return "", err
	}
	defer file.Close()
	value, err := refresh.NewOnce(file.Doc(), pointer, func(ctx context.Context) (string, error) {
		made, err := mint(ctx)
		if err == nil && c.pause {
			c.say(ready)
			_, _ = c.in.ReadString('\n')
		}
		return made, err
	}, refresh.OnceOptions{})
	if err != nil {
		return "", err
	}
	return value.Get(context.Background())
}

func (c *codag) status() error {
	var cfg Config
	if _, err := c.load(&cfg); err != nil {
		return err
	}
	checked := "never"
	if !cfg.Update.LastChecked.IsZero() {
		checked = cfg.Update.LastChecked.Format(time.RFC3339) + ", latest version " + cfg.Update.LatestVersion
	}
	_, err := fmt.Fprintf(c.out, "logged in:       %s\nanonymous token: %s\ndistinct id:     %s\nlast check:      %s\n",
		yes(cfg.RefreshToken != ""), yes(cfg.AnonToken != ""), cfg.DistinctID, checked)
	return err
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

func (c *codag) serve() error {
	l, err := (&tokenServer{}).serve()
	if err != nil {
		return err
	}
	c.say(urlOf(l))
	_, _ = c.in.ReadString('\n')
	return l.Close()
}
