package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/examples/proctest"
)

// vault is an entry of a type that this version does not know, written as no
// encoder of this version would write it.
const vault = `"corp vault" :  { "type":"vault","role" : "a&b<c>",
      "ttl": 1.50, "serial": 12345678901234567890123, "half": 5e-1,
      "path": [ "secret/",   "\u0041/b", { } ], "nested": { "": null, "a/b~c": [1,2 ,3] } }`

// withUnknown has an unknown entry, and fields in a known one.
const withUnknown = `{
  ` + vault + `,
  "openai": {
    "organization": "org-1",
    "type": "api",
    "key": "SK-1",
    "scopes": ["a",  "b"]
  },
  "anthropic": {"type": "oauth", "refresh": "RT-1", "access": "AT-1", "expires": 1795315200000}
}
`

// Scenario 8.
func TestEntriesOfUnknownTypesSurviveByteForByte(t *testing.T) {
	m := newMachine(t, withUnknown)
	m.set("openai", "SK-2")
	want := strings.Replace(withUnknown, "SK-1", "SK-2", 1)
	if m.text() != want {
		t.Errorf("got\n%s\nnot\n%s", m.text(), want)
	}
	m.run("login", "anthropic")
	m.set("groq", "SK-3")
	m.run("remove", "groq")
	for _, part := range []string{vault, `"organization": "org-1"`, `"scopes": ["a",  "b"]`} {
		if !strings.Contains(m.text(), part) {
			t.Errorf("no\n%s\nin\n%s", part, m.text())
		}
	}
	if got := m.run("list"); got != "anthropic\toauth\ncorp vault\tvault\nopenai\tapi\n" {
		t.Errorf("list: %q", got)
	}
}

// Scenario 8, the bug.
func TestNaivelyUnknownFieldsAreStripped(t *testing.T) {
	m := newMachine(t, withUnknown)
	m.set("openai", "SK-2", "-naive")
	for _, part := range []string{"12345678901234567890123", "org-1", "scopes"} {
		if strings.Contains(m.text(), part) {
			t.Errorf("%s is still in\n%s", part, m.text())
		}
	}
}

// oldCredential is that of an older version, which knew API keys only.
type oldCredential struct {
	Type string `json:"type"`
	Key  string `json:"key,omitempty"`
}

// oldSet is an older binary that links cfgmerge: it stores an API key.
func oldSet(args []string) int {
	var auth map[string]oldCredential
	snap, err := cfgmerge.Load(args[0], &auth)
	if err == nil {
		err = proctest.Meet(bufio.NewReader(os.Stdin), ready)
	}
	if err == nil {
		auth[args[1]] = oldCredential{Type: typeAPI, Key: args[2]}
		err = snap.Save(&auth)
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// Scenario 8: a version with a smaller struct, overtaken by a newer one.
func TestAnOlderVersionStripsNothingThatItDoesNotKnow(t *testing.T) {
	m := newMachine(t, withUnknown)
	old := proctest.Start(t, "old", m.path, "openai", "SK-2")
	old.Expect(ready)
	m.run("login", "anthropic")
	login := m.auth()["anthropic"]
	old.Finish()
	if got := m.auth(); got["anthropic"] != login || got["openai"].Key != "SK-2" {
		t.Errorf("got %v", got)
	}
	for _, part := range []string{vault, `"organization": "org-1"`, `"scopes": ["a",  "b"]`} {
		if !strings.Contains(m.text(), part) {
			t.Errorf("no\n%s\nin\n%s", part, m.text())
		}
	}
}

// Scenario 8: and one that does not even link cfgmerge. What it strips comes
// back with the next save.
func TestAnOldBinaryStripsNothingForGood(t *testing.T) {
	m := newMachine(t, withUnknown)
	m.run("login", "anthropic")
	m.set("openai", "SK-2", "-naive")
	m.set("groq", "SK-3")
	for _, part := range []string{"1.50", "12345678901234567890123", "org-1", "scopes", "SK-2"} {
		if !strings.Contains(m.text(), part) {
			t.Errorf("no %s in\n%s", part, m.text())
		}
	}
}

// Scenario 7.
func TestASaveAfterAParseErrorLeavesTheBytes(t *testing.T) {
	const torn = `{"anthropic": {"type": "oauth", "refresh": "RT-1", "acc`
	m := newMachine(t, torn)
	for _, args := range [][]string{{"set", "openai"}, {"login", "anthropic"}, {"remove", "anthropic"}, {"list"}} {
		p := m.start(args...)
		p.Say("SK-2")
		if out, said, code := p.End(); code != 1 || strings.Contains(out+said, "RT-1") {
			t.Errorf("%v: exit status %d\n%s%s", args, code, out, said)
		}
	}
	if m.text() != torn {
		t.Errorf("the file is now %q", m.text())
	}
	m.set("openai", "SK-2", "-naive")
	if strings.Contains(m.text(), "RT-1") {
		t.Error("the naive way kept what it could not read")
	}
}

// Scenario 7: a known field that holds something else than this version
// expects is an error, and no reason to drop the entry.
func TestAnEntryThatDoesNotFitIsAnErrorAndStays(t *testing.T) {
	const text = `{"corp": {"type": "vault", "key": {"kms": "arn"}}, "openai": "SK-1"}`
	m := newMachine(t, text)
	var auth Auth
	snap, err := cfgmerge.Load(m.path, &auth)
	var unfit *cfgmerge.DecodeError
	if !errors.As(err, &unfit) || strings.Contains(err.Error(), "SK-1") {
		t.Errorf("got %v", err)
	}
	if err := snap.Save(&Auth{"groq": {Type: typeAPI}}); !errors.Is(err, unfit) {
		t.Errorf("the save returned %v", err)
	}
	if m.text() != text {
		t.Errorf("the file is now %s", m.text())
	}
}
