package fosite

import (
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/conformance/oauthtest"
	"github.com/cfgmerge/cfgmerge/refresh"
)

// stage is a file and a strict server, with one process that refreshes.
type stage struct {
	*fleet
	server *oauthtest.Server
	root   string
}

func newStage(t testing.TB) *stage {
	t.Helper()
	return newStageAt(t, oauthtest.New(oauthtest.Options{Lifetime: long}))
}

func newStageAt(t testing.TB, server *oauthtest.Server) *stage {
	t.Helper()
	s := &stage{server: server, fleet: &fleet{}}
	h := httptest.NewServer(s.server)
	t.Cleanup(h.Close)
	s.root = t.TempDir()
	s.Server, s.Path, s.Rejected = h.URL, filepath.Join(s.root, "cfg", "app.json"), "AT-1"
	for _, dir := range []string{"cfg", "tmp"} {
		if err := os.Mkdir(filepath.Join(s.root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.login(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// later is after all delays: none has been doubled yet.
func later() time.Time { return time.Now().Add(10 * time.Second) }

func isInterrupted(err error) bool {
	var interrupted *refresh.InterruptedError
	return errors.As(err, &interrupted)
}

// refresh does what the next process does, a while later.
func (s *stage) refresh(t testing.TB) (refresh.Token, error) {
	t.Helper()
	c, file, err := coordinate(newWorker(s.Server), s.Path, refresh.Options{Now: later})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	return c.Refresh(t.Context(), s.Rejected)
}

// refreshToken is what the file holds for a program that knows nothing of
// cfgmerge.
func (s *stage) refreshToken(t testing.TB) string {
	t.Helper()
	c, err := (&naive{path: s.Path}).load()
	if err != nil {
		t.Fatal(err)
	}
	return c.Auth.Refresh
}
