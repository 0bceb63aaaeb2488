package main

import (
	"time"

	"github.com/cfgmerge/cfgmerge"
)

// Config is config.json. The tags are all that the merge has to know.
type Config struct {
	// The pair is one value: a rotation replaces both or neither.
	AccessToken  string `json:"access_token,omitempty"  cfgmerge:"token=login,access"`
	RefreshToken string `json:"refresh_token,omitempty" cfgmerge:"token=login,refresh"`
	// Made once, by whoever comes first; everybody else takes that one.
	AnonToken  string `json:"anon_token,omitempty"  cfgmerge:"first,secret"`
	DistinctID string `json:"distinct_id,omitempty" cfgmerge:"first"`

	Update Update `json:"update,omitzero"`
}

// Update is what the update checker knows.
type Update struct {
	LastChecked   time.Time `json:"last_checked,omitzero" cfgmerge:"max"`
	LatestVersion string    `json:"latest_version,omitempty"`
}

// load is the cure: load, change, save, each a line. The function that it
// returns writes the fields that differ from what was loaded, and no others.
func load(path string, cfg *Config) (save func() error, err error) {
	snap, err := cfgmerge.Load(path, cfg)
	return func() error { return snap.Save(cfg) }, err
}
