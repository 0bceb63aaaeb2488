package refresh

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestAnAccessTokenIsGivenOutUntilATenthOfItsLifetimeOrAMinuteIsLeft(t *testing.T) {
	written := time.Date(2026, 11, 22, 1, 33, 0, 0, time.UTC)
	for _, row := range []struct {
		because   string
		life, at  time.Duration
		unwritten bool
		want      bool
	}{
		{"an hour: a minute before", time.Hour, 59*time.Minute - 1, false, true},
		{"an hour: within the last minute", time.Hour, 59 * time.Minute, false, false},
		{"a minute: a tenth before", time.Minute, 54*time.Second - 1, false, true},
		{"a minute: within the last tenth", time.Minute, 54 * time.Second, false, false},
		{"written nobody knows when: a minute", time.Hour, 59 * time.Minute, true, false},
		{"expired before it was written", -time.Hour, 0, false, false},
	} {
		s := Stored{Token: Token{Access: "a", Expiry: written.Add(row.life)}, Written: written}
		if row.unwritten {
			s.Written = time.Time{}
		}
		equal(t, row.because, s.fresh(written.Add(row.at)), row.want)
	}
	equal(t, "no expiry", Stored{Token: Token{Access: "a"}}.fresh(written), true)
	equal(t, "no token", Stored{}.fresh(written), false)
}

func TestAfterARefreshTheExpiryIsNoReasonForAnotherOneForAWhile(t *testing.T) {
	written := time.Date(2026, 11, 22, 1, 33, 0, 0, time.UTC)
	for _, row := range []struct {
		because    string
		life, at   time.Duration
		generation uint64
		want       bool
	}{
		{"half a minute", time.Hour, 30*time.Second - 1, 1, true},
		{"no longer", time.Hour, 30 * time.Second, 1, false},
		{"half of a short lifetime", 10 * time.Second, 5*time.Second - 1, 1, true},
		{"no longer than that", 10 * time.Second, 5 * time.Second, 1, false},
		{"a lifetime that is over already", -time.Hour, 29 * time.Second, 1, true},
		{"a login is no refresh", time.Hour, 0, 0, false},
		{"the clock was set back", time.Hour, -time.Hour, 1, false},
	} {
		s := Stored{Token: Token{Access: "a", Expiry: written.Add(row.life)}, Written: written, Generation: row.generation}
		equal(t, row.because, s.held(written.Add(row.at)), row.want)
	}
}

func TestDelaysDoubleWithJitterUpToALimitAndObeyTheServer(t *testing.T) {
	for _, row := range []struct {
		tries  int
		after  time.Duration
		random float64
		want   time.Duration
	}{
		{1, 0, 0, time.Second / 2}, {1, 0, 1, time.Second}, {2, 0, 1, 2 * time.Second}, {4, 0, 0.5, 6 * time.Second},
		{30, 0, 1, 5 * time.Minute}, {30, 0, 0, 150 * time.Second},
		{1, time.Minute, 1, time.Minute}, {1, 24 * time.Hour, 1, time.Hour},
	} {
		equal(t, fmt.Sprintf("%+v", row), delay(row.tries, row.after, row.random), row.want)
	}
}

func TestADelayFromAClockThatWasWrongIsNotWaitedFor(t *testing.T) {
	now := time.Date(2026, 11, 22, 1, 33, 0, 0, time.UTC)
	equal(t, "an hour", (&memory{Until: now.Add(time.Hour)}).err(now) != nil, true)
	equal(t, "a day", (&memory{Until: now.Add(24 * time.Hour)}).err(now) != nil, false)
	equal(t, "over", (&memory{Until: now}).err(now) != nil, false)
	equal(t, "a permanent one", (&memory{Permanent: true}).err(now) != nil, true)
}

