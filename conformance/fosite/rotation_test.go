package fosite

import (
	"net/http"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/conformance/oauthtest"
)

// uses of an access token by all processes together, before it is rejected.
const uses = 3

// long is a lifetime in which no access token ends by the clock.
const long = time.Hour

// Scenario 43: one of them is a daemon.
func TestEightProcessesNeverLogOutAndExchangeOnlyWhenNeeded(t *testing.T) {
	for name, server := range servers() {
		t.Run(name, func(t *testing.T) {
			f := newFleet(t, server, rotations(t, 40), uses)
			f.daemon = true
			f.run(t)
			f.wantNoLogout(t)
			f.wantOnlyNeeded(t)
			f.report(t)
		})
	}
}

func servers() map[string]http.Handler {
	return map[string]http.Handler{
		"fosite":    newAuthority(long),
		"oauthtest": oauthtest.New(oauthtest.Options{Lifetime: long, RevokeAccess: true}),
	}
}

// Here nothing is rejected: the processes see by the clock that it is time.
func TestEightProcessesRefreshAnExpiringTokenOnce(t *testing.T) {
	f := newFleet(t, newAuthority(2*time.Second), rotations(t, 40)/20, 0)
	f.daemon, f.Pace = true, 20*time.Millisecond
	f.run(t)
	f.wantNoLogout(t)
	f.wantOnlyNeeded(t)
	f.report(t)
}

// A process that dies between sending and storing leaves a token of which
// nobody knows whether it is spent.
func TestKillsLogOutOnlyBetweenSendingAndStoringAndThatIsReported(t *testing.T) {
	f := newFleet(t, newAuthority(long), rotations(t, 60), uses)
	f.killAtRandom(0.1, 1)
	f.run(t)
	f.wantOnlyNeeded(t)
	f.wantInterruptionsReported(t)
	if logouts, inside := f.witness.reused, f.kills["processed"]+f.kills["answered"]; logouts > inside {
		t.Errorf("%d logouts, and only %d kills between sending and storing", logouts, inside)
	}
	f.report(t)
}

func TestKillsNeverLogOutWhereTheServerHasAGraceWindow(t *testing.T) {
	f := newFleet(t, oauthtest.New(oauthtest.Options{Lifetime: long, Grace: long, RevokeAccess: true}), rotations(t, 60), uses)
	f.Grace = long
	f.killAtRandom(0.1, 2)
	f.run(t)
	f.wantNoLogout(t)
	f.wantOnlyNeeded(t)
	if f.events[eventInterrupted] > 0 {
		t.Errorf("%d interruptions were reported, which could be resumed", f.events[eventInterrupted])
	}
	f.report(t)
}

// The harness bites: without the lock the same processes are logged out, each
// time.
func TestNaivelyEightProcessesAreLoggedOutEveryTime(t *testing.T) {
	const times = 5
	for range times {
		f := newFleet(t, newAuthority(long), rotations(t, 40), uses)
		f.Naive = true
		f.sail()
		t.Logf("%d refusals after %d exchanges", f.witness.refused, f.witness.made)
		if f.witness.reused == 0 {
			t.Error("no logout")
		}
	}
}

func (f *fleet) wantNoLogout(t *testing.T) {
	t.Helper()
	if f.witness.reused > 0 || f.witness.refused > 0 || f.events[eventLogout] > 0 {
		t.Errorf("%d reuses, %d refusals, %d logouts", f.witness.reused, f.witness.refused, f.events[eventLogout])
	}
}

func (f *fleet) wantOnlyNeeded(t *testing.T) {
	t.Helper()
	for _, u := range f.witness.unneeded {
		t.Error("not needed: ", u)
	}
	if !f.witness.isDone() {
		t.Errorf("%d exchanges, not %d", f.witness.made, f.witness.target)
	}
}

// wantInterruptionsReported: who is said to have been interrupted was killed,
// and there is no logout that was not announced like that.
func (f *fleet) wantInterruptionsReported(t *testing.T) {
	t.Helper()
	reported := map[int]bool{}
	for _, pid := range f.blamed {
		reported[pid] = true
		if moment := f.dead[pid]; moment == "" || moment == "idle" {
			t.Errorf("process %d is said to have been interrupted, and was killed at %q", pid, moment)
		}
	}
	if f.witness.reused > len(reported) {
		t.Errorf("%d logouts, and %d interruptions that were reported", f.witness.reused, len(reported))
	}
}

func (f *fleet) report(t *testing.T) {
	t.Helper()
	w := f.witness
	t.Logf("%d processes in %d places, %d exchanges, %d of them not needed, %d access tokens rejected; %d refusals, %d reuses, %d logins; kills %v, events %v",
		f.started, fleetSize, w.made, len(w.unneeded), f.events[eventRejected], w.refused, w.reused, w.logins, f.kills, f.events)
}
