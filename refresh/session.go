package refresh

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/cfgmerge/cfgmerge"
)

// Login stores a token that comes from nowhere: it begins a new era, and wins
// over every refresh that is under way, here and on other copies. What was
// remembered of the token before it, failures and interruptions, counts no
// more. It waits for no refresh.
//
// The reasons in its *Error are ErrAbsent, *NestedError and those of the store.
func (c *Coordinator) Login(ctx context.Context, t Token) error {
	if t.IsZero() {
		return c.fail("login", ErrAbsent)
	}
	_, err := c.put(ctx, t, Login)
	if err == nil && c.opts.Pin {
		c.mu.Lock()
		c.seen = c.opts.Identity(t)
		c.mu.Unlock()
	}
	return c.fail("login", err)
}

// Logout removes the token, and with it whatever the state folder still holds
// of it. It begins a new era: a refresh that is under way comes too late. What
// is returned is the token that was removed, to be revoked at the server; a zero
// one if there was none.
//
// The reasons in its *Error are *NestedError and those of the store. A failure
// to clean up the state folder is one of them, and comes with the token.
func (c *Coordinator) Logout(ctx context.Context) (Token, error) {
	old, err := c.put(ctx, Token{}, Logout)
	var traces *cfgmerge.PurgeError
	if err != nil && !errors.As(err, &traces) {
		return Token{}, c.fail("logout", err)
	}
	c.mu.Lock()
	c.unkept = nil
	c.mu.Unlock()
	return old.Token, c.fail("logout", errors.Join(err, c.purge()))
}

// put stores a token whatever is stored now, and returns that.
func (c *Coordinator) put(ctx context.Context, t Token, change Change) (Stored, error) {
	if cfgmerge.Updating() {
		return Stored{}, &NestedError{Name: c.store.Name()}
	}
	for {
		old, err := c.store.Load(ctx)
		if err != nil {
			return Stored{}, err
		}
		if change == Logout && old.IsZero() {
			return old, nil
		}
		_, err = c.store.Swap(ctx, old, t, change)
		var changed *cfgmerge.SupersededError
		if !errors.As(err, &changed) || ctx.Err() != nil {
			return old, err
		}
	}
}

// purge removes the markers of all clients, and the new tokens in them. A
// refresh that is under way finds the token gone, and stores nothing.
func (c *Coordinator) purge() error {
	folder, err := c.store.Folder(false)
	if err != nil {
		return err
	}
	defer folder.Close()
	entries, err := folder.Names()
	for _, name := range entries {
		if !strings.HasPrefix(name, markerPrefix) || !strings.HasSuffix(name, markerSuffix) {
			continue
		}
		data, readErr := folder.ReadFile(name, markerRoom+mostSpill)
		var m marker
		if readErr == nil && json.Unmarshal(data[:min(len(data), markerRoom)], &m) == nil && m.Token != c.names.token {
			continue
		}
		err = errors.Join(err, folder.Remove(name))
	}
	return err
}
