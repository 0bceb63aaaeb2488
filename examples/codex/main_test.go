package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cfgmerge/cfgmerge/conformance/oauthtest"
	"github.com/cfgmerge/cfgmerge/examples/proctest"
)

// Scenario numbers refer to the list of reported data losses that this project
// keeps; the behaviours are also in the documentation of package refresh.

func TestMain(m *testing.M) {
	proctest.Main(m, map[string]proctest.Role{
		"codex": func(args []string) int { return run(args, os.Stdin, os.Stdout, os.Stderr) },
	})
}

// machine is where several windows share one auth.json.
type machine struct {
	*testing.T
	path   string
	server *oauthtest.Server
}

// loggedIn has the tokens of "me".
func loggedIn(t *testing.T) *machine {
	t.Helper()
	m := &machine{T: t, path: filepath.Join(t.TempDir(), "auth.json"), server: oauthtest.Start(t, oauthtest.Options{})}
	m.start("login").Finish()
	return m
}

func (m *machine) start(args ...string) *proctest.Process {
	m.Helper()
	return proctest.Start(m.T, "codex", append([]string{"-file", m.path, "-server", m.server.URL}, args...)...)
}

// window opens one that holds the tokens of the account as they are now.
func (m *machine) window(account string, args ...string) *proctest.Process {
	m.Helper()
	w := m.start(append(args, "window")...)
	w.Expect("window of " + account)
	return w
}

func (m *machine) auth() Auth {
	m.Helper()
	data, err := os.ReadFile(m.path)
	if err != nil {
		m.Fatal(err)
	}
	var a Auth
	if err := json.Unmarshal(data, &a); err != nil {
		m.Fatal(err)
	}
	return a
}

// Scenarios 35 and 36.
func TestAnIdleWindowTakesTheTokenThatAnotherHasRefreshed(t *testing.T) {
	m := loggedIn(t)
	idle, busy := m.window("me"), m.window("me")
	m.server.ExpireAccess()
	for _, w := range []*proctest.Process{busy, idle} {
		w.Say("")
		w.Expect("answered")
	}
	if c := m.server.Counts(); c.Exchanges != 1 || c.Reuses != 0 {
		t.Errorf("%+v", c)
	}
	if a := m.auth(); a.Tokens.RefreshToken != "RT-2" || a.Tokens.AccountID != "me" {
		t.Error("the file does not hold the second pair of this account")
	}
}

func TestTheOldWayAnIdleWindowEndsTheLogin(t *testing.T) {
	m := loggedIn(t)
	idle, busy := m.window("me", "-naive"), m.window("me", "-naive")
	m.server.ExpireAccess()
	busy.Say("")
	busy.Expect("answered")
	m.server.ExpireAccess()
	idle.Say("")
	idle.Expect("failed: the authorization server refused: invalid_grant (status 400)")
	if c := m.server.Counts(); c.Revocations != 1 {
		t.Errorf("%+v", c)
	}
}

// Scenario 37.
func TestAWindowOfAnotherAccountStopsAndLeavesTheFileAlone(t *testing.T) {
	m := loggedIn(t)
	old := m.window("me")
	m.start("-account", "you", "login").Finish()
	before := m.auth()
	m.server.ExpireAccess()
	old.Say("")
	old.Expect("failed: " + errSwitched.Error())
	if now := m.auth(); now.Tokens != before.Tokens {
		t.Error("the tokens in the file were changed")
	}
	if c := m.server.Counts(); c.Exchanges != 0 || c.Resources != 0 && c.Expired != c.Resources {
		t.Errorf("%+v", c)
	}
}

func TestTheOldWayAWindowOfAnotherAccountMixesThemUp(t *testing.T) {
	m := loggedIn(t)
	old := m.window("me", "-naive")
	m.start("-account", "you", "login").Finish()
	m.server.ExpireAccess()
	old.Say("")
	old.Expect("answered")
	if a := m.auth(); a.Tokens.AccountID != "you" || a.Tokens.RefreshToken != "RT-3" {
		t.Errorf("the account %q has another token than that of %q", a.Tokens.AccountID, "me")
	}
}

// Scenario 37.
func TestAWindowGivesUpWhenTheUserHasChangedOverToAnAPIKey(t *testing.T) {
	m := loggedIn(t)
	w := m.window("me")
	change := m.start("api-key")
	change.Say("sk-1")
	change.Finish()
	m.server.ExpireAccess()
	w.Say("")
	w.Expect("failed: " + errLoggedOut.Error())
	if a := m.auth(); a.Mode != "apikey" || a.APIKey == nil || a.Tokens != (Tokens{}) {
		t.Error("the file is not that of an API key")
	}
	if c := m.server.Counts(); c.Exchanges+c.Refusals != 0 {
		t.Errorf("%+v", c)
	}
}

// Scenario 38.
func TestAFileThatIsBeingWrittenIsNotTakenForALogout(t *testing.T) {
	m := loggedIn(t)
	w := m.window("me")
	whole, err := os.ReadFile(m.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(m.path, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	m.server.ExpireAccess()
	w.Say("")
	w.Expect("answered") // from the last good state, and mended with it
	if a := m.auth(); a.Tokens.RefreshToken != "RT-2" {
		t.Error("the file does not hold the second pair")
	}
}

// The README shows what the demo prints.
func TestTheDemoShowsTheLossAndTheCure(t *testing.T) {
	var out strings.Builder
	if code := run([]string{"demo"}, strings.NewReader(""), &out, &out); code != 0 {
		t.Fatalf("status %d: %s", code, out.String())
	}
	if !strings.Contains(out.String(), "logged out: the second window") || !strings.Contains(out.String(), "both windows go on") {
		t.Errorf("it printed\n%s", out.String())
	}
}
