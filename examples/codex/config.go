package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/refresh"
)

// Auth is auth.json.
type Auth struct {
	Mode        string    `json:"auth_mode,omitempty"`
	APIKey      *string   `json:"OPENAI_API_KEY"        cfgmerge:"secret"`
	Tokens      Tokens    `json:"tokens,omitzero"`
	LastRefresh time.Time `json:"last_refresh,omitzero" cfgmerge:"max"`
}

// Tokens are those of one account, which the id token speaks of, too. They
// travel together.
type Tokens struct {
	IDToken      string `json:"id_token,omitempty"      cfgmerge:"token=chatgpt"`
	AccessToken  string `json:"access_token,omitempty"  cfgmerge:"token=chatgpt,access"`
	RefreshToken string `json:"refresh_token,omitempty" cfgmerge:"token=chatgpt,refresh"`
	AccountID    string `json:"account_id,omitempty"    cfgmerge:"token=chatgpt,identity"`
}

const clientID = "codex-example"

// login is the cure: one coordinator for the tokens of auth.json. The account
// is a claim of the id token, whatever account_id says.
func login(path, server string) (*cfgmerge.File[Auth], *refresh.Coordinator, error) {
	file, err := cfgmerge.Open[Auth](path, &cfgmerge.Options{App: "codex"})
	if err != nil {
		return nil, nil, err
	}
	endpoint := &refresh.Endpoint{URL: server + "/token", ClientID: clientID}
	tokens, err := refresh.New(
		refresh.NewFileStore(file.Doc(), cfgmerge.GroupRef{Name: "chatgpt"}),
		refresh.Options{ClientID: clientID, Exchange: endpoint.Exchange, Identity: account},
	)
	return file, tokens, err
}

func account(t refresh.Token) string {
	jwt, _ := t.Extra["id_token"].(string)
	if sub := refresh.Claim(jwt, "sub"); sub != "" {
		return sub
	}
	return t.Identity
}

// errs are what a user gets to see.
var (
	errSwitched  = errors.New("another account has logged in; this window stays with its own: restart it to change over")
	errLoggedOut = errors.New("logged out meanwhile: log in again")
	errRefused   = errors.New("the server does not take the token")
)

// request asks the server something with the token that this window holds. Of
// a refusal it recovers in order: what another window has stored, then a
// refresh, then it gives up.
func request(ctx context.Context, server string, tokens *refresh.Coordinator, held *refresh.Token) error {
	recovery := tokens.Recover(*held)
	for {
		ok, err := ask(ctx, server, *held)
		if ok || err != nil {
			return err
		}
		next, err := recovery.Next(ctx)
		switch {
		case err != nil:
			return err
		case next.Outcome == refresh.IdentityMismatch:
			return errSwitched
		case next.Outcome == refresh.LoggedOut:
			*held = refresh.Token{}
			return errLoggedOut
		case !next.Retry:
			return errRefused
		}
		*held = next.Token
	}
}

// ask sends one request; ok is false if the server refuses the token.
func ask(ctx context.Context, server string, t refresh.Token) (ok bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server+"/resource", nil)
	if err != nil {
		return false, err
	}
	req.Header.Set("Authorization", "Bearer "+t.Access)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	return resp.StatusCode != http.StatusUnauthorized, nil
}
