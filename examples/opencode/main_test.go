package main

import (
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
		"opencode": func(args []string) int { return run(args, os.Stdin, os.Stdout, os.Stderr) },
		"old":      oldSet,
	})
}

// fixture has all types of credentials that the tool knows.
const fixture = `{
  "anthropic": {
    "type": "oauth",
    "refresh": "RT-1",
    "access": "AT-1",
    "expires": 1795315200000,
    "accountId": "acct-1"
  },
  "openai": {
    "type": "api",
    "key": "SK-1"
  },
  "https://example.com": {
    "type": "wellknown",
    "key": "EXAMPLE_TOKEN",
    "token": "WK-1"
  }
}
`

// machine is where several processes share one file.
type machine struct {
	*testing.T
	path string
}

// newMachine has a file with this text, or none if it is empty.
func newMachine(t *testing.T, text string) *machine {
	t.Helper()
	m := &machine{T: t, path: filepath.Join(t.TempDir(), "auth.json")}
	if text != "" {
		m.write(text)
	}
	return m
}

func (m *machine) start(args ...string) *proctest.Process {
	m.Helper()
	return proctest.Start(m.T, "opencode", append([]string{"-file", m.path}, args...)...)
}

func (m *machine) run(args ...string) string {
	m.Helper()
	return m.start(args...).Finish()
}

// set stores an API key.
func (m *machine) set(provider, key string, flags ...string) {
	m.Helper()
	p := m.start(append(flags, "set", provider)...)
	p.Say(key)
	p.Finish()
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

// auth is what any program finds in the file.
func (m *machine) auth() Auth {
	m.Helper()
	var auth Auth
	if err := json.Unmarshal([]byte(m.text()), &auth); err != nil {
		m.Fatal(err)
	}
	return auth
}

func TestHelpSaysEveryCommand(t *testing.T) {
	help := newMachine(t, "").run("help")
	for _, command := range []string{"set", "login", "remove", "list"} {
		if !strings.Contains(help, "\n  "+command+" ") {
			t.Errorf("no %s in:\n%s", command, help)
		}
	}
}

func TestTheFileGetsNoKeyOfOurs(t *testing.T) {
	m := newMachine(t, "")
	m.run("login", "anthropic")
	m.set("openai", "SK-1")
	p := m.start("set", "https://example.com", "EXAMPLE_TOKEN")
	p.Say("WK-1")
	p.Finish()
	auth := m.auth()
	if len(auth) != 3 || strings.Contains(m.text(), "cfgmerge") {
		t.Errorf("the file holds\n%s", m.text())
	}
	if c := auth["https://example.com"]; c != (Credential{Type: typeWellKnown, Key: "EXAMPLE_TOKEN", Token: "WK-1"}) {
		t.Errorf("got %+v", c)
	}
	if c := auth["anthropic"]; c.Access == "" || c.Access[3:] != c.Refresh[3:] || c.Expires == 0 {
		t.Errorf("got %+v", c)
	}
}

func TestListNamesProvidersAndNoSecret(t *testing.T) {
	const want = "anthropic\toauth\nhttps://example.com\twellknown\nopenai\tapi\n"
	if got := newMachine(t, fixture).run("list"); got != want {
		t.Errorf("got %q", got)
	}
}
