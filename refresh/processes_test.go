package refresh

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/lww"
)

// Scenario 24.
func TestProcessesWithAnExpiredTokenMakeOneNetworkCall(t *testing.T) {
	r := newRig(t)
	r.write(strings.Replace(seedToken, "1795300000", "1", 1))
	var all []*child
	for range 8 {
		all = append(all, start(t, "token", r.path, r.server.URL, "", ""))
	}
	for _, c := range all {
		out, err := c.finish()
		must(t, err)
		equal(t, "token", out, "AT-2")
	}
	equal(t, "calls", r.server.count(), 1)
}

// Scenario 30.
func TestProcessesThatNameOneFileInDifferentWaysShareItsLock(t *testing.T) {
	r := newRig(t)
	r.write(strings.Replace(seedToken, "1795300000", "1", 1))
	home := filepath.Dir(r.path)
	for _, dir := range []string{"project", "other/deep"} {
		must(t, os.MkdirAll(filepath.Join(home, dir), 0o700))
	}
	must(t, os.Symlink("..", filepath.Join(home, "project", "up")))
	must(t, os.Symlink(filepath.Join("..", "app.json"), filepath.Join(home, "project", "link.json")))
	holder := startIn(t, home, "token", "app.json", r.server.URL, "locked", "wait")
	holder.expect("waiting")

	aliases := []struct{ dir, path string }{
		{home, "app.json"},
		{home, "./project/../app.json"},
		{filepath.Join(home, "project"), "../app.json"},
		{filepath.Join(home, "project"), "link.json"},
		{filepath.Join(home, "project"), "up/app.json"},
		{filepath.Join(home, "other", "deep"), "../../app.json"},
		{filepath.Join(home, "other", "deep"), r.path},
	}
	for _, alias := range aliases {
		out, err := startIn(t, alias.dir, "token", alias.path, r.server.URL, "", "", "50ms").wait()
		held := fmt.Sprintf("pid %d", holder.Process.Pid)
		if err == nil || !strings.Contains(out, held) {
			t.Errorf("%s in %s is not held up by %s: %s", alias.path, alias.dir, held, out)
		}
	}
	equal(t, "calls", r.server.count(), 0)

	must(t, holder.in.Close())
	holder.expect("AT-2")
	for _, alias := range aliases {
		out, err := startIn(t, alias.dir, "token", alias.path, r.server.URL, "", "", "50ms").wait()
		if err != nil || out != "AT-2" {
			t.Errorf("%s in %s: %s", alias.path, alias.dir, out)
		}
	}
	equal(t, "calls", r.server.count(), 1)
}

// Scenario 27.
func TestAKilledHolderOfTheRefreshLockIsFollowedByTheNextWaiter(t *testing.T) {
	r := newRig(t)
	r.write(strings.Replace(seedToken, "1795300000", "1", 1))
	holder := start(t, "token", r.path, r.server.URL, "locked", "wait")
	holder.expect("waiting")
	next := start(t, "token", r.path, r.server.URL, "", "")
	must(t, holder.Process.Kill())
	out, err := next.finish()
	must(t, err)
	equal(t, "token", out, "AT-2")
}

