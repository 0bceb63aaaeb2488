package main

import (
	"fmt"
	"sync"
	"testing"

	"github.com/cfgmerge/cfgmerge/examples/proctest"
)

// awkward are keys that are read as something else where they are taken for
// paths or patterns.
var awkward = []string{
	"https://example.com", "https://example.com/v1/~me?a=b|c#d", "a.b", "a/b", "/", "~", "~1", "*", "@this", "|", "#", "",
	"0", "-1", `quote " and \`, "mistral", "größer", "$ref",
}

// addAtOnce starts a process for each provider, all of which have loaded the
// file before the first one saves.
func (m *machine) addAtOnce(flags ...string) {
	m.Helper()
	var all []*proctest.Process
	for i, provider := range awkward {
		p := m.start(append(append(flags[:len(flags):len(flags)], "-pause"), "set", provider)...)
		p.Say(fmt.Sprintf("SK-%d", i))
		p.Expect(ready)
		all = append(all, p)
	}
	var done sync.WaitGroup
	for _, p := range all {
		done.Go(func() {
			if out, said, code := p.End(); code != 0 {
				m.Errorf("a process failed: %s%s", out, said)
			}
		})
	}
	done.Wait()
}

// Scenario 5.
func TestProvidersThatAreAddedAtTheSameTimeAreAllThere(t *testing.T) {
	for _, text := range []string{"", "{}", "{\"local\":{\"type\":\"api\",\"key\":\"SK\"}}"} {
		m := newMachine(t, text)
		m.addAtOnce()
		auth := m.auth()
		for i, provider := range awkward {
			if want := (Credential{Type: typeAPI, Key: fmt.Sprintf("SK-%d", i)}); auth[provider] != want {
				t.Errorf("%q: %q has %+v", text, provider, auth[provider])
			}
		}
		if more := len(auth) - len(awkward); more != 0 && auth["local"].Key != "SK" {
			t.Errorf("%d further providers", more)
		}
	}
}

// Scenario 5, the bug: each process writes the map that it has loaded. Here
// they save one after the other, so it is certain which one is left.
func TestNaivelyOnlyTheLastProviderIsThere(t *testing.T) {
	m := newMachine(t, fixture)
	a, b := m.start("-naive", "-pause", "set", "a"), m.start("-naive", "-pause", "set", "b")
	for _, p := range []*proctest.Process{a, b} {
		p.Say("SK-2")
		p.Expect(ready)
	}
	a.Finish()
	b.Finish()
	auth := m.auth()
	if _, ok := auth["a"]; ok || auth["b"].Key != "SK-2" || len(auth) != 4 {
		t.Errorf("got %v", auth)
	}
}

// Scenario 6.
func TestARemovalAndASetAtTheSameTimeAreBothDone(t *testing.T) {
	for _, order := range []string{"the removal first", "the set first"} {
		t.Run(order, func(t *testing.T) {
			m := newMachine(t, fixture)
			remove, set := m.start("-pause", "remove", "anthropic"), m.start("-pause", "set", "groq")
			set.Say("SK-2")
			remove.Expect(ready)
			set.Expect(ready)
			if order == "the set first" {
				set.Finish()
				remove.Finish()
			} else {
				remove.Finish()
				set.Finish()
			}
			m.wantRemovedAndSet()
		})
	}
}

func (m *machine) wantRemovedAndSet() {
	m.Helper()
	auth := m.auth()
	if _, ok := auth["anthropic"]; ok || auth["groq"].Key != "SK-2" || len(auth) != 3 {
		m.Errorf("got %v", auth)
	}
}

// Scenario 6: the removed provider is in the memory of a process that changes
// another one.
func TestAStaleProcessDoesNotBringARemovedProviderBack(t *testing.T) {
	m := newMachine(t, fixture)
	m.run("login", "anthropic")
	stale := m.start("-pause", "set", "groq")
	stale.Say("SK-2")
	stale.Expect(ready)
	m.run("remove", "anthropic")
	stale.Finish()
	m.wantRemovedAndSet()
}

// Scenario 6, the bug.
func TestNaivelyAStaleProcessBringsARemovedProviderBack(t *testing.T) {
	m := newMachine(t, fixture)
	stale := m.start("-naive", "-pause", "set", "groq")
	stale.Say("SK-2")
	stale.Expect(ready)
	m.run("-naive", "remove", "anthropic")
	stale.Finish()
	if m.auth()["anthropic"].Refresh != "RT-1" {
		t.Errorf("got %v", m.auth())
	}
}

// Scenario 6, with yesterday's version of the program still running: what it
// puts back is gone as soon as a program with cfgmerge looks.
func TestAnOldBinaryDoesNotBringARemovedProviderBack(t *testing.T) {
	m := newMachine(t, fixture)
	m.run("login", "anthropic")
	stale := m.start("-naive", "-pause", "set", "groq")
	stale.Say("SK-2")
	stale.Expect(ready)
	m.run("remove", "anthropic")
	stale.Finish()
	if got, want := m.run("list"), "groq\tapi\nhttps://example.com\twellknown\nopenai\tapi\n"; got != want {
		t.Errorf("got %q", got)
	}
	m.set("openai", "SK-3")
	m.wantRemovedAndSet()
}

// Promise 1, for the entries of a map: a login that comes between load and
// save of a process that stores another provider, also if that process is an
// old binary.
func TestALoginSurvivesAStaleProcess(t *testing.T) {
	for _, flag := range []string{"-naive=false", "-naive=true"} {
		t.Run(flag, func(t *testing.T) {
			m := newMachine(t, fixture)
			m.run("login", "anthropic")
			stale := m.start(flag, "-pause", "set", "groq")
			stale.Say("SK-2")
			stale.Expect(ready)
			m.run("login", "anthropic")
			want := m.auth()["anthropic"]
			stale.Finish()
			m.set("openai", "SK-3")
			auth := m.auth()
			if got := auth["anthropic"]; got != want {
				t.Errorf("got %+v, not %+v", got, want)
			}
			if auth["groq"].Key != "SK-2" || auth["openai"].Key != "SK-3" {
				t.Errorf("got %+v", auth)
			}
		})
	}
}

// Promise 1, the bug.
func TestNaivelyAStaleProcessPutsTheOldLoginBack(t *testing.T) {
	m := newMachine(t, fixture)
	stale := m.start("-naive", "-pause", "set", "groq")
	stale.Say("SK-2")
	stale.Expect(ready)
	m.run("-naive", "login", "anthropic")
	stale.Finish()
	if got := m.auth()["anthropic"].Refresh; got != "RT-1" {
		t.Errorf("got %s", got)
	}
}
