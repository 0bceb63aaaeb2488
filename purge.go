package cfgmerge

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// PurgeError: the group was removed, and that is saved; but the state folder
// still holds secrets that it had.
type PurgeError struct {
	// Err is what kept them from being removed.
	Err error
}

func (e *PurgeError) Error() string {
	return "removed, but traces are left in the state folder: " + e.Err.Error()
}

// Unwrap returns what kept them from being removed.
func (e *PurgeError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *PurgeError) Hint() string { return "remove shadow.* and quarantine from the state folder" }

// purge removes the secrets of an instance, which was in before and is gone,
// from what the state folder remembers: older versions and quarantined texts.
func (c *commit) purge(before *lww.Document, instance string) error {
	paths := before.SecretPaths(instance)
	var known []string
	for _, path := range paths {
		if raw := before.At(path).JSON(); isSomeText(raw) {
			known = append(known, raw)
		}
	}
	err := errors.Join(c.txn.EraseOthers(c.report.Written), c.txn.Redact(func(text []byte) []byte {
		return c.redact(text, paths, known)
	}))
	if err != nil {
		return &PurgeError{Err: err}
	}
	return nil
}

// redact covers the secrets of a text: those that are known, and those that
// stand at the paths. Of a damaged one it can't be told where they end: if it
// names one of them, it goes.
func (c *commit) redact(text []byte, paths [][]string, known []string) []byte {
	tree, err := strictjson.ParseObject(text, c.limits())
	if err != nil && slices.ContainsFunc(paths, func(path []string) bool { return bytes.Contains(text, []byte(path[len(path)-1])) }) {
		return nil
	}
	secrets := slices.Clone(known)
	if err == nil {
		for _, path := range paths {
			if n, found := tree.Root().At(path); found && isSomeText(n.Raw()) {
				secrets = append(secrets, n.Raw())
			}
		}
	}
	for _, secret := range secrets {
		text = bytes.ReplaceAll(text, []byte(secret), []byte(`"`+strings.Repeat("*", max(0, len(secret)-2))+`"`))
	}
	return text
}

// isSomeText leaves out the texts of which every file has some: "", 0, {}.
func isSomeText(raw string) bool { return len(raw) > len(`""`) }
