package oauth2x_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/conformance/oauthtest"
	"github.com/cfgmerge/cfgmerge/refresh"
	"github.com/cfgmerge/cfgmerge/refresh/oauth2x"
)

type config struct {
	Access  string    `json:"access"  cfgmerge:"token=login,access"`
	Refresh string    `json:"refresh" cfgmerge:"token=login,refresh"`
	Expires time.Time `json:"expires" cfgmerge:"token=login,expiry"`
	Type    string    `json:"type"    cfgmerge:"token=login"`
}

// login returns a coordinator of a token that has expired.
func login(t *testing.T, server *oauthtest.Server, path string) *refresh.Coordinator {
	t.Helper()
	exchange, err := oauth2x.Exchange(oauthConfig(server), "account")
	if err != nil {
		t.Fatal(err)
	}
	file, err := cfgmerge.Open[config](path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	c, err := refresh.New(refresh.NewFileStore(file.Doc(), cfgmerge.GroupRef{Name: "login"}), refresh.Options{ClientID: "cli", Exchange: exchange})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func oauthConfig(server *oauthtest.Server) *oauth2.Config {
	return &oauth2.Config{ClientID: "cli", Endpoint: oauth2.Endpoint{TokenURL: server.URL + "/token", AuthStyle: oauth2.AuthStyleInParams}}
}

func TestATokenSourceReturnsWhatAnotherProcessHasRefreshed(t *testing.T) {
	server := oauthtest.Start(t, oauthtest.Options{})
	path := filepath.Join(t.TempDir(), "app.json")
	mine, other := login(t, server, path), login(t, server, path)
	first := server.Login("me", "cli")
	if err := mine.Login(t.Context(), refresh.Token{Access: first.AccessToken, Refresh: first.RefreshToken, Expiry: time.Now().Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	sources := []oauth2.TokenSource{oauth2x.TokenSource(t.Context(), mine), oauth2x.TokenSource(t.Context(), other)}
	for _, s := range sources {
		got, err := s.Token()
		if err != nil || got.AccessToken != "AT-2" || got.RefreshToken != "RT-2" || !got.Valid() {
			t.Fatalf("valid: %v, %v", got.Valid(), err)
		}
	}
	if c := server.Counts(); c.Exchanges != 1 || c.Reuses != 0 {
		t.Errorf("%+v", c)
	}
}

func TestARefusalIsKnownByItsCodeAndQuotesNothing(t *testing.T) {
	server := oauthtest.Start(t, oauthtest.Options{})
	server.Script("/token", oauthtest.Step{Error: "invalid_client"})
	exchange, err := oauth2x.Exchange(oauthConfig(server))
	if err != nil {
		t.Fatal(err)
	}
	_, err = exchange(t.Context(), refresh.Token{Refresh: "RT-CANARY"})
	var refused *refresh.ResponseError
	if !errors.As(err, &refused) || refused.Code != "invalid_client" || refused.Status != 400 || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("%v", err)
	}
}

func TestAnAnswerWithoutARefreshTokenDoesNotRepeatTheSpentOne(t *testing.T) {
	server := oauthtest.Start(t, oauthtest.Options{OmitRefresh: true})
	first := server.Login("me", "cli")
	exchange, err := oauth2x.Exchange(oauthConfig(server), "account")
	if err != nil {
		t.Fatal(err)
	}
	got, err := exchange(context.Background(), refresh.Token{Refresh: first.RefreshToken})
	if err != nil || got.Refresh != "" || got.Access == "" || got.Extra["account"] != "me" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestAnEndpointThatWouldBeAskedTwiceIsRefused(t *testing.T) {
	if _, err := oauth2x.Exchange(&oauth2.Config{}); !errors.Is(err, oauth2x.ErrAuthStyle) {
		t.Errorf("%v", err)
	}
}

// stamp notes what a request can be read by.
type stamp struct{ guarded bool }

func (s *stamp) RoundTrip(req *http.Request) (*http.Response, error) {
	_, isText := req.Body.(interface {
		WriteTo(io.Writer) (int64, error)
	})
	s.guarded = !isText && req.GetBody == nil
	return http.DefaultTransport.RoundTrip(req)
}

func TestTheClientOfTheContextIsUsedAndItsRequestGuarded(t *testing.T) {
	server := oauthtest.Start(t, oauthtest.Options{})
	path := filepath.Join(t.TempDir(), "app.json")
	c := login(t, server, path)
	first := server.Login("me", "cli")
	if err := c.Login(t.Context(), refresh.Token{Access: first.AccessToken, Refresh: first.RefreshToken}); err != nil {
		t.Fatal(err)
	}
	var seen stamp
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Transport: &seen})
	if _, err := c.Refresh(ctx, first.AccessToken); err != nil || !seen.guarded {
		t.Error(seen.guarded, err)
	}
}
