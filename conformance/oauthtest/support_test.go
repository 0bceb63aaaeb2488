package oauthtest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/conformance/oauthtest"
)

// got is how a request ended.
type got struct {
	err    error // no answer, or not all of it
	status int
	header http.Header
	text   string
	oauthtest.Answer
	Error string `json:"error"`
	Body  string `json:"body"`
}

func ask(t *testing.T, r *http.Request) got {
	t.Helper()
	var g got
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		g.err = err
		return g
	}
	text, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	g.err, g.status, g.header, g.text = err, resp.StatusCode, resp.Header, string(text)
	_ = json.Unmarshal(text, &g) // not all texts are JSON
	return g
}

func post(t *testing.T, address, body string) got {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return ask(t, r)
}

const client = "cli"

// exchange spends a refresh token.
func exchange(t *testing.T, s *oauthtest.Server, refresh string) got {
	t.Helper()
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}, "client_id": {client}}
	return post(t, s.URL+"/token", form.Encode())
}

// use asks for the resource, and returns the status.
func use(t *testing.T, s *oauthtest.Server, access string) int {
	t.Helper()
	return useBody(t, s, access, "").status
}

func useBody(t *testing.T, s *oauthtest.Server, access, body string) got {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.URL+"/resource", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+access)
	return ask(t, r)
}

// want compares the refresh token and the error code of an answer.
func (g got) want(t *testing.T, refresh, code string) {
	t.Helper()
	if g.err != nil || g.RefreshToken != refresh || g.Error != code {
		t.Errorf("refresh token %q, error %q (%v); want %q, %q", g.RefreshToken, g.Error, g.err, refresh, code)
	}
}

func start(t *testing.T, o oauthtest.Options) *oauthtest.Server {
	t.Helper()
	s := oauthtest.Start(t, o)
	s.Login("ada", client)
	return s
}

// clock is a time that only tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 22, 1, 33, 0, 0, time.UTC)} }
