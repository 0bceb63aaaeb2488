package oauthtest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
)

// Step is what happens to one request. With the zero Step all goes well.
type Step struct {
	// Before is a gate at which the request waits before it is processed.
	// Empty is none.
	Before string `json:"before,omitempty"`
	// After is a gate at which the answer waits, when the request was processed
	// already: its refresh token is spent.
	After string `json:"after,omitempty"`

	// Status answers with this status, and does not process the request. 0
	// does.
	Status int `json:"status,omitempty"`
	// Error answers with this code of RFC 6749 in place of processing, and with
	// status 400 if Status says nothing else.
	Error string `json:"error,omitempty"`
	// RetryAfter is a header of that answer. Empty is none.
	RetryAfter string `json:"retry_after,omitempty"`
	// Late processes the request in spite of Status or Error, as a proxy does
	// that loses patience with the server behind it.
	Late bool `json:"late,omitempty"`

	// Account is whom the answer speaks of, instead of the one who logged in.
	Account string `json:"account,omitempty"`
	// OmitRefresh leaves the refresh token out of the answer, which is
	// processed as with Options.OmitRefresh.
	OmitRefresh bool `json:"omit_refresh,omitempty"`
	// Body replaces the answer, with status 200. Empty is the answer.
	Body string `json:"body,omitempty"`
	// Cut closes the connection after so many bytes of the answer's body. 0
	// sends all of it.
	Cut int `json:"cut,omitempty"`
	// Drop closes the connection when the request was processed, in place of an
	// answer.
	Drop bool `json:"drop,omitempty"`
}

// gate holds requests up. Both channels are closed once, and for good.
type gate struct {
	reached, open     chan struct{}
	isReached, isOpen bool
}

// Script appends to what is to happen to the next requests of a path, like
// "/token". Requests for which there is no step go well.
func (s *Server) Script(path string, steps ...Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts[path] = append(s.scripts[path], steps...)
}

// Reached returns a channel that is closed when a request has reached the gate.
func (s *Server) Reached(name string) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gate(name).reached
}

// Open lets requests through the gate: those that wait, and those to come.
func (s *Server) Open(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gate(name).pass()
}

// gate returns the gate of that name, closed if it is new.
func (s *Server) gate(name string) *gate {
	if s.gates[name] == nil {
		s.gates[name] = &gate{reached: make(chan struct{}), open: make(chan struct{})}
	}
	return s.gates[name]
}

func (g *gate) pass() {
	if !g.isOpen {
		g.isOpen = true
		close(g.open)
	}
}

// openAll ends all waiting: no step of later requests has a gate either.
func (s *Server) openAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.scripts)
	for _, g := range s.gates {
		g.pass()
	}
}

// wait stands at a gate until it is open, whether or not the client is still
// there: a server processes what it has got. Without a name there is no gate.
func (s *Server) wait(name string) {
	if name == "" {
		return
	}
	s.mu.Lock()
	g := s.gate(name)
	if !g.isReached {
		g.isReached = true
		close(g.reached)
	}
	s.mu.Unlock()
	<-g.open
}

// next takes the step that is due.
func (s *Server) next(path string) Step {
	s.mu.Lock()
	defer s.mu.Unlock()
	steps := s.scripts[path]
	if len(steps) == 0 {
		return Step{}
	}
	s.counts.Faults++
	s.scripts[path] = steps[1:]
	return steps[0]
}

// run processes a request as the script wants it.
func (s *Server) run(w http.ResponseWriter, r *http.Request, body []byte) {
	step := s.next(r.URL.Path)
	s.wait(step.Before)
	if step.fails() && !step.Late {
		step.fail(w)
		return
	}
	status, answer := s.process(r, body, step)
	s.wait(step.After)
	if step.fails() {
		step.fail(w)
		return
	}
	step.answer(w, status, answer)
}

func (t Step) fails() bool { return t.Status != 0 || t.Error != "" }

func (t Step) fail(w http.ResponseWriter) {
	if t.RetryAfter != "" {
		w.Header().Set("Retry-After", t.RetryAfter)
	}
	if t.Error == "" {
		http.Error(w, http.StatusText(t.Status), t.Status)
		return
	}
	write(w, cmp.Or(t.Status, http.StatusBadRequest), encode(Refusal{Error: t.Error}))
}

// answer sends what is to arrive of the answer.
func (t Step) answer(w http.ResponseWriter, status int, answer any) {
	if a, ok := answer.(Answer); ok && t.Account != "" {
		a.Account, a.IDToken = t.Account, unsigned(t.Account)
		answer = a
	}
	text := encode(answer)
	if t.Body != "" {
		status, text = http.StatusOK, []byte(t.Body)
	}
	switch {
	case t.Drop:
		panic(http.ErrAbortHandler) // closes the connection, and says so to nobody
	case t.Cut > 0 && t.Cut < len(text):
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		w.WriteHeader(status)
		_, _ = w.Write(text[:t.Cut])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	write(w, status, text)
}

// takeScript is Script, for tests in other processes.
func (s *Server) takeScript(w http.ResponseWriter, r *http.Request) {
	var steps []Step
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&steps); err != nil || r.Method != http.MethodPost {
		http.Error(w, "want an array of steps, by POST", http.StatusBadRequest)
		return
	}
	s.Script(r.URL.Query().Get("path"), steps...)
}

// serveGate is Open and Reached, for tests in other processes.
func (s *Server) serveGate(r *http.Request, name string) {
	if r.Method == http.MethodPost {
		s.Open(name)
		return
	}
	select {
	case <-s.Reached(name):
	case <-r.Context().Done():
	}
}
