package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/conformance/oauthtest"
	"github.com/cfgmerge/cfgmerge/examples/proctest"
)

// Scenario numbers refer to the list of reported data losses that this project
// keeps; the behaviours are also in the documentation of package refresh.

func TestMain(m *testing.M) {
	proctest.Main(m, map[string]proctest.Role{
		"authgate": func(args []string) int { return run(args, os.Stdin, os.Stdout, os.Stderr) },
	})
}

// machine is where several processes share one file.
type machine struct {
	*testing.T
	path   string
	server *oauthtest.Server
}

// asleep has a token for each client, all of which have expired.
func asleep(t *testing.T, clients ...string) *machine {
	t.Helper()
	m := &machine{T: t, path: filepath.Join(t.TempDir(), "tokens.json"), server: oauthtest.Start(t, oauthtest.Options{})}
	for _, client := range clients {
		if err := loginYesterday(m.path, client, m.server.Login("me", client)); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func (m *machine) start(args ...string) *proctest.Process {
	m.Helper()
	return proctest.Start(m.T, "authgate", append([]string{"-file", m.path, "-server", m.server.URL}, args...)...)
}

func (m *machine) tokens() map[string]Token {
	m.Helper()
	data, err := os.ReadFile(m.path)
	if err != nil {
		m.Fatal(err)
	}
	var all Tokens
	if err := json.Unmarshal(data, &all); err != nil {
		m.Fatal(err)
	}
	return all.Tokens
}

// Scenario 24.
func TestManyProcessesWithAnExpiredTokenMakeOneCall(t *testing.T) {
	m := asleep(t, "cli")
	var all []*proctest.Process
	for range runs {
		all = append(all, m.start("token"))
	}
	for _, p := range all {
		p.Finish()
	}
	if c := m.server.Counts(); c.Exchanges != 1 || c.Reuses != 0 || c.Refusals != 0 {
		t.Errorf("%+v", c)
	}
}

func TestTheOldWayTwoProcessesSpendOneTokenAndTheLoginEnds(t *testing.T) {
	m := asleep(t, "cli")
	first, second := m.start("-naive", "-pause", "token"), m.start("-naive", "-pause", "token")
	for _, p := range []*proctest.Process{first, second} {
		p.Expect("ready to spend: press Enter")
	}
	first.Finish()
	if _, said, code := second.End(); code == 0 || !strings.Contains(said, "invalid_grant") {
		t.Errorf("status %d: %s", code, said)
	}
	if c := m.server.Counts(); c.Revocations != 1 {
		t.Errorf("%+v", c)
	}
}

// Scenario 25.
func TestATokenThatAPeerHasRefreshedIsTakenWithoutACall(t *testing.T) {
	m := asleep(t, "cli")
	if got := m.start("token").Finish(); got != "refreshed\n" {
		t.Fatalf("said %q", got)
	}
	if got := m.start("token").Finish(); got != "the stored token is good\n" {
		t.Errorf("said %q", got)
	}
	if c := m.server.Counts(); c.Exchanges != 1 {
		t.Errorf("%+v", c)
	}
}

// Scenario 29.
func TestClientIDsOfAnyKindHaveTokensOfTheirOwn(t *testing.T) {
	ids := []string{"../x", "a/b", "C:", "app", "APP", strings.Repeat("long", 2500), "https://example.com/~me"}
	m := asleep(t, ids...)
	for _, id := range ids {
		if got := m.start("-client", id, "token").Finish(); got != "refreshed\n" {
			t.Errorf("%.20q: said %q", id, got)
		}
	}
	if got := m.tokens(); len(got) != len(ids) {
		t.Errorf("%d tokens, not %d", len(got), len(ids))
	}
	entries, err := os.ReadDir(filepath.Dir(m.path))
	if err != nil || len(entries) != 2 {
		t.Errorf("beside the file and its state folder: %v %v", entries, err)
	}
}

// Scenario 30.
func TestARelativePathAndALinkNameTheSameToken(t *testing.T) {
	m := asleep(t, "cli")
	link := filepath.Join(t.TempDir(), "link.json")
	if err := os.Symlink(m.path, link); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	relative, err := filepath.Rel(here, m.path)
	if err != nil {
		t.Skip("no relative path from here: ", err)
	}
	var all []*proctest.Process
	for _, path := range []string{link, relative, m.path} {
		all = append(all, m.start("-file", path, "token"))
	}
	for _, p := range all {
		p.Finish()
	}
	if c := m.server.Counts(); c.Exchanges != 1 {
		t.Errorf("%+v", c)
	}
}

func TestALoginIsStoredInTheFormOfTheFile(t *testing.T) {
	m := asleep(t)
	m.start("login").Finish()
	got := m.tokens()["cli"]
	if got.RefreshToken != "RT-1" || got.TokenType != "Bearer" || got.ClientID != "cli" || got.ExpiresAt.Before(time.Now()) {
		t.Errorf("type %q, client %q, expires %s", got.TokenType, got.ClientID, got.ExpiresAt)
	}
}

func TestLogoutLeavesTheTokensOfOtherClients(t *testing.T) {
	m := asleep(t, "one", "two")
	m.start("-client", "one", "logout").Finish()
	if got := m.start("-client", "one", "status").Finish(); got != "logged out\n" {
		t.Errorf("said %q", got)
	}
	if got := m.start("-client", "two", "token").Finish(); got != "refreshed\n" {
		t.Errorf("said %q", got)
	}
}

// The README shows what the demo prints.
func TestTheDemoShowsTheLossAndTheCure(t *testing.T) {
	var out strings.Builder
	if code := run([]string{"demo"}, strings.NewReader(""), &out, &out); code != 0 {
		t.Fatalf("status %d: %s", code, out.String())
	}
	if !strings.Contains(out.String(), "logged out: a spent token came back") || !strings.Contains(out.String(), "1 of 6 runs asked the server; still logged in") {
		t.Errorf("it printed\n%s", out.String())
	}
}
