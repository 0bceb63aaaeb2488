package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cfgmerge/cfgmerge/conformance/oauthtest"
	"github.com/cfgmerge/cfgmerge/refresh"
)

// demo opens two windows, lets the access token expire, and asks something in
// one window and then in the other.
func (c *codex) demo() error {
	for _, way := range []struct {
		name  string
		naive bool
	}{{"each window its own tokens:", true}, {"cfgmerge:", false}} {
		revoked, err := windows(way.naive)
		if err != nil {
			return err
		}
		verdict := "both windows go on"
		if revoked {
			verdict = "logged out: the second window sent a token that the first had spent"
		}
		if err := c.say("%-28s %s", way.name, verdict); err != nil {
			return err
		}
	}
	return nil
}

func windows(naive bool) (revoked bool, err error) {
	dir, err := os.MkdirTemp("", "codex")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	server := oauthtest.New(oauthtest.Options{})
	l, err := listen(server)
	if err != nil {
		return false, err
	}
	defer l.Close()
	c := &codex{path: filepath.Join(dir, "auth.json"), server: "http://" + l.Addr().String(), account: "me", naive: naive}
	var said strings.Builder
	c.out = &said
	if err := c.login(); err != nil {
		return false, err
	}
	file, tokens, err := login(c.path, c.server)
	if err != nil {
		return false, err
	}
	defer file.Close()
	t, err := tokens.Token(context.Background())
	if err != nil {
		return false, err
	}
	server.ExpireAccess()
	for _, held := range []*refresh.Token{{Access: t.Access, Refresh: t.Refresh, Extra: t.Extra}, {Access: t.Access, Refresh: t.Refresh, Extra: t.Extra}} {
		if err := c.request(context.Background(), tokens, held); err != nil && !naive {
			return false, fmt.Errorf("a window failed: %w", err)
		}
	}
	return server.Counts().Revocations > 0, nil
}
