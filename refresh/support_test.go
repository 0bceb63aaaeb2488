package refresh

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge"
)

// config is the file of these tests.
type config struct {
	Theme string `json:"theme,omitempty"`
	Anon  string `json:"anon_token,omitempty"`
	Auth  struct {
		Access  string `json:"access_token,omitempty" cfgmerge:"token=auth,access"`
		Refresh string `json:"refresh_token,omitempty" cfgmerge:"token=auth,refresh"`
		Expires int64  `json:"expires_at,omitempty" cfgmerge:"token=auth,expiry"`
		Account string `json:"account,omitempty" cfgmerge:"token=auth,identity"`
		Scope   string `json:"scope,omitempty" cfgmerge:"token=auth"`
	} `json:"auth"`
}

// clock is a time that moves only when it is told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 22, 1, 33, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// rig is a file with a token, a server that knows it, and a clock for both.
type rig struct {
	t      testing.TB
	path   string
	server *server
	clock  *clock
}

// seedToken begins every test: AT-1 has expired, RT-1 is good.
const seedToken = `{"theme":"dark","auth":{"access_token":"AT-1","refresh_token":"RT-1","expires_at":1795300000}}`

func newRig(t testing.TB) *rig {
	r := &rig{t: t, path: filepath.Join(t.TempDir(), "app.json"), server: serve(t), clock: newClock()}
	r.write(seedToken)
	return r
}

func (r *rig) write(text string) {
	r.t.Helper()
	must(r.t, os.WriteFile(r.path, []byte(text), 0o600))
}

func (r *rig) read() string {
	r.t.Helper()
	data, err := os.ReadFile(r.path)
	must(r.t, err)
	return string(data)
}

func (r *rig) file(adjust ...func(*cfgmerge.Options)) *cfgmerge.File[config] {
	r.t.Helper()
	o := &cfgmerge.Options{Now: r.clock.Now, App: "test"}
	for _, f := range adjust {
		f(o)
	}
	file, err := cfgmerge.Open[config](r.path, o)
	must(r.t, err)
	r.t.Cleanup(func() { file.Close() })
	return file
}

func (r *rig) store() *FileStore {
	return NewFileStore(r.file().Doc(), cfgmerge.GroupRef{Name: "auth"})
}

func (r *rig) options(adjust ...func(*Options)) Options {
	endpoint := r.server.endpoint()
	endpoint.Now = r.clock.Now
	o := Options{Exchange: endpoint.Exchange, ClientID: "cli", Now: r.clock.Now, Rand: func() float64 { return 1 }}
	for _, f := range adjust {
		f(&o)
	}
	return o
}

func (r *rig) coordinator(adjust ...func(*Options)) *Coordinator {
	r.t.Helper()
	return r.over(r.store(), adjust...)
}

func (r *rig) over(s Store, adjust ...func(*Options)) *Coordinator {
	r.t.Helper()
	c, err := New(s, r.options(adjust...))
	must(r.t, err)
	return c
}

// stored is what is stored, as a further process would see it.
func (r *rig) stored() Stored {
	r.t.Helper()
	s, err := r.store().Load(r.t.Context())
	must(r.t, err)
	return s
}

// pair names the tokens that are stored.
func (r *rig) pair() string {
	s := r.stored()
	return s.Access + " " + s.Refresh
}

func (r *rig) folderFiles(pattern string) []string {
	found, err := filepath.Glob(filepath.Join(filepath.Dir(r.path), ".app.json.cfgmerge", pattern))
	must(r.t, err)
	return found
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// fails returns the error as an E.
func fails[E error](t testing.TB, err error) E {
	t.Helper()
	var e E
	if !errors.As(err, &e) {
		t.Fatalf("got %v, not a %T", err, e)
	}
	return e
}

func tokenOf(t testing.TB, c *Coordinator) Token {
	t.Helper()
	token, err := c.Token(t.Context())
	must(t, err)
	return token
}

func background() context.Context { return context.Background() }

// adoptMarker puts a marker of another copy into the state folder.
func (r *rig) adoptMarker(from string) {
	r.t.Helper()
	data, err := os.ReadFile(from)
	must(r.t, err)
	folder, err := r.store().Folder(true)
	must(r.t, err)
	defer folder.Close()
	must(r.t, folder.WriteFile(filepath.Base(from), data))
}
