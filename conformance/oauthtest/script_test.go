package oauthtest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/cfgmerge/cfgmerge/conformance/oauthtest"
)

func TestStepsAreTakenOneARequestAndByPath(t *testing.T) {
	s := start(t, oauthtest.Options{})
	s.Script("/token", oauthtest.Step{}, oauthtest.Step{Error: "temporarily_unavailable"})
	if status := use(t, s, "AT-1"); status != http.StatusOK {
		t.Errorf("another path is answered by %d", status)
	}
	exchange(t, s, "RT-1").want(t, "RT-2", "")
	exchange(t, s, "RT-2").want(t, "", "temporarily_unavailable")
	exchange(t, s, "RT-2").want(t, "RT-3", "")
	if n := s.Counts().Faults; n != 2 {
		t.Errorf("counted %d", n)
	}
}

func TestAFailureBeforeProcessingSpendsNothing(t *testing.T) {
	for _, row := range []struct {
		step   oauthtest.Step
		status int
		code   string
	}{
		{oauthtest.Step{Status: 500}, 500, ""},
		{oauthtest.Step{Status: 503, Error: "temporarily_unavailable"}, 503, "temporarily_unavailable"},
		{oauthtest.Step{Status: 429, RetryAfter: "7"}, 429, ""},
		{oauthtest.Step{Error: "invalid_grant"}, 400, "invalid_grant"},
		{oauthtest.Step{Error: "invalid_client", Status: 401}, 401, "invalid_client"},
	} {
		s := start(t, oauthtest.Options{})
		s.Script("/token", row.step)
		g := exchange(t, s, "RT-1")
		if g.status != row.status || g.Error != row.code || g.header.Get("Retry-After") != row.step.RetryAfter {
			t.Errorf("%+v: %d %s", row.step, g.status, g.text)
		}
		exchange(t, s, "RT-1").want(t, "RT-2", "")
	}
}

func TestALateFailureHasSpentTheRefreshToken(t *testing.T) {
	s := start(t, oauthtest.Options{})
	s.Script("/token", oauthtest.Step{Status: 502, Late: true})
	if g := exchange(t, s, "RT-1"); g.status != 502 || g.RefreshToken != "" {
		t.Errorf("answered %d %s", g.status, g.text)
	}
	exchange(t, s, "RT-1").want(t, "", "invalid_grant")
}

func TestADroppedAnswerHasSpentTheRefreshToken(t *testing.T) {
	for name, step := range map[string]oauthtest.Step{"dropped": {Drop: true}, "cut": {Cut: 20}} {
		t.Run(name, func(t *testing.T) {
			s := start(t, oauthtest.Options{})
			s.Script("/token", step)
			if g := exchange(t, s, "RT-1"); g.err == nil || len(g.text) != step.Cut {
				t.Errorf("answered %d %q", g.status, g.text)
			}
			if n := s.Counts().Exchanges; n != 1 {
				t.Errorf("%d exchanges", n)
			}
			exchange(t, s, "RT-1").want(t, "", "invalid_grant")
		})
	}
}

func TestAnAnswerCanSpeakOfAnotherAccount(t *testing.T) {
	s := start(t, oauthtest.Options{})
	s.Script("/token", oauthtest.Step{Account: "eve"})
	if g := exchange(t, s, "RT-1"); g.Account != "eve" || g.RefreshToken != "RT-2" {
		t.Errorf("answered %s", g.text)
	}
	if g := exchange(t, s, "RT-2"); g.Account != "ada" {
		t.Errorf("then %s", g.text)
	}
}

func TestOneAnswerCanOmitTheRefreshToken(t *testing.T) {
	s := start(t, oauthtest.Options{})
	s.Script("/token", oauthtest.Step{OmitRefresh: true})
	exchange(t, s, "RT-1").want(t, "", "")
	exchange(t, s, "RT-1").want(t, "RT-3", "") // the pair before has no RT-2
}

