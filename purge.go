package cfgmerge

import (
	"bytes"
	"errors"
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
		if v := before.At(path); v != nil && len(v.JSON()) > len(`""`) {
			known = append(known, v.JSON())
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

// redact covers the secrets of a text. Of a damaged one it can't be told where
// they end: if it has them at all it goes.
func (c *commit) redact(text []byte, paths [][]string, known []string) []byte {
	tree, err := strictjson.ParseObject(text, c.limits())
	if err != nil {
		for _, path := range paths {
			if bytes.Contains(text, []byte(path[len(path)-1])) {
				return nil
			}
		}
	}
	for _, path := range paths {
		if err != nil {
			break
		}
		n, found := tree.Root(), true
		for _, key := range path {
			if found {
				n, found = n.Get(key)
			}
		}
		if found && len(n.Raw()) > len(`""`) {
			known = append(known[:len(known):len(known)], n.Raw())
		}
	}
	for _, secret := range known {
		text = bytes.ReplaceAll(text, []byte(secret), []byte(`"`+strings.Repeat("*", max(0, len(secret)-2))+`"`))
	}
	return text
}
