package main

import (
	"time"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/refresh"
)

// Tokens is the file: a token for each client id, which may be any text.
type Tokens struct {
	Tokens map[string]Token `json:"tokens"`
}

// Token is one of them. Its fields travel together.
type Token struct {
	AccessToken  string    `json:"access_token"  cfgmerge:"token=login,access"`
	RefreshToken string    `json:"refresh_token" cfgmerge:"token=login,refresh"`
	TokenType    string    `json:"token_type"    cfgmerge:"token=login"`
	ExpiresAt    time.Time `json:"expires_at"    cfgmerge:"token=login,expiry"`
	ClientID     string    `json:"client_id"     cfgmerge:"token=login"`
	Flow         string    `json:"flow"          cfgmerge:"token=login"`
}

// open returns what keeps the token of one client id. It is the cure: whatever
// process asks it for the token, the refresh token is spent once.
func open(path, client, server string) (*cfgmerge.File[Tokens], *refresh.Coordinator, error) {
	file, err := cfgmerge.Open[Tokens](path, &cfgmerge.Options{App: "authgate"})
	if err != nil {
		return nil, nil, err
	}
	endpoint := &refresh.Endpoint{URL: server + "/token", ClientID: client}
	store := refresh.NewFileStore(file.Doc(), cfgmerge.GroupRef{Name: "login", Key: []string{client}})
	tokens, err := refresh.New(store, refresh.Options{ClientID: client, Exchange: endpoint.Exchange})
	return file, tokens, err
}
