package oauthtest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Answer is what a login and an exchange are answered with.
type Answer struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in,omitempty"` // in seconds
	RefreshToken string `json:"refresh_token,omitempty"`
	// Account says whose tokens these are.
	Account string `json:"account,omitempty"`
	// IDToken says so as well, as the claim sub of an unsigned JWT.
	IDToken string `json:"id_token,omitempty"`
}

// Refusal is an error answer of RFC 6749, section 5.2.
type Refusal struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

// Echo is what the resource answers.
type Echo struct {
	Account string `json:"account"`
	Body    string `json:"body"` // of the request
}

// Counts says what has happened so far.
type Counts struct {
	Logins    int `json:"logins"`
	Exchanges int `json:"exchanges"` // that were answered by tokens, those within the grace window included
	Graces    int `json:"graces"`    // of these, with a spent refresh token
	Reuses    int `json:"reuses"`    // of spent refresh tokens, outside of the grace window
	// Revocations counts logins that were ended, by reuse or by request.
	Revocations int `json:"revocations"`
	Refusals    int `json:"refusals"` // of exchanges
	Mints       int `json:"mints"`    // of anonymous tokens
	Resources   int `json:"resources"`
	Expired     int `json:"expired"` // requests of the resource that were answered by 401
	Faults      int `json:"faults"`  // requests that a Step was there for
}

// Counts returns what has happened so far.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts
}

// family is what grew out of one login.
type family struct {
	account, client string
	revoked         bool
}

type token struct {
	*family
	access   bool      // a refresh token otherwise
	until    time.Time // of an access token
	uses     int       // of an access token
	replaced time.Time // when a refresh token was spent, zero if it is good
}

// Login begins a login, as a browser and a person would.
func (s *Server) Login(account, client string) Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, answer := s.login(account, client)
	return answer.(Answer)
}

// ExpireAccess makes every access token that was issued until now expired.
func (s *Server) ExpireAccess() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropAccess(func(*token) bool { return true })
}

// Revoke ends all logins of the account, as its owner may do on a web page.
func (s *Server) Revoke(account string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tokens {
		if t.account == account {
			s.revoke(t.family)
		}
	}
}

func (s *Server) login(account, client string) (int, any) {
	if !s.knows(client) {
		return refuse(http.StatusUnauthorized, "invalid_client", "no such client")
	}
	s.counts.Logins++
	return http.StatusOK, s.issue(&family{account: account, client: client}, "")
}

func (s *Server) knows(client string) bool {
	return s.options.Clients == nil || slices.Contains(s.options.Clients, client)
}

// exchange is the token endpoint: RFC 6749, section 6.
func (s *Server) exchange(form url.Values, omit bool) (int, any) {
	status, answer := s.judge(form, omit)
	if status == http.StatusOK {
		s.counts.Exchanges++
	} else {
		s.counts.Refusals++
	}
	return status, answer
}

func (s *Server) judge(form url.Values, omit bool) (int, any) {
	refresh := form.Get("refresh_token")
	t, known := s.tokens[refresh]
	switch {
	case form.Get("grant_type") != "refresh_token":
		return refuse(http.StatusBadRequest, "unsupported_grant_type", "only refresh_token is supported")
	case refresh == "":
		return refuse(http.StatusBadRequest, "invalid_request", "refresh_token is missing")
	case !s.knows(form.Get("client_id")):
		return refuse(http.StatusUnauthorized, "invalid_client", "no such client")
	case !known || t.access:
		return refuse(http.StatusBadRequest, "invalid_grant", "no such refresh token")
	case t.client != form.Get("client_id"):
		return refuse(http.StatusBadRequest, "invalid_grant", "issued to another client")
	case t.revoked:
		return refuse(http.StatusBadRequest, "invalid_grant", "this login was ended")
	case !t.replaced.IsZero() && s.options.Now().Sub(t.replaced) >= s.options.Grace:
		return s.reuse(t)
	}
	return http.StatusOK, s.spend(refresh, t, omit)
}

func (s *Server) reuse(t *token) (int, any) {
	s.counts.Reuses++
	if !s.options.NoReuseDetection {
		s.revoke(t.family)
	}
	return refuse(http.StatusBadRequest, "invalid_grant", "the refresh token was used before")
}

// spend answers a refresh token that is good.
func (s *Server) spend(refresh string, t *token, omit bool) Answer {
	if s.options.RevokeAccess {
		s.dropAccess(func(a *token) bool { return a.family == t.family })
	}
	if omit || s.options.NoRotation {
		a := s.issue(t.family, refresh)
		if omit {
			a.RefreshToken = ""
		}
		return a
	}
	if t.replaced.IsZero() {
		t.replaced = s.options.Now()
	} else {
		s.counts.Graces++
	}
	return s.issue(t.family, "")
}

// issue makes a pair, with a new refresh token if none is to be kept.
func (s *Server) issue(f *family, keep string) Answer {
	s.made++
	a := Answer{
		AccessToken:  fmt.Sprintf("AT-%d", s.made),
		TokenType:    "Bearer",
		ExpiresIn:    int64((s.options.Lifetime + time.Second - 1) / time.Second),
		RefreshToken: keep,
		Account:      f.account,
		IDToken:      unsigned(f.account),
	}
	if keep == "" {
		a.RefreshToken = fmt.Sprintf("RT-%d", s.made)
		s.tokens[a.RefreshToken] = &token{family: f}
	}
	s.tokens[a.AccessToken] = &token{family: f, access: true, until: s.options.Now().Add(s.options.Lifetime)}
	return a
}

// unsigned returns a JWT with the algorithm none (RFC 7519, section 6).
func unsigned(account string) string {
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"none"}`)) + "." + part(encode(map[string]string{"sub": account})) + "."
}

// end answers 200 whether or not there is such a token: RFC 7009, section 2.2.
func (s *Server) end(name string) (int, any) {
	if t, known := s.tokens[name]; known {
		s.revoke(t.family)
	}
	return http.StatusOK, struct{}{}
}

func (s *Server) revoke(f *family) {
	if !f.revoked {
		f.revoked = true
		s.counts.Revocations++
	}
}

func (s *Server) dropAccess(which func(*token) bool) {
	for name, t := range s.tokens {
		if t.access && which(t) {
			delete(s.tokens, name)
		}
	}
}

func (s *Server) resource(name, body string) (int, any) {
	s.counts.Resources++
	t, known := s.tokens[name]
	if !known || !t.access || t.revoked || !s.options.Now().Before(t.until) || s.options.Uses > 0 && t.uses >= s.options.Uses {
		s.counts.Expired++
		return refuse(http.StatusUnauthorized, "invalid_token", "unknown or expired")
	}
	t.uses++
	return http.StatusOK, Echo{Account: t.account, Body: body}
}

func refuse(status int, code, description string) (int, any) {
	return status, Refusal{code, description}
}

// parseForm reads parameters from the body alone, as the protocol wants it.
func parseForm(r *http.Request, body []byte) url.Values {
	form := url.Values{}
	if r.Method == http.MethodPost {
		form, _ = url.ParseQuery(string(body)) // what can't be read is missing
	}
	return form
}
