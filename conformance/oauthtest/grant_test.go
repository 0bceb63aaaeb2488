package oauthtest_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/conformance/oauthtest"
)

func TestALoginAndAnExchangeAreAnsweredByPairs(t *testing.T) {
	s := oauthtest.Start(t, oauthtest.Options{Lifetime: 1500 * time.Millisecond})
	first := post(t, s.URL+"/login", "account=ada&client_id=cli")
	first.want(t, "RT-1", "")
	second := exchange(t, s, "RT-1")
	second.want(t, "RT-2", "")
	if second.AccessToken != "AT-2" || second.TokenType != "Bearer" || second.ExpiresIn != 2 || second.Account != "ada" {
		t.Errorf("answered %s", second.text)
	}
	if second.header.Get("Cache-Control") != "no-store" {
		t.Error("RFC 6749, section 5.1, wants the answer not to be stored")
	}
	if c := s.Counts(); c.Logins != 1 || c.Exchanges != 1 || c.Refusals != 0 {
		t.Errorf("counted %+v", c)
	}
}

func TestTheAccountIsAClaimToo(t *testing.T) {
	s := start(t, oauthtest.Options{})
	parts := strings.Split(exchange(t, s, "RT-1").IDToken, ".")
	if len(parts) != 3 {
		t.Fatalf("a JWT has three parts, not %d", len(parts))
	}
	if claims, err := base64.RawURLEncoding.DecodeString(parts[1]); err != nil || string(claims) != `{"sub":"ada"}` {
		t.Errorf("claims %q (%v)", claims, err)
	}
}

func TestTheSecondUseOfARefreshTokenEndsTheLogin(t *testing.T) {
	s := start(t, oauthtest.Options{})
	latest := exchange(t, s, "RT-1")
	exchange(t, s, "RT-1").want(t, "", "invalid_grant")
	exchange(t, s, latest.RefreshToken).want(t, "", "invalid_grant")
	if status := use(t, s, latest.AccessToken); status != http.StatusUnauthorized {
		t.Errorf("the access token is answered by %d", status)
	}
	if c := s.Counts(); c.Reuses != 1 || c.Revocations != 1 || c.Refusals != 2 {
		t.Errorf("counted %+v", c)
	}
}

func TestReuseEndsOnlyTheLoginItBelongsTo(t *testing.T) {
	s := start(t, oauthtest.Options{})
	other := s.Login("ada", client)
	exchange(t, s, "RT-1")
	exchange(t, s, "RT-1")
	exchange(t, s, other.RefreshToken).want(t, "RT-4", "")
}

func TestWithoutDetectionAReuseIsOnlyRefused(t *testing.T) {
	s := start(t, oauthtest.Options{NoReuseDetection: true})
	exchange(t, s, "RT-1")
	exchange(t, s, "RT-1").want(t, "", "invalid_grant")
	exchange(t, s, "RT-2").want(t, "RT-3", "")
	if c := s.Counts(); c.Reuses != 1 || c.Revocations != 0 {
		t.Errorf("counted %+v", c)
	}
}

func TestASpentRefreshTokenIsGoodWithinTheGraceWindow(t *testing.T) {
	c := newClock()
	s := start(t, oauthtest.Options{Now: c.Now, Grace: 10 * time.Second})
	exchange(t, s, "RT-1").want(t, "RT-2", "")
	c.pass(9 * time.Second)
	exchange(t, s, "RT-1").want(t, "RT-3", "")
	exchange(t, s, "RT-2").want(t, "RT-4", "") // the lost answer is good, too
	exchange(t, s, "RT-3").want(t, "RT-5", "")
	c.pass(time.Second)
	exchange(t, s, "RT-1").want(t, "", "invalid_grant")
	exchange(t, s, "RT-5").want(t, "", "invalid_grant")
	if n := s.Counts(); n.Graces != 1 || n.Exchanges != 4 || n.Reuses != 1 || n.Revocations != 1 {
		t.Errorf("counted %+v", n)
	}
}

func TestWithoutRotationTheRefreshTokenStays(t *testing.T) {
	s := start(t, oauthtest.Options{NoRotation: true})
	for range 2 {
		exchange(t, s, "RT-1").want(t, "RT-1", "")
	}
}

func TestAnOmittedRefreshTokenIsGoodAgain(t *testing.T) {
	s := start(t, oauthtest.Options{OmitRefresh: true})
	for range 2 {
		if g := exchange(t, s, "RT-1"); g.AccessToken == "" || strings.Contains(g.text, "refresh_token") {
			t.Errorf("answered %s", g.text)
		}
	}
}

func TestAccessTokensExpireByTheClock(t *testing.T) {
	c := newClock()
	s := start(t, oauthtest.Options{Now: c.Now, Lifetime: time.Minute})
	c.pass(time.Minute - 1)
	if status := use(t, s, "AT-1"); status != http.StatusOK {
		t.Errorf("before: %d", status)
	}
	c.pass(1)
	if status := use(t, s, "AT-1"); status != http.StatusUnauthorized {
		t.Errorf("after: %d", status)
	}
	if n := s.Counts(); n.Resources != 2 || n.Expired != 1 {
		t.Errorf("counted %+v", n)
	}
}

