// Package oauth2x joins package refresh to golang.org/x/oauth2: it is a module
// of its own, so that programs without oauth2 don't depend on it.
//
// Start with [TokenSource], for clients that take an oauth2.TokenSource, and
// [Exchange], which spends a refresh token the way an oauth2.Config says.
//
// # What is guaranteed
//
// A token source asks the coordinator at each call: what another process has
// refreshed is what it returns. An exchange sends the refresh token once.
//
// # What is not
//
// oauth2.ReuseTokenSource, and clients that wrap what they are given in it, keep
// a token until it expires. A server's refusal then reaches nobody:
// refresh.Transport recovers from it.
package oauth2x

import (
	"context"
	"errors"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"github.com/cfgmerge/cfgmerge/refresh"
)

// ErrAuthStyle refuses an endpoint whose AuthStyle is to be found out: oauth2
// does that by sending the request a second time, and the refresh token with it.
var ErrAuthStyle = errors.New("the AuthStyle of the endpoint is not set: to find it out oauth2 would send the refresh token twice")

// TokenSource returns what the coordinator returns. The context bounds each
// call, as oauth2 has no other place for it. Errors are those of
// refresh.Coordinator.Token. It is safe for concurrent use.
func TokenSource(ctx context.Context, c *refresh.Coordinator) oauth2.TokenSource {
	return source{ctx, c}
}

type source struct {
	ctx context.Context
	c   *refresh.Coordinator
}

func (s source) Token() (*oauth2.Token, error) {
	t, err := s.c.Token(s.ctx)
	var unsaved *refresh.PersistError
	if errors.As(err, &unsaved) {
		t, err = unsaved.Token, nil // good, though not stored yet
	}
	if err != nil {
		return nil, err
	}
	return ToOAuth2(t), nil
}

// ToOAuth2 converts a token. Its Extra are those of the result.
func ToOAuth2(t refresh.Token) *oauth2.Token {
	kind, _ := t.Extra["token_type"].(string)
	out := &oauth2.Token{AccessToken: t.Access, TokenType: kind, RefreshToken: t.Refresh, Expiry: t.Expiry}
	return out.WithExtra(t.Extra)
}

// FromOAuth2 converts a token, with the named members of the server's answer:
// oauth2 does not tell which there are. Use it for a login.
func FromOAuth2(t *oauth2.Token, extra ...string) refresh.Token {
	out := refresh.Token{Access: t.AccessToken, Refresh: t.RefreshToken, Expiry: t.Expiry}
	put := func(key string, v any) {
		if out.Extra == nil {
			out.Extra = map[string]any{}
		}
		out.Extra[key] = v
	}
	if t.TokenType != "" {
		put("token_type", t.TokenType)
	}
	for _, key := range extra {
		if v := t.Extra(key); v != nil {
			put(key, v)
		}
	}
	return out
}

// Exchange spends refresh tokens at the endpoint of cfg, once each. The named
// members of answers become Extra. The error is ErrAuthStyle.
func Exchange(cfg *oauth2.Config, extra ...string) (refresh.Exchange, error) {
	if cfg.Endpoint.AuthStyle == oauth2.AuthStyleAutoDetect {
		return nil, ErrAuthStyle
	}
	return func(ctx context.Context, t refresh.Token) (refresh.Token, error) {
		next, err := cfg.TokenSource(guarded(ctx), &oauth2.Token{RefreshToken: t.Refresh}).Token()
		if err != nil {
			return refresh.Token{}, translate(err)
		}
		out := FromOAuth2(next, extra...)
		if out.Refresh == t.Refresh {
			out.Refresh = "" // oauth2 fills in the old one
		}
		return out, nil
	}, nil
}

// guarded is a context with the client that oauth2 takes, which sends the token
// only if that could be noted.
func guarded(ctx context.Context) context.Context {
	client := http.Client{}
	if own, ok := ctx.Value(oauth2.HTTPClient).(*http.Client); ok && own != nil {
		client = *own
	}
	client.Transport = guard{client.Transport}
	return context.WithValue(ctx, oauth2.HTTPClient, &client)
}

// guard is a transport; over http.DefaultTransport if base is nil.
type guard struct{ base http.RoundTripper }

func (g guard) RoundTrip(req *http.Request) (*http.Response, error) {
	base := g.base
	if base == nil {
		base = http.DefaultTransport
	}
	out := req.Clone(req.Context())
	out.Body, out.GetBody = refresh.GuardBody(req.Context(), req.Body), nil
	return base.RoundTrip(out)
}

// translate keeps the server's code and drops its text, which may quote a token.
func translate(err error) error {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return err
	}
	out := &refresh.ResponseError{Code: refused.ErrorCode}
	if refused.Response != nil {
		out.Status = refused.Response.StatusCode
		out.Malformed = out.Code == "" && out.Status < http.StatusMultipleChoices
		if at, err := time.ParseDuration(refused.Response.Header.Get("Retry-After") + "s"); err == nil {
			out.RetryAfter = at
		}
	}
	return out
}