// Scenarios 27 and 33: the process is killed at each step of a refresh.
func TestAKilledRefreshEitherGoesOnOrIsReportedAndNeverSpendsATokenTwice(t *testing.T) {
	for _, row := range []struct {
		point       string
		interrupted bool
		calls       int    // of the one that was killed
		pair        string // in the end; of an interrupted one what stays
	}{
		{"locked", false, 0, "AT-2 RT-2"},
		{"marker", false, 0, "AT-2 RT-2"},
		{"marked", false, 0, "AT-2 RT-2"},
		{"sent", true, 0, "AT-1 RT-1"},
		{"answered", true, 1, "AT-1 RT-1"},
		{"persist", true, 1, "AT-1 RT-1"},
		{"persisted", false, 1, "AT-2 RT-2"},
		{"cleared", false, 1, "AT-2 RT-2"},
	} {
		t.Run(row.point, func(t *testing.T) {
			r := newRig(t)
			r.write(strings.Replace(seedToken, "1795300000", "1", 1))
			victim := start(t, "token", r.path, r.server.URL, row.point, "die")
			if _, err := victim.finish(); err == nil {
				t.Fatal("it survived")
			}
			equal(t, "calls of the victim", r.server.count(), row.calls)
			status, err := r.coordinator().Status(t.Context())
			must(t, err)
			equal(t, "status", status.Rotation != nil && status.Rotation.Interrupted, row.interrupted)

			out, err := start(t, "token", r.path, r.server.URL, "", "").finish()
			if row.interrupted {
				equal(t, "failed", err != nil, true)
				_, err := r.coordinator().Refresh(t.Context(), "AT-1")
				e := fails[*InterruptedError](t, err)
				equal(t, "pid", e.PID, victim.Process.Pid)
				equal(t, "calls", r.server.count(), row.calls)
			} else {
				must(t, err)
				equal(t, "token", out, "AT-2")
			}
			equal(t, "stored", r.pair(), row.pair)
			equal(t, "revoked", r.server.revoked, false)
		})
	}
}

func TestAnInterruptedRotationIsResumedWithinTheGracePeriodOfTheServer(t *testing.T) {
	r := newRig(t)
	r.write(strings.Replace(seedToken, "1795300000", "1", 1))
	r.server.set(func(s *server) { s.grace = true })
	_, err := start(t, "token", r.path, r.server.URL, "answered", "die").finish()
	equal(t, "killed", err != nil, true)
	c := r.coordinator(func(o *Options) { o.Grace, o.Now = time.Hour, time.Now })
	token, err := c.Token(t.Context())
	must(t, err)
	equal(t, "token", token.Access, "AT-3")
	equal(t, "revoked", r.server.revoked, false)
}

// Line 3 of the issue: saves go on during an exchange.
func TestSavesOfOtherProcessesCompleteWhileAnExchangeIsBlocked(t *testing.T) {
	r := newRig(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	r.server.set(func(s *server) {
		s.intercept = func(http.ResponseWriter, int, string) bool { close(arrived); <-release; return false }
	})
	c := r.coordinator()
	result := make(chan error, 1)
	go func() { _, err := c.Token(background()); result <- err }()
	<-arrived
	for _, field := range []string{"f0", "f1", "f2", "f3"} {
		saver := start(t, "saver", r.path, field)
		if out, err := saver.finish(); err != nil {
			t.Fatal(out, err, saver.stderr)
		}
	}
	select {
	case err := <-result:
		t.Fatal("the exchange was not blocked: ", err)
	default:
	}
	close(release)
	must(t, <-result)
	equal(t, "stored", r.pair(), "AT-2 RT-2")
	for _, want := range []string{`"f0":"49"`, `"f3":"49"`} {
		if !strings.Contains(r.read(), want) {
			t.Errorf("%s is lost", want)
		}
	}
}

// copyOf makes another copy of the file, as on another machine.
func (r *rig) copyOf() *rig {
	r.t.Helper()
	c := &rig{t: r.t, path: filepath.Join(r.t.TempDir(), "app.json"), server: r.server, clock: r.clock}
	c.write(r.read())
	return c
}

// Line 4 of the issue: on copies that are merged later.
func TestALoginOrALogoutOnAnotherCopyWinsOverAnyNumberOfRotationsWhicheverWasFirst(t *testing.T) {
	for name, session := range map[string]struct {
		do   func(*Coordinator) error
		want string
	}{
		"login":  {func(c *Coordinator) error { return c.Login(background(), Token{Access: "AT-L", Refresh: "RT-L"}) }, "AT-L RT-L"},
		"logout": {func(c *Coordinator) error { _, err := c.Logout(background()); return err }, " "},
	} {
		for _, sessionFirst := range []bool{true, false} {
			one := newRig(t)
			must(t, one.coordinator().Login(t.Context(), Token{Access: "AT-1", Refresh: "RT-1"}))
			two := one.copyOf()
			rotate := func() {
				c := one.coordinator()
				for range 5 {
					_, err := c.Refresh(t.Context(), one.stored().Access)
					must(t, err)
					one.clock.advance(time.Second)
				}
			}
			if sessionFirst {
				must(t, session.do(two.coordinator()))
				rotate()
			} else {
				rotate()
				must(t, session.do(two.coordinator()))
			}
			a, b := one.file().Doc(), two.file().Doc()
			for _, join := range [][2]*cfgmerge.Doc{{a, b}, {b, a}} {
				other, err := join[1].Load(t.Context())
				must(t, err)
				must(t, join[0].Merge(t.Context(), cfgmerge.MergeRules{}, other))
			}
			equal(t, fmt.Sprint(name, " first ", sessionFirst, ": one"), one.pair(), session.want)
			equal(t, fmt.Sprint(name, " first ", sessionFirst, ": two"), two.pair(), session.want)
		}
	}
}

// Scenario 42 and line 5 of the issue.
func TestProcessesOnTheirFirstRunMakeOneValueAndAfterADiscardOneMore(t *testing.T) {
	var minted atomic.Int32
	mint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, fmt.Sprint("anon-", minted.Add(1)))
	}))
	defer mint.Close()
	path := filepath.Join(t.TempDir(), "app.json")
	run := func(discard, want string) {
		t.Helper()
		var all []*child
		for range 16 {
			all = append(all, start(t, "minter", path, mint.URL, discard))
		}
		for _, c := range all {
			c.expect("ready")
		}
		for _, c := range all {
			must(t, c.in.Close())
		}
		for _, c := range all {
			out, err := c.finish()
			if err != nil || c.stderr.Len() > 0 {
				t.Fatal(err, c.stderr)
			}
			equal(t, "values", out, strings.TrimSpace(strings.Repeat(want+" <nil>\n", 8)))
		}
	}
	run("", "anon-1")
	equal(t, "minted", minted.Load(), 1)
	run("", "anon-1")
	equal(t, "minted", minted.Load(), 1)
	run("anon-1", "anon-2")
	equal(t, "minted", minted.Load(), 2)
}

