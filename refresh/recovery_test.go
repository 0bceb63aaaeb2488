package refresh

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// steps runs a recovery to its end and names what it did.
func steps(t *testing.T, r *Recovery) string {
	t.Helper()
	var did []string
	for range 10 {
		a, err := r.Next(t.Context())
		must(t, err)
		s := a.Outcome.String()
		if a.Changed {
			s += " changed"
		}
		if a.Retry {
			s += " " + a.Token.Access
		}
		did = append(did, s)
		if !a.Retry {
			return strings.Join(did, ", ")
		}
	}
	t.Fatal("the recovery has no end")
	return ""
}

// Scenario 36.
func TestARecoveryReloadsThenRefreshesThenStops(t *testing.T) {
	r := newRig(t)
	tokenOf(t, r.coordinator()) // a peer has rotated to AT-2
	c := r.coordinator()
	equal(t, "steps", steps(t, c.Recover(Token{Access: "AT-1", Refresh: "RT-1"})), "applied changed AT-2, applied AT-3, exhausted")
	equal(t, "calls", r.server.count(), 2)
}

func TestARecoveryGoesToTheServerAtOnceIfNothingElseIsStored(t *testing.T) {
	r := newRig(t)
	equal(t, "steps", steps(t, r.coordinator().Recover(Token{Access: "AT-1", Refresh: "RT-1"})), "applied AT-2, exhausted")
}

// Scenario 37.
func TestARecoveryStopsWhereItsAccountIsNoLongerTheStoredOne(t *testing.T) {
	used := Token{Access: "AT-1", Refresh: "RT-1", Identity: "alice"}
	hour := time.Hour
	for _, row := range []struct {
		because string
		stored  Token // zero: logged out
		want    string
		calls   int
	}{
		{"logged out, or switched to an API key", Token{}, "logged out", 0},
		{"another account", Token{Access: "AT-9", Refresh: "RT-1", Identity: "bob"}, "identity mismatch", 0},
		{"the same account", Token{Access: "AT-9", Refresh: "RT-1", Identity: "alice"}, "applied changed AT-9, applied AT-2, exhausted", 1},
		{"an unknown account with our refresh token", Token{Access: "AT-9", Refresh: "RT-1"}, "missing identity changed AT-9, applied AT-2, exhausted", 1},
		{"an unknown account with another one", Token{Access: "AT-9", Refresh: "RT-9"}, "missing identity changed AT-9, missing identity", 0},
	} {
		r := newRig(t)
		c := r.coordinator()
		if row.stored.IsZero() {
			_, err := c.Logout(t.Context())
			must(t, err)
		} else {
			row.stored.Expiry = r.clock.Now().Add(hour)
			must(t, c.Login(t.Context(), row.stored))
		}
		before := r.read()
		equal(t, row.because, steps(t, c.Recover(used)), row.want)
		equal(t, row.because+": calls", r.server.count(), row.calls)
		if row.calls == 0 && r.read() != before {
			t.Errorf("%s: the file was touched", row.because)
		}
	}
}

func TestARecoveryThatFindsAnotherAccountUnderTheLockSpendsNothing(t *testing.T) {
	r := newRig(t)
	other := r.coordinator()
	c := r.coordinator(func(o *Options) {
		o.Fault = func(p string) error {
			if p == "locked" {
				must(t, other.Login(background(), Token{Access: "AT-B", Refresh: "RT-B", Identity: "bob"}))
			}
			return nil
		}
	})
	must(t, other.Login(t.Context(), Token{Access: "AT-1", Refresh: "RT-1", Identity: "alice"}))
	equal(t, "steps", steps(t, c.Recover(Token{Access: "AT-1", Refresh: "RT-1", Identity: "alice"})), "identity mismatch")
	equal(t, "calls", r.server.count(), 0)
}

