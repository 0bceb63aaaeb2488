package refresh

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"
)

// Token is what an authorization server gives out. No verb of fmt and no JSON
// shows what is secret in it: only which parts there are.
type Token struct {
	// Access is what requests carry; empty if there is none.
	Access string
	// Refresh is spent to get the next token; empty if there is none.
	Refresh string
	// Expiry of the access token; zero if it is not known, and then only a
	// server that refuses the token tells.
	Expiry time.Time
	// Identity is the account that the token belongs to; empty if the store
	// has no place for it, or if it is to be found out by Options.Identity.
	Identity string
	// Extra are further members of the response or of the stored group, by
	// their names: "id_token", "scope". Stores keep those that they have a
	// place for.
	Extra map[string]any
}

// IsZero reports whether there is neither an access nor a refresh token.
func (t Token) IsZero() bool { return t.Access == "" && t.Refresh == "" }

// parts names what the token has.
func (t Token) parts() string {
	var parts []string
	for _, p := range []struct {
		name string
		has  bool
	}{
		{"access", t.Access != ""}, {"refresh", t.Refresh != ""}, {"expiry", !t.Expiry.IsZero()},
		{"identity", t.Identity != ""}, {"extra", len(t.Extra) > 0},
	} {
		if p.has {
			parts = append(parts, p.name)
		}
	}
	return "token(" + strings.Join(parts, ", ") + ")"
}

// Format says which parts there are, whatever the verb.
func (t Token) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, t.parts()) }

// MarshalJSON says which parts there are.
func (t Token) MarshalJSON() ([]byte, error) { return json.Marshal(t.parts()) }

// over returns t with what it lacks taken from old: a server that answers
// without a refresh token means that the old one goes on.
func (t Token) over(old Token) Token {
	if t.Refresh == "" {
		t.Refresh = old.Refresh
	}
	if t.Identity == "" {
		t.Identity = old.Identity
	}
	extra := maps.Clone(old.Extra)
	if extra == nil {
		extra = map[string]any{}
	}
	maps.Copy(extra, t.Extra)
	if t.Extra = extra; len(extra) == 0 {
		t.Extra = nil
	}
	return t
}
