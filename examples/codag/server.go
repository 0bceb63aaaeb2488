package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// tokenServer stands in for the authorization server. It numbers its tokens,
// rotates the refresh token at each use, and takes the use of an old one for
// theft: then it revokes the whole login (RFC 9700, section 4.14.2).
type tokenServer struct {
	mu      sync.Mutex
	current int // the only refresh token that is good
	minted  int // anonymous tokens
	revoked bool
}

// pair is what the server answers.
type pair struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	Error        string `json:"error,omitempty"`
}

// errLoggedOut is what the user gets to see when a spent token is used again.
var errLoggedOut = errors.New("the server has revoked this login: please log in again")

func (s *tokenServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := pair{}
	switch r.URL.Path {
	case "/login":
		s.revoked = false
		answer = s.next()
	case "/token":
		answer = s.rotate(r.FormValue("refresh_token"))
	case "/anonymous":
		s.minted++
		answer.AccessToken = fmt.Sprintf("ANON-%d", s.minted)
	default:
		http.NotFound(w, r)
		return
	}
	if answer.Error != "" {
		w.WriteHeader(http.StatusBadRequest)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (s *tokenServer) next() pair {
	s.current++
	return pair{AccessToken: fmt.Sprintf("AT-%d", s.current), RefreshToken: fmt.Sprintf("RT-%d", s.current)}
}

func (s *tokenServer) rotate(refresh string) pair {
	if refresh != fmt.Sprintf("RT-%d", s.current) {
		s.revoked = true
	}
	if s.revoked {
		return pair{Error: "invalid_grant"}
	}
	return s.next()
}

// resume makes a server that knows this refresh token, for a command that is
// not told where to find one.
func resume(refresh string) *tokenServer {
	s := &tokenServer{}
	_, _ = fmt.Sscanf(refresh, "RT-%d", &s.current)
	return s
}

// serve runs the server on a port of its own. Closing the listener ends it.
func (s *tokenServer) serve() (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() { _ = http.Serve(l, s) }() // until the listener is closed
	return l, nil
}

func urlOf(l net.Listener) string { return "http://" + l.Addr().String() }

// ask posts a form to the server.
func ask(server, path string, form url.Values) (pair, error) {
	var answer pair
	resp, err := http.PostForm(strings.TrimSuffix(server, "/")+path, form)
	if err != nil {
		return answer, err
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return answer, fmt.Errorf("the server's answer is not JSON: status %d", resp.StatusCode)
	}
	if answer.Error != "" {
		return answer, errLoggedOut
	}
	return answer, nil
}
