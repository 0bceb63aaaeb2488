package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/cfgmerge/cfgmerge/examples/proctest"
)

// overtake starts a command, lets another one run to its end before the first
// of its saves, and lets it go on.
func (m *machine) overtake(slow []string, fast ...string) string {
	m.Helper()
	p := m.start(append([]string{"-pause"}, slow...)...)
	p.Expect(ready)
	m.run(fast...)
	return p.Finish()
}

// Scenario 1.
func TestACheckThatLoadedBeforeARotationKeepsTheNewPair(t *testing.T) {
	m := loggedIn(t)
	m.overtake([]string{"check-update"}, "refresh")
	m.wantPair("2")
	if m.config().Update.LastChecked.IsZero() {
		t.Error("the time of the check was not saved")
	}
	m.run("refresh") // the server knows RT-2, and would revoke RT-1
	m.wantPair("3")
}

// Scenario 1, the bug.
func TestNaivelyACheckThatLoadedBeforeARotationLogsOut(t *testing.T) {
	m := loggedIn(t)
	m.overtake([]string{"-naive", "check-update"}, "-naive", "refresh")
	m.wantPair("1")
	if _, said := m.fail("-naive", "refresh"); !strings.Contains(said, "log in again") || !m.server.revoked {
		t.Error(said)
	}
}

// Scenario 1, with yesterday's version of the program still running.
func TestAnOldBinaryThatPutsTheOldPairBackDoesNotWin(t *testing.T) {
	m := loggedIn(t)
	m.overtake([]string{"-naive", "check-update"}, "refresh")
	m.wantPair("1") // until a program with cfgmerge looks
	m.run("refresh")
	m.wantPair("3")
	if m.config().Update.LatestVersion != latestVersion {
		t.Error("what the old binary found out is gone")
	}
}

// Scenario 2: two saves per check, and a rotation before each.
func TestBothSavesOfACheckKeepPairsThatCameBetween(t *testing.T) {
	for _, way := range []struct {
		name string
		args []string
		want string
	}{
		{"cfgmerge", []string{"-pause", "check-update"}, "3"},
		{"naive", []string{"-naive", "-pause", "check-update"}, "1"},
	} {
		t.Run(way.name, func(t *testing.T) {
			m := loggedIn(t)
			p := m.start(way.args...)
			p.Expect(ready)
			m.run("-naive", "refresh")
			p.Say("")
			p.Expect(ready)
			if way.want == "3" {
				m.wantPair("2")
				m.run("refresh")
			} // naively the file holds RT-1 already
			p.Finish()
			m.wantPair(way.want)
			if m.config().Update.LatestVersion != latestVersion {
				t.Error("the second save is not there")
			}
		})
	}
}

// Scenario 2: values that are made on the first run.
func TestMakingAValueOnceKeepsARotationThatCameBetween(t *testing.T) {
	for _, way := range []struct {
		command, flag, want string
	}{
		{"id", "", "2"},
		{"anon", "", "2"},
		{"id", "-naive", "1"},
		{"anon", "-naive", "1"},
	} {
		t.Run(strings.TrimSpace(way.command+" "+way.flag), func(t *testing.T) {
			m := loggedIn(t)
			m.overtake(strings.Fields(way.flag+" "+way.command), strings.Fields(way.flag+" refresh")...)
			m.wantPair(way.want)
			if cfg := m.config(); cfg.DistinctID == "" && cfg.AnonToken == "" {
				t.Errorf("%s made nothing", way.command)
			}
		})
	}
}

// Scenarios 2 and 42: and two that want one at the same time have the same. The
// second waits for the first: it is never about to save one of its own.
func TestTwoFirstRunsHaveTheSameID(t *testing.T) {
	m := newMachine(t)
	a := m.start("-pause", "id")
	a.Expect(ready)
	b := m.start("id")
	idOfA, idOfB := a.Finish(), b.Finish()
	if idOfA != idOfB || len(idOfA) < 20 {
		t.Errorf("A has %s and B has %s", idOfA, idOfB)
	}
}

func TestTheOldWayTwoFirstRunsHaveTwoIDs(t *testing.T) {
	m := newMachine(t)
	a, b := m.start("-naive", "-pause", "id"), m.start("-naive", "-pause", "id")
	a.Expect(ready)
	b.Expect(ready)
	if idOfA, idOfB := a.Finish(), b.Finish(); idOfA == idOfB {
		t.Errorf("both have %s", idOfA)
	}
}

// Scenarios 2 and 42: of the anonymous token the server makes one.
func TestTwoFirstRunsMintOneAnonymousToken(t *testing.T) {
	m := newMachine(t)
	a := m.start("-pause", "anon")
	a.Expect(ready)
	b := m.start("anon")
	a.Finish()
	b.Finish()
	if got := m.config().AnonToken; got != "ANON-1" || m.server.minted != 1 {
		t.Errorf("the file has %q, and the server made %d", got, m.server.minted)
	}
}

// idle is a process that loads, is overtaken, and saves what it did not change.
// The arguments are the file and the way.
func idle(args []string) int {
	way := load
	if args[1] == "naive" {
		way = loadNaively
	}
	var cfg Config
	save, err := way(args[0], &cfg)
	if err == nil {
		err = proctest.Meet(stdin(), cfg.RefreshToken)
	}
	if err == nil {
		err = save()
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// Scenario 3.
func TestSavingAWholeStaleStructWritesNothing(t *testing.T) {
	m := loggedIn(t)
	p := proctest.Start(t, "idle", m.path, "cfgmerge")
	p.Expect("RT-1")
	m.run("refresh")
	before, text := m.stat(), m.text()
	p.Finish()
	if !os.SameFile(before, m.stat()) || !before.ModTime().Equal(m.stat().ModTime()) {
		t.Error("the file was written")
	}
	if m.text() != text {
		t.Errorf("stamped:\n%s\nnot\n%s", m.text(), text)
	}
	m.wantPair("2")
}

// Scenario 3, the bug.
func TestNaivelySavingAWholeStaleStructPutsTheOldPairBack(t *testing.T) {
	m := loggedIn(t)
	p := proctest.Start(t, "idle", m.path, "naive")
	p.Expect("RT-1")
	m.run("-naive", "refresh")
	p.Finish()
	m.wantPair("1")
}

// Scenario 3: what a stale struct did not change keeps its stamps, too, when
// another field is written.
func TestSavingOneFieldOfAStaleStructStampsThatFieldOnly(t *testing.T) {
	m := loggedIn(t)
	m.run("id")
	p := m.start("-pause", "check-update")
	p.Expect(ready)
	m.run("refresh")
	before := stamps(t, m.text())
	p.Finish()
	after := stamps(t, m.text())
	for _, key := range []string{"login", "/distinct_id"} {
		if before[key] == "" || before[key] != after[key] {
			t.Errorf("%s: %s became %s", key, before[key], after[key])
		}
	}
	if len(after) <= len(before) {
		t.Errorf("the check left no stamp: %v", after)
	}
}

func (m *machine) stat() os.FileInfo {
	m.Helper()
	info, err := os.Stat(m.path)
	if err != nil {
		m.Fatal(err)
	}
	return info
}
