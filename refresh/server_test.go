package refresh

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// server is an authorization server that rotates refresh tokens and revokes the
// family when a spent one comes back.
type server struct {
	*httptest.Server

	mu        sync.Mutex
	n         int             // of the current pair: RT-n
	spent     map[string]bool // refresh tokens
	revoked   bool
	calls     int
	lifetime  int // seconds
	identity  string
	keepRT    bool // the answer has no refresh token
	grace     bool // a spent token is accepted
	intercept func(w http.ResponseWriter, call int, refresh string) bool
}

func serve(t testing.TB) *server {
	s := &server{n: 1, lifetime: 3600, spent: map[string]bool{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.token))
	t.Cleanup(s.Close)
	return s
}

func (s *server) endpoint() *Endpoint { return &Endpoint{URL: s.URL, ClientID: "cli"} }

func (s *server) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	refresh := r.Form.Get("refresh_token")
	s.mu.Lock()
	s.calls++
	call, intercept := s.calls, s.intercept
	s.mu.Unlock()
	if intercept != nil && intercept(w, call, refresh) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	current := fmt.Sprintf("RT-%d", s.n)
	switch {
	case s.revoked, refresh != current && !(s.grace && s.spent[refresh]):
		s.revoked = s.revoked || s.spent[refresh]
		refuse(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	answer := map[string]any{"access_token": fmt.Sprintf("AT-%d", s.n+1), "token_type": "bearer", "expires_in": s.lifetime}
	if !s.keepRT {
		s.spent[current] = true
		answer["refresh_token"] = fmt.Sprintf("RT-%d", s.n+1)
	}
	if s.identity != "" {
		answer["account"] = s.identity
	}
	s.n++
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": code})
}

func (s *server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

func (s *server) set(change func(*server)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// hangUp ends the connection without an answer.
func hangUp(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// hostile are texts that must not become parts of a path.
func hostile() []string {
	return []string{"../x", "a/b", "C:", "nul", "NUL", "a\x00b", strings.Repeat("k", 10<<10), "Same", "same", url.QueryEscape("ü"), "."}
}