func TestAnAccountMayBeAClaimInsideAToken(t *testing.T) {
	body := base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"x","https://api.example.com/auth":{"account_id":"acc-1","n":12345678901234567890}}`))
	jwt := "e30." + body + ".sig"
	equal(t, "nested", Claim(jwt, "https://api.example.com/auth", "account_id"), "acc-1")
	equal(t, "a number keeps its digits", Claim(jwt, "https://api.example.com/auth", "n"), "12345678901234567890")
	for _, bad := range []string{"", "a.b", "e30.%%.s", "e30.e30.s", jwt + ".x"} {
		equal(t, "none in "+bad, Claim(bad, "sub"), "")
	}
	r := newRig(t)
	c := r.coordinator(func(o *Options) {
		o.Identity = func(t Token) string { return Claim(t.Access, "https://api.example.com/auth", "account_id") }
	})
	must(t, c.Login(t.Context(), Token{Access: jwt, Refresh: "RT-1"}))
	other := "e30." + base64.RawURLEncoding.EncodeToString([]byte(`{"https://api.example.com/auth":{"account_id":"acc-2"}}`)) + ".sig"
	equal(t, "steps", steps(t, c.Recover(Token{Access: other})), "identity mismatch")
}

func TestAPinnedCoordinatorDoesNotChangeOverToAnotherAccount(t *testing.T) {
	for _, pin := range []bool{false, true} {
		r := newRig(t)
		c := r.coordinator(func(o *Options) { o.Pin = pin })
		expiry := r.clock.Now().Add(time.Hour)
		must(t, c.Login(t.Context(), Token{Access: "AT-A", Identity: "alice", Expiry: expiry}))
		must(t, r.coordinator().Login(t.Context(), Token{Access: "AT-B", Identity: "bob", Expiry: expiry}))
		token, err := c.Token(t.Context())
		if pin {
			fails[*IdentityMismatchError](t, err)
			continue
		}
		must(t, err)
		equal(t, "token", token.Access, "AT-B")
	}
}

// api is a server that accepts some access tokens, and remembers what it got.
type api struct {
	*httptest.Server
	mu     sync.Mutex
	accept map[string]bool
	got    []string // "token body"
}

func newAPI(t *testing.T, accept ...string) *api {
	a := &api{accept: map[string]bool{}}
	for _, token := range accept {
		a.accept["Bearer "+token] = true
	}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		auth := r.Header.Get("Authorization")
		a.mu.Lock()
		defer a.mu.Unlock()
		a.got = append(a.got, strings.TrimPrefix(auth, "Bearer ")+" "+string(body))
		if !a.accept[auth] {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *api) requests() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return strings.Join(a.got, ", ")
}

func TestATransportSendsTheBodyAgainWithTheNewToken(t *testing.T) {
	for name, body := range map[string]func() io.Reader{
		"that can be had again": func() io.Reader { return strings.NewReader("hello") },
		"that can't":            func() io.Reader { return io.MultiReader(strings.NewReader("hello")) },
	} {
		r := newRig(t)
		c := r.coordinator()
		must(t, c.Login(t.Context(), Token{Access: "AT-1", Refresh: "RT-1", Expiry: r.clock.Now().Add(time.Hour)}))
		a := newAPI(t, "AT-2")
		client := &http.Client{Transport: &Transport{Tokens: c}}
		resp, err := client.Post(a.URL, "text/plain", body())
		must(t, err)
		_ = resp.Body.Close()
		equal(t, name+": status", resp.StatusCode, 200)
		equal(t, name, a.requests(), "AT-1 hello, AT-2 hello")
	}
}

func TestATransportGivesUpAfterThreeAttemptsAndReturnsTheAnswer(t *testing.T) {
	r := newRig(t)
	c := r.coordinator()
	must(t, c.Login(t.Context(), Token{Access: "AT-1", Refresh: "RT-1", Expiry: r.clock.Now().Add(time.Hour)}))
	a := newAPI(t)
	client := &http.Client{Transport: &Transport{Tokens: c}}
	peer := r.coordinator()
	hook := &Transport{Tokens: c, Base: roundTrip(func(req *http.Request) (*http.Response, error) {
		resp, err := http.DefaultTransport.RoundTrip(req)
		if req.Header.Get("Authorization") == "Bearer AT-1" { // a peer rotates meanwhile
			_, err := peer.Refresh(background(), "AT-1")
			must(t, err)
		}
		return resp, err
	})}
	client.Transport = hook
	resp, err := client.Get(a.URL)
	must(t, err)
	_ = resp.Body.Close()
	equal(t, "status", resp.StatusCode, 401)
	equal(t, "requests", a.requests(), "AT-1 , AT-2 , AT-3 ")
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestATransportSendsNoTokenToAnotherHostThatItIsRedirectedTo(t *testing.T) {
	r := newRig(t)
	c := r.coordinator()
	must(t, c.Login(t.Context(), Token{Access: "AT-1", Expiry: r.clock.Now().Add(time.Hour)}))
	elsewhere := newAPI(t)
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/there" {
			http.Redirect(w, req, "/there", http.StatusFound)
			return
		}
		if req.Header.Get("Authorization") != "Bearer AT-1" {
			t.Error("the same host got no token")
		}
		http.Redirect(w, req, elsewhere.URL, http.StatusFound)
	}))
	defer home.Close()
	resp, err := (&http.Client{Transport: &Transport{Tokens: c}}).Get(home.URL)
	must(t, err)
	_ = resp.Body.Close()
	equal(t, "requests", elsewhere.requests(), " ")
}

func TestATransportSendsALargeBodyOnceAndWhole(t *testing.T) {
	r := newRig(t)
	c := r.coordinator()
	must(t, c.Login(t.Context(), Token{Access: "AT-1", Refresh: "RT-1", Expiry: r.clock.Now().Add(time.Hour)}))
	a := newAPI(t, "AT-2")
	large := strings.Repeat("x", 100)
	client := &http.Client{Transport: &Transport{Tokens: c, MaxBody: 10}}
	resp, err := client.Post(a.URL, "text/plain", io.MultiReader(strings.NewReader(large)))
	must(t, err)
	_ = resp.Body.Close()
	equal(t, "status", resp.StatusCode, 401)
	equal(t, "requests", a.requests(), "AT-1 "+large)
}

// closer counts how often a body was closed.
type closer struct {
	io.Reader
	closed int
}

func (c *closer) Close() error { c.closed++; return nil }

func TestATransportClosesTheBodyOfARequestThatItDoesNotSend(t *testing.T) {
	r := newRig(t)
	c := r.coordinator()
	_, err := c.Logout(t.Context())
	must(t, err)
	body := &closer{Reader: strings.NewReader("x")}
	req, err := http.NewRequest(http.MethodPost, r.server.URL, body)
	must(t, err)
	_, err = (&Transport{Tokens: c}).RoundTrip(req)
	equal(t, "error", errors.Is(err, ErrLoggedOut), true)
	equal(t, "closed", body.closed > 0, true)
}
