package oauthtest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Options says how a server behaves. The zero value is a strict one: each
// refresh token is good once, and the second use ends the login.
type Options struct {
	// Now is the clock. Nil is time.Now.
	Now func() time.Time
	// Lifetime of access tokens. 0 is an hour. The answer tells it in seconds,
	// rounded up, as the protocol has no smaller unit.
	Lifetime time.Duration
	// Uses is how often the resource takes an access token before it counts
	// as expired, whatever the clock says. 0 is without limit.
	Uses int
	// Grace is how long a spent refresh token is answered by a new pair, as if
	// the first answer had never arrived. 0 is not at all.
	Grace time.Duration
	// NoRotation makes refresh tokens good for ever. Answers hold the same one.
	NoRotation bool
	// OmitRefresh is NoRotation by a server that does not repeat the refresh
	// token in its answers.
	OmitRefresh bool
	// NoReuseDetection refuses a spent refresh token, and leaves it at that.
	NoReuseDetection bool
	// RevokeAccess ends the access tokens of a login with each of its
	// rotations, instead of leaving them to expire.
	RevokeAccess bool
	// Clients are the client ids that are known. Nil is any.
	Clients []string
}

// Server is the state of the authorization server. Make it with New or Start.
type Server struct {
	// URL of the server, without a slash at its end. Set by Start.
	URL string

	options Options

	mu      sync.Mutex
	tokens  map[string]*token
	made    int // pairs
	counts  Counts
	scripts map[string][]Step // by path
	gates   map[string]*gate
}

// New returns a server for which nobody has logged in.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Lifetime == 0 {
		o.Lifetime = time.Hour
	}
	return &Server{options: o, tokens: map[string]*token{}, scripts: map[string][]Step{}, gates: map[string]*gate{}}
}

// Start runs a server on 127.0.0.1 until the end of the test, which opens all
// gates.
func Start(t testing.TB, o Options) *Server {
	s := New(o)
	h := httptest.NewServer(s)
	s.URL = h.URL
	t.Cleanup(h.Close)
	t.Cleanup(s.openAll)
	return s
}

// ServeHTTP answers the requests that the package comment lists.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case path == "/counts":
		write(w, http.StatusOK, encode(s.Counts()))
	case path == "/script":
		s.takeScript(w, r)
	case strings.HasPrefix(path, "/gates/"):
		s.serveGate(r, strings.TrimPrefix(path, "/gates/"))
	default:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client is gone
		}
		s.run(w, r, body)
	}
}

// process does what was asked, and returns the status and the answer.
func (s *Server) process(r *http.Request, body []byte, step Step) (int, any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	form := parseForm(r, body)
	switch r.URL.Path {
	case "/login":
		return s.login(form.Get("account"), form.Get("client_id"))
	case "/token":
		return s.exchange(form, step.OmitRefresh || s.options.OmitRefresh)
	case "/anonymous":
		s.counts.Mints++
		return http.StatusOK, Answer{AccessToken: "ANON-" + strconv.Itoa(s.counts.Mints), TokenType: "Bearer"}
	case "/revoke":
		return s.end(form.Get("token"))
	case "/resource":
		return s.resource(bearer(r), string(body))
	}
	return http.StatusNotFound, struct{}{}
}

func bearer(r *http.Request) string {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return token
}

func encode(answer any) []byte {
	text, err := json.Marshal(answer)
	if err != nil {
		panic(err) // only types of this package are answered
	}
	return text
}

func write(w http.ResponseWriter, status int, text []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	h.Set("Cache-Control", "no-store")
	if status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	}
	w.WriteHeader(status)
	_, _ = w.Write(text)
}
