package refresh_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/conformance/oauthtest"
	"github.com/cfgmerge/cfgmerge/refresh"
)

// Requests carry a token that can be used. Here the stored one has expired
// overnight, and is refreshed first; every other process waits for that, and
// takes the new one.
func Example() {
	type Config struct {
		Access  string    `json:"access_token"  cfgmerge:"token=login,access"`
		Refresh string    `json:"refresh_token" cfgmerge:"token=login,refresh"`
		Expires time.Time `json:"expires_at"    cfgmerge:"token=login,expiry"`
	}
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	authority := oauthtest.New(oauthtest.Options{})
	server := httptest.NewServer(authority)
	defer server.Close()

	file, err := cfgmerge.Open[Config](filepath.Join(dir, "config.json"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	const id = "cli"
	endpoint := &refresh.Endpoint{URL: server.URL + "/token", ClientID: id}
	store := refresh.NewFileStore(file.Doc(), cfgmerge.GroupRef{Name: "login"})
	tokens, err := refresh.New(store, refresh.Options{ClientID: id, Exchange: endpoint.Exchange})
	if err != nil {
		fmt.Println(err)
		return
	}
	login := authority.Login("me", id)
	err = tokens.Login(context.Background(), refresh.Token{
		Access: login.AccessToken, Refresh: login.RefreshToken, Expiry: time.Now().Add(-8 * time.Hour),
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	client := &http.Client{Transport: &refresh.Transport{Tokens: tokens}}
	for range 2 {
		resp, err := client.Get(server.URL + "/resource")
		if err != nil {
			fmt.Println(err)
			return
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		fmt.Println(resp.Status, authority.Counts().Exchanges, "exchange")
	}
	// Output:
	// 200 OK 1 exchange
	// 200 OK 1 exchange
}