func TestAccessTokensExpireByUse(t *testing.T) {
	s := start(t, oauthtest.Options{Uses: 1})
	if a, b := use(t, s, "AT-1"), use(t, s, "AT-1"); a != http.StatusOK || b != http.StatusUnauthorized {
		t.Errorf("answered by %d, then %d", a, b)
	}
}

func TestAccessTokensCanBeMadeToExpire(t *testing.T) {
	s := start(t, oauthtest.Options{})
	s.ExpireAccess()
	latest := exchange(t, s, "RT-1")
	if a, b := use(t, s, "AT-1"), use(t, s, latest.AccessToken); a != http.StatusUnauthorized || b != http.StatusOK {
		t.Errorf("answered by %d, then %d", a, b)
	}
}

func TestARotationLeavesOldAccessTokensUnlessItIsToRevokeThem(t *testing.T) {
	for revoke, want := range map[bool]int{false: http.StatusOK, true: http.StatusUnauthorized} {
		s := start(t, oauthtest.Options{RevokeAccess: revoke})
		other := s.Login("bob", client)
		exchange(t, s, "RT-1")
		if status := use(t, s, "AT-1"); status != want {
			t.Errorf("revoking %v: %d", revoke, status)
		}
		if status := use(t, s, other.AccessToken); status != http.StatusOK {
			t.Errorf("revoking %v: another login's is answered by %d", revoke, status)
		}
	}
}

func TestTheResourceTellsWhoseTokenItGotAndTheBody(t *testing.T) {
	s := start(t, oauthtest.Options{})
	if g := useBody(t, s, "AT-1", "text"); g.Account != "ada" || g.Body != "text" {
		t.Errorf("answered %s", g.text)
	}
	g := useBody(t, s, "RT-1", "text")
	if g.status != http.StatusUnauthorized || !strings.HasPrefix(g.header.Get("WWW-Authenticate"), "Bearer ") {
		t.Errorf("a refresh token is answered by %d %v", g.status, g.header)
	}
}

func TestRequestsThatMakeNoSenseAreRefusedByCode(t *testing.T) {
	s := oauthtest.Start(t, oauthtest.Options{Clients: []string{"cli", "other"}})
	s.Login("ada", "cli")
	for _, row := range []struct{ form, code, because string }{
		{"grant_type=refresh_token&client_id=cli&refresh_token=RT-7", "invalid_grant", "unknown"},
		{"grant_type=refresh_token&client_id=cli&refresh_token=AT-1", "invalid_grant", "an access token"},
		{"grant_type=refresh_token&client_id=other&refresh_token=RT-1", "invalid_grant", "somebody else's"},
		{"grant_type=refresh_token&client_id=evil&refresh_token=RT-1", "invalid_client", "an unknown client"},
		{"grant_type=refresh_token&client_id=cli", "invalid_request", "nothing to spend"},
		{"grant_type=password&client_id=cli&refresh_token=RT-1", "unsupported_grant_type", "another grant"},
		{"", "unsupported_grant_type", "nothing at all"},
	} {
		if g := post(t, s.URL+"/token", row.form); g.Error != row.code {
			t.Errorf("%s: %q, want %q", row.because, g.Error, row.code)
		}
	}
	if g := post(t, s.URL+"/token?grant_type=refresh_token&client_id=cli&refresh_token=RT-1", ""); g.Error == "" {
		t.Error("parameters in the address are against RFC 6749, section 3.2")
	}
	exchange(t, s, "RT-1").want(t, "RT-2", "") // none of them has spent it
}

func TestALoginEndsByRevocation(t *testing.T) {
	s := start(t, oauthtest.Options{})
	if g := post(t, s.URL+"/revoke", "token=RT-1"); g.status != http.StatusOK {
		t.Errorf("answered by %d", g.status)
	}
	exchange(t, s, "RT-1").want(t, "", "invalid_grant")

	bob := s.Login("bob", client)
	s.Revoke("bob")
	exchange(t, s, bob.RefreshToken).want(t, "", "invalid_grant")
	if c := s.Counts(); c.Revocations != 2 || c.Reuses != 0 {
		t.Errorf("counted %+v", c)
	}
}

func TestAnonymousTokensAreCounted(t *testing.T) {
	s := oauthtest.Start(t, oauthtest.Options{})
	for _, want := range []string{"ANON-1", "ANON-2"} {
		if g := post(t, s.URL+"/anonymous", ""); g.AccessToken != want {
			t.Errorf("%q, want %q", g.AccessToken, want)
		}
	}
	if n := s.Counts().Mints; n != 2 {
		t.Errorf("counted %d", n)
	}
}
