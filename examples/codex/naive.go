package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/cfgmerge/cfgmerge/refresh"
)

// This file is the BUG, as it was found in the wild. It is here so that the
// tests and `codex demo` can show what is lost; nothing should copy it.

// requestNaively refreshes with the token that this window has held since it
// was opened, whatever the file says by now, and writes over whosever tokens
// are there.
func requestNaively(ctx context.Context, path, server string, held *refresh.Token) error {
	ok, err := ask(ctx, server, *held)
	if ok || err != nil {
		return err
	}
	endpoint := &refresh.Endpoint{URL: server + "/token", ClientID: clientID}
	next, err := endpoint.Exchange(ctx, *held)
	if err != nil {
		return err
	}
	var auth Auth
	if data, err := os.ReadFile(path); err == nil {
		_ = json.Unmarshal(data, &auth)
	}
	auth.Tokens.AccessToken, auth.Tokens.RefreshToken = next.Access, next.Refresh
	data, err := json.MarshalIndent(auth, "", "  ")
	if err != nil {
		return err
	}
	*held = next
	return os.WriteFile(path, data, 0o600)
}
