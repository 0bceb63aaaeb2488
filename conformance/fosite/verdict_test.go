//go:build faults && linux

package fosite

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/refresh"
)

// What a refresh has come to that was hit, or stopped.
const (
	succeeded   = "succeeded"
	unspent     = "failed with nothing spent"
	retried     = "may be tried again"
	interrupted = "interrupted"
	kept        = "kept in the state folder"
	carried     = "carried by the error"
	storedStill = "failed, and stored"
	crashed     = "crashed"
)

// rehearse is a run that nothing happens to.
func (s *stage) rehearse(t testing.TB) *run {
	t.Helper()
	r := s.trace(t)
	if got := s.verdict(t, r); got != succeeded {
		t.Fatalf("without a fault: %s: %v %s %s", got, r.err, r.Error, r.said)
	}
	return r
}

// verdict judges what the process has said and left, and what the next ones
// make of it.
func (s *stage) verdict(t testing.TB, r *run) string {
	t.Helper()
	is := s.outcome(t, r)
	s.wantSilence(t, r)
	s.wantNothingExposed(t)
	s.wantNext(t, is)
	s.wantNothingLeft(t)
	if c := s.server.Counts(); c.Reuses+c.Revocations+c.Refusals > 0 {
		t.Errorf("%s: %+v", is, c)
	}
	return is
}

// outcome says what the process has come to, and whether it says so.
func (s *stage) outcome(t testing.TB, r *run) string {
	t.Helper()
	exchanges, holds := s.server.Counts().Exchanges, s.refreshToken(t)
	isStored, isKept := holds == "RT-2", s.status(t).Rotation.isKept()
	wrong := func(format string, args ...any) {
		t.Errorf("%s; %d exchanges, the file holds %s, kept: %v, marker %q; it said %q %v",
			fmt.Sprintf(format, args...), exchanges, holds, isKept, s.phase(t), r.Error, r.said)
	}
	if !isStored && holds != "RT-1" || exchanges > 1 || exchanges == 0 && (isStored || isKept) {
		wrong("what is stored is neither the old token nor the new one")
	}
	switch {
	case r.hung:
		wrong("it hung")
	case r.crashed():
		return crashed
	case r.err != nil:
		wrong("it ended badly: %v", r.err)
	case r.Error == "":
		if r.Access != "AT-2" || !isStored {
			wrong("it says that it has succeeded, with %s", r.Access)
		}
		return succeeded
	case r.Interrupted:
		if s.phase(t) != "sent" {
			wrong("it says that it was interrupted")
		}
		return interrupted
	case r.Kept || isKept:
		if !isKept || r.Carried != "RT-2" && !isStored {
			wrong("it says that the token is kept")
		}
		return kept
	case isStored:
		return storedStill
	case r.Carried != "":
		if r.Carried != "RT-2" {
			wrong("it carries %s", r.Carried)
		}
		return carried
	case exchanges > 0:
		wrong("an answer was dropped without a word")
	case r.Transient:
		return retried
	}
	return unspent
}

// status is what is known of the token, without a lock and a change.
func (s *stage) status(t testing.TB) status {
	t.Helper()
	c, file, err := coordinate(newWorker(s.Server), s.Path, refresh.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	now, err := c.Status(t.Context())
	if err != nil {
		t.Error(err)
	}
	return status{rotating{now.Rotation}}
}

type status struct{ Rotation rotating }

type rotating struct{ *refresh.Rotating }

func (r rotating) isKept() bool { return r.Rotating != nil && r.Kept }

// wantNext lets the next process refresh: it gets the token that there is, or a
// new one if the old one was not sent. Where nobody knows, it says so, and the
// user logs in.
func (s *stage) wantNext(t testing.TB, is string) {
	t.Helper()
	before := s.server.Counts().Exchanges
	holds, phase, isKept := s.refreshToken(t), s.phase(t), s.status(t).Rotation.isKept()
	token, err := s.refresh(t)
	more := s.server.Counts().Exchanges - before
	switch {
	case holds == "RT-2" || isKept:
		if err != nil || token.Access != "AT-2" || more != 0 || s.refreshToken(t) != "RT-2" {
			t.Errorf("%s: the next process does not find the new token: %v, %d more exchanges", is, err, more)
		}
	case phase == "sent":
		if !isInterrupted(err) || more != 0 || s.refreshToken(t) != "RT-1" {
			t.Errorf("%s: the next process is not told of the interruption: %v, %d more exchanges", is, err, more)
		}
		if err := s.login(t.Context()); err != nil {
			t.Errorf("%s: no login: %v", is, err)
		}
	default:
		if err != nil || token.Access != "AT-2" || before+more != 1 {
			t.Errorf("%s: the next process can't refresh: %v, %d exchanges", is, err, before+more)
		}
	}
	s.wantRotation(t, is)
}

// wantRotation refreshes once more, as every day.
func (s *stage) wantRotation(t testing.TB, is string) {
	t.Helper()
	old, err := (&naive{path: s.Path}).load()
	if err != nil {
		t.Fatal(err)
	}
	s.Rejected = old.Auth.Access
	if token, err := s.refresh(t); err != nil || token.Access == old.Auth.Access {
		t.Errorf("%s: later on: %v", is, err)
	}
}

var secrets = regexp.MustCompile(`\b[AR]T-[0-9]+`)

// wantSilence: no message shows a secret.
func (s *stage) wantSilence(t testing.TB, r *run) {
	t.Helper()
	if text := r.Error + r.Hint + r.said; secrets.MatchString(text) {
		t.Errorf("a secret is shown: %s", text)
	}
}

// wantNothingExposed: others can't read a file with a secret, and none is
// elsewhere than beside the file.
func (s *stage) wantNothingExposed(t testing.TB) {
	t.Helper()
	s.walk(t, func(name string, info fs.FileInfo, found []string) {
		if len(found) > 0 && (info.Mode().Perm()&0o077 != 0 || !strings.HasPrefix(name, "cfg/")) {
			t.Errorf("%s, of mode %v, holds %v", name, info.Mode().Perm(), found)
		}
	})
}

// wantNothingLeft: once there were two saves, one for each slot of the shadow,
// no file holds a secret that is not a present one, or is a leftover.
func (s *stage) wantNothingLeft(t testing.TB) {
	t.Helper()
	for range 2 {
		var c config
		snapshot, err := cfgmerge.Load(s.Path, &c)
		if err != nil {
			t.Fatal(err)
		}
		c.Saves++
		if err := snapshot.Save(c); err != nil {
			t.Fatal(err)
		}
	}
	now, err := (&naive{path: s.Path}).load()
	if err != nil {
		t.Fatal(err)
	}
	s.walk(t, func(name string, _ fs.FileInfo, found []string) {
		for _, secret := range found {
			if secret != now.Auth.Access && secret != now.Auth.Refresh {
				t.Errorf("%s still holds %s", name, secret)
			}
		}
		if leftover.MatchString(name) {
			t.Errorf("%s is left", name)
		}
	})
}

var leftover = regexp.MustCompile(`^tmp/|\.new$|\.marker$|/\.[0-9a-f]{32}-`)

// walk calls fn for all files, with the secrets that they hold.
func (s *stage) walk(t testing.TB, fn func(name string, info fs.FileInfo, found []string)) {
	t.Helper()
	err := filepath.WalkDir(s.root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(s.root, path)
		fn(name, info, secrets.FindAllString(string(data), -1))
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
