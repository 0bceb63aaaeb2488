//go:build faults && linux

package fosite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/conformance/faults"
)

// Whoever stands still with the lock is waited for, and then named. Nobody
// takes over: the refresh token may be on its way.
func TestAPauseAtEverySystemCallOfARefreshEndsInOneExchange(t *testing.T) {
	needStrace(t)
	for part, stride := range map[string]int{onFiles: 11, onConnections: 5} {
		clean := newTarget(t, part).rehearse(t)
		points := clean.points(part)
		some := sample(points, stride)
		var y tally
		t.Run(part, func(t *testing.T) {
			for _, p := range some {
				h := hit{part, faults.Fault{Kind: "STOP"}, p}
				t.Run(h.String(), func(t *testing.T) {
					t.Parallel()
					pause(t, h, clean, &y)
				})
			}
		})
		t.Logf("%s: %d points, %d pauses, %d of them elsewhere, %d points missed: %v", part, len(points), y.runs, y.strays, y.missed, y.outcomes)
		y.wantHits(t, part, len(some))
	}
}

// pause repeats a run until it has stood still where it should. A pause
// elsewhere is judged, too.
func pause(t *testing.T, h hit, clean *run, y *tally) {
	for i := range tries {
		at := h.at
		at.N = max(1, at.N+[]int{0, 0, -1, 1}[i%4])
		s := newTarget(t, h.part)
		r := s.launchTraced(t, h.fault.Injection(at))
		if !r.stops() {
			r.wait()
			continue
		}
		r.calls = r.soFar()
		onTarget := h.isPausedOn(clean, r)
		y.add(s.overtake(t, r), onTarget)
		if onTarget || t.Failed() {
			if t.Failed() {
				t.Logf("paused at %s", h.at.What)
			}
			return
		}
	}
	y.miss(t, h)
}

// isPausedOn reports whether the run stands where it should. What a connection
// does has no fixed order: there the same call will do.
func (h hit) isPausedOn(clean, r *run) bool {
	points := r.points(h.part)
	if h.part == onFiles {
		return h.fault.Hit(clean.points(h.part), h.at, points)
	}
	return len(points) > 0 && points[len(points)-1].What == h.at.What
}

// stops waits until the process stands still; false if it has ended without.
func (r *run) stops() bool {
	look := time.NewTicker(2 * time.Millisecond) // strace tells nobody but its log
	defer look.Stop()
	for {
		select {
		case err := <-r.done:
			r.done <- err
			return false
		case <-look.C:
			if text, err := os.ReadFile(r.log); err == nil && bytes.Contains(text, []byte("stopped by SIGSTOP")) {
				return true
			}
		}
	}
}

// goOn lets it run to its end. strace counts by thread, so it may stop again.
func (r *run) goOn() {
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		_ = syscall.Kill(-r.cmd.Process.Pid, syscall.SIGCONT)
		select {
		case err := <-r.done:
			r.done <- err
			r.wait()
			return
		case <-again.C:
		}
	}
}

// overtake has a rival refresh, lets the process go on that stands still, and
// looks at what both have got.
func (s *stage) overtake(t testing.TB, r *run) string {
	t.Helper()
	hasLock, before := r.hasLock(), s.server.Counts().Exchanges
	was := s.refreshToken(t)
	rival := s.rival(t)
	after := s.server.Counts().Exchanges
	outcome := "the rival got a token"
	switch {
	case rival.Busy != 0:
		outcome = "the rival named the process that stands still"
		if !hasLock || !rival.Stopped || rival.Busy != r.calls[0].Thread || after > 1 {
			t.Errorf("the rival said %q; the lock is held: %v; %d exchanges, then %d", rival.Error, hasLock, before, after)
		}
	case rival.Access != "AT-2", hasLock && was == "RT-1":
		t.Errorf("the rival got %s, %q; the lock is held: %v; the file held %s; %d exchanges, then %d", rival.Access, rival.Error, hasLock, was, before, after)
	}
	r.goOn()
	if is := s.verdict(t, r); is != succeeded {
		t.Errorf("the process that stood still: %s: %s", is, r.Error)
	}
	return outcome
}

// rival is another process that refreshes, and does not wait for long.
func (s *stage) rival(t testing.TB) (out told) {
	t.Helper()
	p := s.part
	p.Wait, p.Told = 100*time.Millisecond, filepath.Join(t.TempDir(), "told")
	cmd := exec.Command(os.Args[0])
	cmd.Env = p.env()
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("the rival ended badly: %v %s", err, said)
		return out
	}
	text, err := os.Readlink(p.Told)
	if err == nil {
		err = json.Unmarshal([]byte(text), &out)
	}
	if err != nil {
		t.Error(err)
	}
	if text := fmt.Sprint(out.Error, out.Hint, string(said)); secrets.MatchString(text) {
		t.Errorf("a secret is shown: %s", text)
	}
	return out
}

// hasLock reports whether the process has the lock for refreshing by now.
func (r *run) hasLock() (has bool) {
	for _, c := range r.calls {
		if c.Name == "flock" && !c.Failed() && strings.Contains(c.Args, "/refresh-") {
			has = !strings.Contains(c.Args, "LOCK_UN")
		}
	}
	return has
}
