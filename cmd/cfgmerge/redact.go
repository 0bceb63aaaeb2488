package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// redacted stands for a value that people looking over a shoulder, or reading
// a pasted report, must not see.
const redacted = "«redacted»"

// summary is a value as a table shows it: short, and not if it is secret. What
// the policies say is secret, and so is what is named or looks like one: a file
// that was adopted by hand has no policies.
func summary(policies lww.Table, path []string, raw string) string {
	switch {
	case raw == "" || raw == "null" || raw == "true" || raw == "false":
		return raw
	case isSecret(policies, path) || soundsSecret(path):
		return redacted
	case raw[0] == '[':
		return summaryOfArray(raw)
	case raw == "{}":
		return raw
	case raw[0] == '{':
		return "an object"
	case raw[0] == '"' && looksSecret(raw[1:]):
		return redacted
	}
	return shorten(raw, 40)
}

// summaryOfArray shows a short array of plain values.
func summaryOfArray(raw string) string {
	tree, err := strictjson.Parse([]byte(raw), strictjson.Limits{})
	if err != nil {
		return redacted
	}
	n := tree.Root()
	counted := counted(n.Len(), "element")
	for e := range n.Elements() {
		if e.Kind() == strictjson.Object || e.Kind() == strictjson.Array || looksSecret(e.Text()) {
			return counted
		}
	}
	if utf8.RuneCountInString(raw) > 40 || strings.Contains(raw, "\n") {
		return counted
	}
	return raw
}

func shorten(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// isSecret reports whether a policy says that the field at path is secret.
func isSecret(policies lww.Table, path []string) bool {
	for _, p := range policies {
		if !p.Secret && p.Kind != lww.Token {
			continue
		}
		for depth := range len(path) + 1 {
			if !p.At.Matches(path[:depth]) {
				continue
			}
			if !p.Kind.Tuple() || depth < len(path) && slices.Contains(p.Members, path[depth]) {
				return true
			}
		}
	}
	return false
}

// soundsSecret reports whether the field, or something that it is in, is called
// as secrets are.
func soundsSecret(path []string) bool {
	short := []string{"key", "access", "refresh", "auth", "jwt", "pin", "pat"}
	words := []string{"token", "secret", "passw", "passphrase", "credential", "apikey", "privatekey", "accesskey", "signingkey", "authorization", "cookie", "bearer"}
	for i, key := range path {
		key = strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(strings.ToLower(key))
		if i == len(path)-1 && slices.Contains(short, key) {
			return true
		}
		if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(key, w) }) {
			return true
		}
	}
	return false
}

// looksSecret recognises what is secret whatever it is called: JWTs, PEM
// blocks, the prefixes of well-known tokens, and texts of JSON, in which some
// tools keep their tokens.
func looksSecret(text string) bool {
	for _, prefix := range []string{"eyJ", "-----BEGIN", "sk-", "ghp_", "gho_", "github_pat_", "xox", "AKIA", "{", "["} {
		if strings.HasPrefix(text, prefix) {
			return true
		}
	}
	// user:password in a URL
	_, after, found := strings.Cut(text, "://")
	host, _, _ := strings.Cut(after, "/")
	return found && strings.Contains(host, "@")
}

func someOf(fields []string) string {
	const shown = 3
	if len(fields) <= shown {
		return strings.Join(fields, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(fields[:shown], ", "), len(fields)-shown)
}
