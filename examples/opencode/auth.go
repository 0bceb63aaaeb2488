package main

import "github.com/cfgmerge/cfgmerge"

// Auth is auth.json. Every key of the root is a provider, so there is no room
// for one of cfgmerge's own: for a root map the layout is Sidecar by default,
// and the history lives beside the file.
type Auth map[string]Credential

// Credential is what is known of a provider. Which fields there are depends on
// its type; those of types that this version doesn't know are left alone.
type Credential struct {
	Type string `json:"type"`

	// An oauth login is one value for each provider, whoever refreshes it.
	Refresh   string `json:"refresh,omitempty"   cfgmerge:"token=oauth,refresh"`
	Access    string `json:"access,omitempty"    cfgmerge:"token=oauth,access"`
	Expires   int64  `json:"expires,omitempty"   cfgmerge:"token=oauth,expiry"` // milliseconds since 1970
	AccountID string `json:"accountId,omitempty" cfgmerge:"token=oauth,identity"`

	Key   string `json:"key,omitempty"   cfgmerge:"secret"` // api: the key; wellknown: the name of a variable
	Token string `json:"token,omitempty" cfgmerge:"secret"` // wellknown
}

// The types that this version knows.
const (
	typeOAuth     = "oauth"
	typeAPI       = "api"
	typeWellKnown = "wellknown"
)

// load is the cure: load, change, save, each a line. Nil maps are made.
func load(path string, auth *Auth) (save func() error, err error) {
	snap, err := cfgmerge.Load(path, auth)
	return func() error { return snap.Save(auth) }, err
}
