package main

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"github.com/cfgmerge/cfgmerge/refresh"
)

// This file is the BUG, as it was found in the wild. It is here so that the
// tests and `authgate demo` can show what is lost; nothing should copy it.

// tokenNaively loads the file, refreshes the token if it has expired, and
// saves the whole map. Nobody keeps another process from doing the same with
// the same refresh token at the same time.
func (a *authgate) tokenNaively() error {
	all := Tokens{Tokens: map[string]Token{}}
	if data, err := os.ReadFile(a.path); err == nil {
		_ = json.Unmarshal(data, &all)
	}
	mine := all.Tokens[a.client]
	if time.Now().Before(mine.ExpiresAt) {
		return a.say("the stored token is good")
	}
	if err := a.meet("ready to spend: press Enter"); err != nil {
		return err
	}
	endpoint := &refresh.Endpoint{URL: a.server + "/token", ClientID: a.client}
	next, err := endpoint.Exchange(context.Background(), refresh.Token{Refresh: mine.RefreshToken})
	if err != nil {
		return err
	}
	mine.AccessToken, mine.RefreshToken, mine.ExpiresAt = next.Access, next.Refresh, next.Expiry
	all.Tokens[a.client] = mine
	data, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(a.path, data, 0o600); err != nil {
		return err
	}
	return a.say("refreshed")
}
