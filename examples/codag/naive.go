package main

import (
	"context"
	"encoding/json"
	"os"
)

// This file is the BUG, as it was found in the wild. It is here so that the
// tests and `codag demo` can show what is lost; nothing should copy it.

// loadNaively takes a file that it can't read, or not understand, for an
// empty one.
func loadNaively(path string, cfg *Config) (save func() error, err error) {
	if data, err := os.ReadFile(path); err == nil {
		_ = json.Unmarshal(data, cfg)
	}
	return func() error { return saveNaively(path, cfg) }, nil
}

// saveNaively writes every field, those included that this process loaded an
// hour ago and that others have changed since. A reader that comes between the
// truncation and the write sees nothing at all.
func saveNaively(path string, cfg *Config) error {
	data, err := json.MarshalIndent(cfg, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}

// onceNaively makes a value if this process has loaded none. Another one may
// have made its own by then: each of them goes on with another id.
func (c *codag) onceNaively(pointer string, mint func(context.Context) (string, error)) (string, error) {
	var cfg Config
	save, err := c.load(&cfg)
	if err != nil {
		return "", err
	}
	field := &cfg.DistinctID
	if pointer == "/anon_token" {
		field = &cfg.AnonToken
	}
	if *field != "" {
		return *field, nil
	}
	if *field, err = mint(context.Background()); err != nil {
		return "", err
	}
	return *field, save()
}