func TestAnAnswerCanBeAnything(t *testing.T) {
	s := start(t, oauthtest.Options{})
	s.Script("/token", oauthtest.Step{Body: "<html>"})
	if g := exchange(t, s, "RT-1"); g.status != http.StatusOK || g.text != "<html>" {
		t.Errorf("answered %d %s", g.status, g.text)
	}
}

func TestARequestWaitsAtAGateBeforeItIsProcessed(t *testing.T) {
	s := start(t, oauthtest.Options{})
	s.Script("/token", oauthtest.Step{Before: "slow"})
	slow := make(chan got)
	go func() { slow <- exchange(t, s, "RT-1") }()
	<-s.Reached("slow")
	exchange(t, s, "RT-1").want(t, "RT-2", "") // nothing was spent, and nobody is held up
	s.Open("slow")
	g := <-slow
	g.want(t, "", "invalid_grant")
}

func TestAnAnswerWaitsAtAGateWhenTheRequestWasProcessed(t *testing.T) {
	s := start(t, oauthtest.Options{})
	s.Script("/token", oauthtest.Step{After: "slow"})
	slow := make(chan got)
	go func() { slow <- exchange(t, s, "RT-1") }()
	<-s.Reached("slow")
	if n := s.Counts().Exchanges; n != 1 {
		t.Errorf("%d exchanges", n)
	}
	s.Open("slow")
	g := <-slow
	g.want(t, "RT-2", "")
}

func TestAnOpenGateHoldsUpNobody(t *testing.T) {
	s := start(t, oauthtest.Options{})
	s.Open("slow")
	s.Script("/token", oauthtest.Step{Before: "slow", After: "slow"})
	exchange(t, s, "RT-1").want(t, "RT-2", "")
}

// A test that fails between Script and Open must not hang.
func TestTheEndOfATestOpensAllGates(t *testing.T) {
	done := make(chan got, 1)
	t.Run("inner", func(inner *testing.T) {
		s := start(inner, oauthtest.Options{})
		s.Script("/token", oauthtest.Step{Before: "slow"})
		// The request outlives the inner test, as one of another process would.
		go func() { done <- exchange(t, s, "RT-1") }()
		<-s.Reached("slow")
	})
	g := <-done
	g.want(t, "RT-2", "")
}

func TestAServerInAProcessOfItsOwnIsToldByRequests(t *testing.T) {
	h := httptest.NewServer(oauthtest.New(oauthtest.Options{}))
	t.Cleanup(h.Close)
	s := &oauthtest.Server{URL: h.URL} // all that another process has of it
	post(t, s.URL+"/login", "account=ada&client_id=cli").want(t, "RT-1", "")

	if g := post(t, s.URL+"/script?path=/token", `[{"after":"slow"},{"drop":true}]`); g.status != http.StatusOK {
		t.Fatalf("%d %s", g.status, g.text)
	}
	slow := make(chan got)
	go func() { slow <- exchange(t, s, "RT-1") }()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/gates/slow", nil)
	if err != nil {
		t.Fatal(err)
	}
	if g := ask(t, r); g.status != http.StatusOK {
		t.Fatalf("%d %s", g.status, g.text)
	}
	post(t, s.URL+"/gates/slow", "")
	g := <-slow
	g.want(t, "RT-2", "")
	if g := exchange(t, s, "RT-2"); g.err == nil {
		t.Errorf("answered %s", g.text)
	}

	r, _ = http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/counts", nil)
	var counts oauthtest.Counts
	if err := json.Unmarshal([]byte(ask(t, r).text), &counts); err != nil || counts.Exchanges != 2 || counts.Faults != 2 {
		t.Errorf("counted %+v (%v)", counts, err)
	}
}

func TestAScriptWithAMisspeltStepIsRefused(t *testing.T) {
	s := start(t, oauthtest.Options{})
	if g := post(t, s.URL+"/script?path=/token", `[{"dropp":true}]`); g.status != http.StatusBadRequest {
		t.Errorf("%d %s", g.status, g.text)
	}
}
