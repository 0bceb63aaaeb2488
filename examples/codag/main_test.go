package main

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cfgmerge/cfgmerge/examples/proctest"
)

// Scenario numbers refer to the list of reported data losses that this project
// keeps; the behaviours are also in SPEC.md.

func TestMain(m *testing.M) {
	proctest.Main(m, map[string]proctest.Role{
		"codag":    func(args []string) int { return run(args, os.Stdin, os.Stdout, os.Stderr) },
		"idle":     idle,
		"loop":     loginLoop,
		"stranger": stranger,
	})
}

// machine is where several processes of codag share one file.
type machine struct {
	*testing.T
	path   string
	server *tokenServer
	url    string
}

// newMachine has a server and no file yet.
func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{T: t, path: filepath.Join(t.TempDir(), "config.json"), server: &tokenServer{}}
	l, err := m.server.serve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	m.url = urlOf(l)
	return m
}

// loggedIn has a file with AT-1 and RT-1.
func loggedIn(t *testing.T) *machine {
	t.Helper()
	m := newMachine(t)
	m.run("login")
	return m
}

// start starts codag with these arguments.
func (m *machine) start(args ...string) *proctest.Process {
	m.Helper()
	return proctest.Start(m.T, "codag", append([]string{"-file", m.path, "-server", m.url}, args...)...)
}

// run runs codag to its end and returns what it printed.
func (m *machine) run(args ...string) string {
	m.Helper()
	return m.start(args...).Finish()
}

func (m *machine) text() string {
	m.Helper()
	data, err := os.ReadFile(m.path)
	if err != nil {
		m.Fatal(err)
	}
	return string(data)
}

func (m *machine) write(text string) {
	m.Helper()
	if err := os.WriteFile(m.path, []byte(text), 0o600); err != nil {
		m.Fatal(err)
	}
}

// config is what any program finds in the file.
func (m *machine) config() Config {
	m.Helper()
	var cfg Config
	if err := json.Unmarshal([]byte(m.text()), &cfg); err != nil {
		m.Fatal(err)
	}
	return cfg
}

func (m *machine) wantPair(n string) {
	m.Helper()
	if cfg := m.config(); cfg.AccessToken != "AT-"+n || cfg.RefreshToken != "RT-"+n {
		m.Errorf("the file holds %s and %s, not AT-%s and RT-%s", cfg.AccessToken, cfg.RefreshToken, n, n)
	}
}

func stdin() *bufio.Reader { return bufio.NewReader(os.Stdin) }

func TestHelpSaysEveryCommand(t *testing.T) {
	help := proctest.Start(t, "codag", "help").Finish()
	for _, command := range []string{"login", "refresh", "check-update", "id", "anon", "status", "serve", "demo"} {
		if !strings.Contains(help, "\n  "+command+" ") {
			t.Errorf("no %s in:\n%s", command, help)
		}
		if (&codag{}).command(command) == nil {
			t.Errorf("no command %s", command)
		}
	}
}

func TestTheDemoLosesTheOldWayOnly(t *testing.T) {
	out := proctest.Start(t, "codag", "demo").Finish()
	lines := strings.Split(out, "\n")
	if !strings.Contains(lines[0], "logged out") || !strings.Contains(lines[1], "still logged in") {
		t.Errorf("got:\n%s", out)
	}
}

func TestStatusNeverPrintsATokenNorDoesAnError(t *testing.T) {
	m := loggedIn(t)
	m.run("anon")
	status := m.run("status")
	_, spent := m.fail("-server", m.revoking(), "refresh")
	m = newMachine(t)
	m.write(`{"refresh_token": "RT-1", "anon_token": "ANON-1", "update": "AT-1"`)
	_, torn := m.fail("status")
	m.write(`{"refresh_token": "RT-1", "anon_token": "ANON-1", "update": "AT-1"}`)
	_, mistyped := m.fail("status")
	for _, text := range []string{status, spent, torn, mistyped} {
		if text == "" || strings.Contains(text, "AT-") || strings.Contains(text, "RT-") || strings.Contains(text, "ANON-") {
			t.Errorf("printed: %q", text)
		}
	}
}

// revoking returns the URL of a server that takes RT-1 for stolen.
func (m *machine) revoking() string {
	m.Helper()
	l, err := resume("RT-7").serve()
	if err != nil {
		m.Fatal(err)
	}
	m.Cleanup(func() { _ = l.Close() })
	return urlOf(l)
}

// fail runs codag, which must end with status 1, and returns what it printed.
func (m *machine) fail(args ...string) (stdout, stderr string) {
	m.Helper()
	stdout, stderr, code := m.start(args...).End()
	if code != 1 || stderr == "" {
		m.Errorf("%v: exit status %d\n%s%s", args, code, stdout, stderr)
	}
	return stdout, stderr
}