func TestEachFailureHasItsClass(t *testing.T) {
	dial := &net.OpError{Op: "dial", Err: errDisk}
	read := &net.OpError{Op: "read", Err: errDisk}
	for _, row := range []struct {
		because string
		err     error
		unsent  bool
		want    Class
	}{
		{"RFC 6749", &ResponseError{Status: 400, Code: "invalid_grant"}, false, InvalidGrant},
		{"RFC 6749", &ResponseError{Status: 401, Code: "invalid_client"}, false, Permanent},
		{"RFC 6749", &ResponseError{Status: 400, Code: "invalid_scope"}, false, Permanent},
		{"RFC 6749", &ResponseError{Status: 400, Code: "temporarily_unavailable"}, false, Transient},
		{"a code that nobody knows is no reason for a login", &ResponseError{Status: 400, Code: "quota"}, false, Transient},
		{"too many requests", &ResponseError{Status: 429}, false, Transient},
		{"a server that refuses before it begins", &ResponseError{Status: 503}, false, Transient},
		{"so it does, and says which error it is", &ResponseError{Status: 503, Code: "server_error"}, false, Transient},
		{"a server that failed nobody knows when", &ResponseError{Status: 500}, false, Ambiguous},
		{"a gateway whose server is gone", &ResponseError{Status: 502}, false, Ambiguous},
		{"a gateway that lost patience", &ResponseError{Status: 504}, false, Ambiguous},
		{"a program that can't name a status, but the error", &ResponseError{Code: "server_error"}, false, Ambiguous},
		{"a status of some gateway", &ResponseError{Status: 599}, false, Ambiguous},
		{"a server that says it will be there again", &ResponseError{Status: 500, Code: "temporarily_unavailable"}, false, Transient},
		{"a server that names the reason", &ResponseError{Status: 500, Code: "invalid_grant"}, false, InvalidGrant},
		{"a request that did not arrive in time", &ResponseError{Status: 408}, false, Transient},
		{"a captive portal", &ResponseError{Status: 200, Malformed: true}, false, Ambiguous},
		{"no connection", &url.Error{Op: "Post", Err: dial}, false, Transient},
		{"no name", &url.Error{Op: "Post", Err: &net.DNSError{}}, false, Transient},
		{"the connection broke", &url.Error{Op: "Post", Err: read}, false, Ambiguous},
		{"it broke before anything was sent", &url.Error{Op: "Post", Err: read}, true, Transient},
		{"anything else", errDisk, false, Ambiguous},
	} {
		equal(t, fmt.Sprintf("%s: %v", row.because, row.err), classify(row.err, nil, row.unsent), row.want)
	}
	own := func(err error) Class {
		if errors.Is(err, errDisk) {
			return Permanent
		}
		return Unclassified
	}
	equal(t, "the caller's rule", classify(errDisk, own, false), Permanent)
	equal(t, "where it has none", classify(errors.New("other"), own, false), Ambiguous)
}

func TestAnAnswerIsReadAsRFC6749SaysOrAsServersReallySendIt(t *testing.T) {
	now := time.Date(2026, 11, 22, 1, 33, 0, 0, time.UTC)
	for _, row := range []struct {
		because string
		status  int
		body    string
		access  string
		life    time.Duration
		code    string
		bad     bool
	}{
		{"plain", 200, `{"access_token":"a","refresh_token":"r","expires_in":3600}`, "a", time.Hour, "", false},
		{"a lifetime as text", 200, `{"access_token":"a","expires_in":"3600"}`, "a", time.Hour, "", false},
		{"a negative one", 200, `{"access_token":"a","expires_in":-1}`, "a", 0, "", false},
		{"an endless one", 200, `{"access_token":"a","expires_in":1e300}`, "a", 0, "", false},
		{"by another way than HTTP", 0, `{"access_token":"a"}`, "a", 0, "", false},
		{"an error with status 200", 200, `{"error":"invalid_grant"}`, "", 0, "invalid_grant", false},
		{"an error by another way", 0, `{"error":"slow_down"}`, "", 0, "slow_down", false},
		{"an error that hides something", 400, `{"error":"RT-1 is spent"}`, "", 0, "error", false},
		{"a page", 200, `<html>`, "", 0, "", true},
		{"no token", 200, `{}`, "", 0, "", true},
		{"two tokens of one name", 200, `{"access_token":"a","access_token":"b"}`, "", 0, "", true},
		{"no object", 200, `null`, "", 0, "", true},
		{"a page with a status", 502, `<html>`, "", 0, "", false},
	} {
		token, err := ParseResponse(row.status, http.Header{}, []byte(row.body), now)
		equal(t, row.because+": access", token.Access, row.access)
		if row.access == "" {
			e := fails[*ResponseError](t, err)
			equal(t, row.because+": code", e.Code, row.code)
			equal(t, row.because+": malformed", e.Malformed, row.bad)
			continue
		}
		must(t, err)
		if row.life > 0 {
			equal(t, row.because+": lifetime", token.Expiry.Sub(now), row.life)
		} else {
			equal(t, row.because+": no expiry", token.Expiry.IsZero(), true)
		}
	}
	for text, want := range map[string]time.Duration{"120": 2 * time.Minute, "Sun, 22 Nov 2026 01:34:00 GMT": time.Minute, "-5": 0, "soon": 0} {
		_, err := ParseResponse(503, http.Header{"Retry-After": {text}}, nil, now)
		equal(t, "after "+text, fails[*ResponseError](t, err).RetryAfter, want)
	}
}

func TestAnExpiryIsReadAndWrittenInTheFormThatTheFileHas(t *testing.T) {
	at := time.Date(2026, 11, 22, 1, 33, 0, 0, time.UTC)
	for _, row := range []struct{ seed, want string }{
		{`"expires_at":1`, `"expires_at":1795314780`},
		{`"expires_at":1000000000001`, `"expires_at":1795314780000`},
	} {
		r := newRig(t)
		r.write(`{"auth":{"access_token":"AT-1","refresh_token":"RT-1",` + row.seed + `}}`)
		r.clock.advance(at.Sub(r.clock.Now()))
		tokenOf(t, r.coordinator())
		if text := r.read(); !strings.Contains(text, row.want) {
			t.Errorf("%s became %.200s", row.seed, text)
		}
	}
}