func TestAValueThatCouldNotBeMadeIsNotStored(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.json")
	doc, err := cfgmerge.OpenDoc(path, nil)
	must(t, err)
	value, failure := "", errDisk
	once, err := NewOnce(doc, "/device/id", func(context.Context) (string, error) { return value, failure }, OnceOptions{})
	must(t, err)
	_, err = once.Get(t.Context())
	fails[*Error](t, err)
	failure = nil
	_, err = once.Get(t.Context())
	equal(t, "empty", strings.Contains(err.Error(), "empty"), true)
	if _, err := os.Stat(path); err == nil {
		t.Error("there is a file")
	}
	value = "id-1"
	got, err := once.Get(t.Context())
	must(t, err)
	equal(t, "value", got, "id-1")
	must(t, once.Discard(t.Context(), "id-0"))
	value = "id-2"
	got, err = once.Get(t.Context())
	must(t, err)
	equal(t, "another one is not discarded", got, "id-1")
}

func TestALogoutByEmptyTextsOnAnotherCopyWinsOverLaterRotations(t *testing.T) {
	one := newRig(t)
	must(t, one.coordinator().Login(t.Context(), Token{Access: "AT-1", Refresh: "RT-1"}))
	two := one.copyOf()
	must(t, two.file().Doc().Update(t.Context(), func(d *lww.Document, w lww.Writer) error {
		blank := &lww.View{Leaf: `""`}
		return d.Write(w, lww.Change{Path: []string{"auth", "access_token"}, Want: blank}, lww.Change{Path: []string{"auth", "refresh_token"}, Want: blank})
	}))
	for range 3 {
		_, err := one.coordinator().Refresh(t.Context(), one.stored().Access)
		must(t, err)
	}
	other, err := two.file().Doc().Load(t.Context())
	must(t, err)
	must(t, one.file().Doc().Merge(t.Context(), cfgmerge.MergeRules{}, other))
	equal(t, "stored", one.pair(), " ")
}
