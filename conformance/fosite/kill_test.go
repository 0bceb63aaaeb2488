//go:build faults && linux

package fosite

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cfgmerge/cfgmerge/conformance/faults"
	"github.com/cfgmerge/cfgmerge/conformance/oauthtest"
	"github.com/cfgmerge/cfgmerge/refresh"
)

// newInterrupted is a stage on which the answer to an exchange was lost. The
// server forgives that, so that a second one can succeed.
func newInterrupted(t testing.TB) *stage {
	t.Helper()
	s := newStageAt(t, oauthtest.New(oauthtest.Options{Lifetime: long, Grace: long}))
	s.server.Script("/token", oauthtest.Step{Drop: true})
	if _, err := s.refresh(t); !isInterrupted(err) {
		t.Fatal("not interrupted: ", err)
	}
	s.Resume = true
	return s
}

// plan returns, by name, how often the busiest thread makes a call: up to
// there strace can be told to kill.
func plan(calls []faults.Call) map[string]int {
	most := map[string]int{}
	for _, c := range calls {
		if c.Name != "execve" { // before the program there is nothing to kill
			most[c.Name] = max(most[c.Name], c.N)
		}
	}
	return most
}

// What a killed process had come to.
const (
	beforeMarker = "before the marker"
	beforeSent   = "between marker and sending"
	unprocessed  = "sent, and the server has not seen it"
	processed    = "sent and answered, and not stored"
	stored       = "stored"
)

func TestAKillAtEverySystemCallOfARefreshNeitherReplaysNorClears(t *testing.T) {
	reached := killEverywhere(t, newStage, (*stage).judge)
	for _, at := range []string{beforeMarker, beforeSent, unprocessed, processed, stored} {
		if reached[at] == 0 {
			t.Errorf("no kill was %s: the attack misses what it is about", at)
		}
	}
}

// What a resumed rotation spends is spent already: at no moment may the marker
// be missing.
func TestAKillAtEverySystemCallOfAResumeLeavesTheRotationInterrupted(t *testing.T) {
	reached := killEverywhere(t, newInterrupted, (*stage).judgeResume)
	for _, at := range []string{processed, stored} {
		if reached[at] == 0 {
			t.Errorf("no kill was %s: the attack misses what it is about", at)
		}
	}
}

// killEverywhere sets a stage for each system call at which the process can be
// killed, and counts how far the processes had come.
func killEverywhere(t *testing.T, set func(testing.TB) *stage, judge func(*stage, testing.TB, int) string) map[string]int {
	t.Helper()
	needStrace(t)
	clean := set(t).trace(t)
	if clean.Error != "" || clean.err != nil {
		t.Fatalf("without a kill: %v %s", clean.err, clean.Error)
	}
	reached, runs := map[string]int{}, 0
	most := plan(clean.calls)
	for _, name := range slices.Sorted(maps.Keys(most)) {
		for n := 1; n <= most[name]; n++ {
			t.Run(fmt.Sprint(name, n), func(t *testing.T) {
				s := set(t)
				run := s.trace(t, fmt.Sprintf("--inject=%s:signal=KILL:when=%d", name, n))
				if run.err == nil {
					return // its calls were spread over other threads
				}
				runs++
				reached[judge(s, t, run.pid)]++
			})
		}
	}
	t.Logf("%d kills: %v", runs, reached)
	return reached
}

// judge looks what is left, and what the next process makes of it.
func (s *stage) judge(t testing.TB, killed int) string {
	t.Helper()
	at := s.found(t)
	before := s.server.Counts()
	token, err := s.refresh(t)
	after := s.server.Counts()

	var interrupted *refresh.InterruptedError
	switch at {
	case unprocessed, processed:
		if !errors.As(err, &interrupted) || interrupted.PID != killed || after.Exchanges != before.Exchanges || s.refreshToken(t) != "RT-1" {
			t.Errorf("%s: %v; %d exchanges, then %d; the file holds %s", at, err, before.Exchanges, after.Exchanges, s.refreshToken(t))
		}
	default:
		if err != nil || token.Access != "AT-2" || after.Exchanges != 1 || s.refreshToken(t) != "RT-2" {
			t.Errorf("%s: %s (%v); %d exchanges; the file holds %s", at, token.Access, err, after.Exchanges, s.refreshToken(t))
		}
	}
	if after.Reuses+after.Revocations+after.Refusals > 0 {
		t.Errorf("%s: %+v", at, after)
	}
	return at
}

// judgeResume is judge after a process that resumed.
func (s *stage) judgeResume(t testing.TB, _ int) string {
	t.Helper()
	at := s.found(t)
	before := s.server.Counts()
	_, err := s.refresh(t)
	switch at {
	case stored:
		if err != nil {
			t.Error(err)
		}
	default:
		if !isInterrupted(err) {
			t.Errorf("%s: not interrupted: %v", at, err)
		}
	}
	if after := s.server.Counts(); after != before {
		t.Errorf("%s: %+v, then %+v", at, before, after)
	}
	return at
}

// found says how far the killed process had come.
func (s *stage) found(t testing.TB) string {
	t.Helper()
	phase, exchanges := s.phase(t), s.server.Counts().Exchanges
	switch {
	case s.refreshToken(t) != "RT-1":
		return stored
	case phase == "sent" && exchanges > 0:
		return processed
	case exchanges > 0:
		t.Errorf("the token is spent, and the marker says %q", phase)
		return processed
	case phase == "sent":
		return unprocessed
	case phase == "intent":
		return beforeSent
	}
	return beforeMarker
}

// phase is what the marker says; empty if there is none.
func (s *stage) phase(t testing.TB) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(filepath.Dir(s.Path), ".app.json.cfgmerge", "refresh-*.marker"))
	if err != nil || len(names) == 0 {
		return ""
	}
	data, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Phase string `json:"phase"`
	}
	if json.NewDecoder(bytes.NewReader(data)).Decode(&m) != nil {
		return "torn"
	}
	return m.Phase
}
