package main

import (
	"encoding/json"
	"os"
)

// This file is the BUG, as it was found in the wild. It is here so that the
// tests can show what is lost; nothing should copy it.

// loadNaively takes a file that it can't read, or not understand, for an
// empty one.
func loadNaively(path string, auth *Auth) (save func() error, err error) {
	if data, err := os.ReadFile(path); err == nil {
		_ = json.Unmarshal(data, auth)
	}
	if *auth == nil {
		*auth = Auth{}
	}
	return func() error { return saveNaively(path, auth) }, nil
}

// saveNaively writes the whole map as this process has it: without the
// providers that others added meanwhile, with those that others removed, and
// without all that Credential has no field for.
func saveNaively(path string, auth *Auth) error {
	data, err := json.MarshalIndent(auth, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}
