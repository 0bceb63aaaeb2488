package fosite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// What the processes and the witness say to each other beside the protocol.
const (
	pidHeader      = "X-Pid"       // of the process that asks
	rejectedHeader = "X-Rejected"  // the access token because of which it exchanges
	resumesHeader  = "X-Resumes"   // that it goes on where another one was interrupted
	doneHeader     = "X-Done"      // from the witness: all exchanges are made
	reuseHeader    = "X-Was-Spent" // from the authority
)

// witness stands before an authorization server and knows what the processes
// can't: which exchange was needed, and who was killed at what moment. It makes
// access tokens short-lived by counting their uses, so that no clock decides.
type witness struct {
	server http.Handler
	target int // exchanges, after which the processes are told to end
	uses   int // of an access token; 0 is without limit
	killer *killer

	mu       sync.Mutex
	used     map[string]int
	lines    map[string]*line // by refresh token
	logins   int
	made     int // exchanges
	refused  int
	reused   int
	unneeded []string
}

// line is what comes of one login.
type line struct {
	newest string    // access token
	since  time.Time // when that was issued
	lost   bool      // the answer with it may have reached nobody
	broken bool      // since then a process has died that had sent a refresh token
}

// killer decides at random who dies; nil spares all.
type killer struct {
	odds float64 // for each moment of an exchange
	rand *rand.Rand
	kill func(pid int, moment string)
}

// strikes kills the process of the request, or does not.
func (k *killer) strikes(r *http.Request, moment string, odds float64) bool {
	if k == nil || k.rand.Float64() >= odds {
		return false
	}
	pid, err := strconv.Atoi(r.Header.Get(pidHeader))
	if err != nil {
		return false
	}
	k.kill(pid, moment)
	return true
}

func newWitness(server http.Handler, target, uses int) *witness {
	return &witness{server: server, target: target, uses: uses, used: map[string]int{}, lines: map[string]*line{}}
}

// stop tells the processes that it is enough.
func (w *witness) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.target = 0
}

func (w *witness) isDone() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.made >= w.target
}

func (w *witness) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch r.URL.Path {
	case "/token":
		w.exchange(out, r)
	case "/login":
		w.logins++
		w.issued(&line{}, w.pass(out, r))
	default:
		w.resource(out, r)
	}
}

// pass lets the server answer, and returns its answer.
func (w *witness) pass(out http.ResponseWriter, r *http.Request) *httptest.ResponseRecorder {
	answer := w.ask(r)
	send(out, answer)
	return answer
}

func (w *witness) ask(r *http.Request) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	w.server.ServeHTTP(answer, r)
	return answer
}

func send(out http.ResponseWriter, answer *httptest.ResponseRecorder) {
	for name, values := range answer.Header() {
		out.Header()[name] = values
	}
	out.WriteHeader(answer.Code)
	_, _ = out.Write(answer.Body.Bytes())
}

func (w *witness) exchange(out http.ResponseWriter, r *http.Request) {
	l := w.line(r)
	if w.killer.strikes(r, "sent", w.odds()) {
		l.broken = true
		panic(http.ErrAbortHandler)
	}
	answer := w.ask(r)
	lost := w.killer.strikes(r, "processed", w.odds())
	w.judge(l, r.Header, answer)
	if lost {
		l.lost = true
		panic(http.ErrAbortHandler)
	}
	send(out, answer)
	_ = http.NewResponseController(out).Flush()
	l.lost = w.killer.strikes(r, "answered", w.odds())
}

// line finds what the refresh token of the request belongs to.
func (w *witness) line(r *http.Request) *line {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, _ := url.ParseQuery(string(body)) // of which the server makes what it likes
	if l := w.lines[form.Get("refresh_token")]; l != nil {
		return l
	}
	return &line{}
}

func (w *witness) odds() float64 {
	if w.killer == nil {
		return 0
	}
	return w.killer.odds
}

// young is an access token that nobody has a reason to replace because of the
// clock: it is not half as old as it may become.
const young = 400 * time.Millisecond

// judge counts the exchange, and says whether it was needed. It was not if
// another one had succeeded since the process saw its access token rejected:
// then that is not the newest any more. A process that goes by the clock must
// leave a young token alone. One that resumes may have seen an older one rejected
// than the one that is interrupted by now.
func (w *witness) judge(l *line, asked http.Header, answer *httptest.ResponseRecorder) {
	if answer.Code != http.StatusOK {
		w.refused++
		if answer.Header().Get(reuseHeader) != "" {
			w.reused++
		}
		return
	}
	rejected, resumes := asked.Get(rejectedHeader), asked.Get(resumesHeader) != ""
	switch {
	case l.lost, l.broken && resumes:
	case rejected != "" && rejected != l.newest:
		w.unneeded = append(w.unneeded, fmt.Sprintf("exchange %d: there was a newer access token", w.made+1))
	case rejected == "" && time.Since(l.since) < young:
		w.unneeded = append(w.unneeded, fmt.Sprintf("exchange %d: the access token was young", w.made+1))
	}
	w.made++
	w.issued(l, answer)
}

func (w *witness) issued(l *line, answer *httptest.ResponseRecorder) {
	var pair struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if json.Unmarshal(answer.Body.Bytes(), &pair) == nil && pair.Access != "" {
		l.newest, l.since, l.broken, w.lines[pair.Refresh] = pair.Access, time.Now(), false, l
	}
}

// resource counts the uses of each access token.
func (w *witness) resource(out http.ResponseWriter, r *http.Request) {
	if w.killer.strikes(r, "idle", w.odds()/10) {
		panic(http.ErrAbortHandler)
	}
	if w.made >= w.target {
		out.Header().Set(doneHeader, "1")
	}
	bearer := r.Header.Get("Authorization")
	w.used[bearer]++
	if w.uses > 0 && w.used[bearer] > w.uses {
		out.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.pass(out, r)
}
