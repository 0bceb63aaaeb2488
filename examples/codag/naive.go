package main

import (
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
