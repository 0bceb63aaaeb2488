package fosite

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/ory/fosite"
	"github.com/ory/fosite/compose"
	"github.com/ory/fosite/storage"
)

// authority is fosite's server: it rotates refresh tokens, and ends the login
// when one is used again. Paths are those of oauthtest, so that clients need
// not know which of the two they talk to.
type authority struct {
	provider fosite.OAuth2Provider

	// fosite's storage in memory has no transactions: without this, two uses
	// of one token at the same time would both be good.
	mu sync.Mutex
}

const (
	clientID = "cli"
	account  = "ada"
)

func newAuthority(lifetime time.Duration) *authority {
	config := &fosite.Config{
		AccessTokenLifespan:        lifetime,
		GlobalSecret:               []byte("0123456789abcdef0123456789abcdef"),
		SendDebugMessagesToClients: true,
	}
	store := storage.NewMemoryStore()
	store.Clients[clientID] = &fosite.DefaultClient{ID: clientID, Public: true, GrantTypes: []string{"password", "refresh_token"}, Scopes: []string{"offline"}}
	store.Users[account] = storage.MemoryUserRelation{Username: account, Password: account}
	//lint:ignore SA1019 there is no browser for another grant
	login := compose.OAuth2ResourceOwnerPasswordCredentialsFactory
	return &authority{provider: compose.Compose(config, store, compose.NewOAuth2HMACStrategy(config),
		login, compose.OAuth2RefreshTokenGrantFactory, compose.OAuth2TokenIntrospectionFactory)}
}

func (a *authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch r.URL.Path {
	case "/login":
		a.grant(w, passwordRequest(r.Context()))
	case "/token":
		a.grant(w, r)
	case "/resource":
		a.resource(w, r)
	default:
		http.NotFound(w, r)
	}
}

// passwordRequest is a login by a person, in the one way that fosite has for it
// without a browser.
func passwordRequest(ctx context.Context) *http.Request {
	form := url.Values{"grant_type": {"password"}, "username": {account}, "password": {account}, "client_id": {clientID}, "scope": {"offline"}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "/token", strings.NewReader(form.Encode()))
	if err != nil {
		panic(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func (a *authority) grant(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	request, err := a.provider.NewAccessRequest(ctx, r, &fosite.DefaultSession{Subject: account})
	if err != nil {
		a.provider.WriteAccessError(ctx, tellReuse(w, err), request, err)
		return
	}
	for _, scope := range request.GetRequestedScopes() {
		request.GrantScope(scope)
	}
	response, err := a.provider.NewAccessResponse(ctx, request)
	if err != nil {
		a.provider.WriteAccessError(ctx, w, request, err)
		return
	}
	a.provider.WriteAccessResponse(ctx, w, request, response)
}

// tellReuse lets the witness know why an exchange was refused: fosite says so
// by the error that it wraps.
func tellReuse(w http.ResponseWriter, err error) http.ResponseWriter {
	if errors.Is(err, fosite.ErrInactiveToken) {
		w.Header().Set(reuseHeader, "1")
	}
	return w
}

func (a *authority) resource(w http.ResponseWriter, r *http.Request) {
	_, _, err := a.provider.IntrospectToken(r.Context(), fosite.AccessTokenFromRequest(r), fosite.AccessToken, &fosite.DefaultSession{})
	if err != nil {
		w.WriteHeader(http.StatusUnauthorized)
	}
}
