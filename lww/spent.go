package lww

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"slices"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// secrets returns the members of a group that must never come back once they
// were superseded: a token's access and refresh tokens, and those with the
// secret flag.
func (t Table) secrets(s seat) []string {
	var out []string
	for _, m := range s.owned {
		flagged := t[FieldName(append(slices.Clone(s.policy.At), Segment{Key: m}))].Secret
		if flagged || s.policy.Secret || s.policy.Kind == Token && (m == s.policy.Access || m == s.policy.Refresh) {
			out = append(out, m)
		}
	}
	return out
}

// spentDigest is longer than other digests, so that among thousands of spent
// tokens a fresh one is not taken for one of them.
func (d *Document) spentDigest(v *View) string {
	mac := hmac.New(sha256.New, []byte(d.Salt))
	mac.Write([]byte("spent\x00" + strictjson.Canonical(v.JSON())))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:12])
}

// A Token's register lists the secrets that it has superseded, by the beginnings
// of their digests: two for each of four rotations.
const maxSpent = 8 * digestLen

// tidySpent returns the list as registers keep it; nothing of what is none.
func tidySpent(list string) string {
	if !areDigests(list) {
		return ""
	}
	return list[:min(len(list), maxSpent)]
}

// supersede returns the list of a register with this tuple that takes the
// place of cur: what cur held, and then what cur had superseded itself.
func (d *Document) supersede(p Policy, cur Register, tuple string) string {
	older := d.rotating(p, cur.Value) + cur.Spent
	held, list := d.rotating(p, tuple), ""
	for i := 0; i < len(older); i += digestLen {
		if digest := older[i : i+digestLen]; !lists(held, digest) && !lists(list, digest) {
			list += digest
		}
	}
	return tidySpent(list)
}

// rotating returns the digests of the secrets that a rotation replaces.
func (d *Document) rotating(p Policy, tuple string) string {
	list, members := "", viewOfRaw(tuple)
	for _, m := range []string{p.Refresh, p.Access} {
		if v := members.Kid(m); m != "" && !v.isBlank() {
			list += d.spentDigest(v)[:digestLen]
		}
	}
	return list
}

// lists reports whether the secret is in a list, by its digest.
func lists(list, digest string) bool {
	for i := 0; i < len(list); i += digestLen {
		if list[i:i+digestLen] == digest[:digestLen] {
			return true
		}
	}
	return false
}

// isSpent reports whether the secret is one that was superseded.
func (h *History) isSpent(d *Document, v *View) bool {
	return h.Spent != nil && !v.isBlank() && h.Spent(d.spentDigest(v))
}

// isBlank reports whether v is what programs write for a secret that they don't
// have.
func (v *View) isBlank() bool { return v == nil || v.Leaf == `""` || v.Leaf == "null" }

// PutBack returns the instances of groups in which now shows a secret that was
// superseded, by the record of SpentBy or the list of old's register, and that
// old does not show there; sorted.
func PutBack(old, now *Document, spent func(digest string) bool) []string {
	var out []string
	for _, name := range sortedKeys(now.tuples) {
		if now.tuples[name].Value == old.tuples[name].Value {
			continue
		}
		was := old.secretsOf(name)
		for m, v := range now.secretsOf(name) {
			if !v.isBlank() && !v.Equal(was[m]) && (spent(now.spentDigest(v)) || lists(old.tuples[name].Spent, old.spentDigest(v))) {
				out = append(out, name)
				break
			}
		}
	}
	return out
}

// Spent is a secret that was superseded.
type Spent struct {
	// Digest is what History.Spent is asked for, Member says of which member of
	// which group it was: of each, the last thousands have to be remembered. Both
	// are made with the salt, and tell nobody what they stand for.
	Digest, Member string
}

// SpentBy returns the secrets that old shows in its groups and now does not:
// what a program appends to its record of them, and asks through History.Spent.
func SpentBy(old, now *Document) []Spent {
	current := map[string]bool{}
	for _, s := range now.secretDigestsWith(now.Salt) {
		current[s.Digest] = true
	}
	return slices.DeleteFunc(old.secretDigestsWith(now.Salt), func(s Spent) bool { return current[s.Digest] })
}

func (d *Document) secretDigestsWith(salt string) []Spent {
	key := &Document{Salt: salt}
	var out []Spent
	for _, name := range sortedKeys(d.tuples) {
		secrets := d.secretsOf(name)
		for _, m := range sortedKeys(secrets) {
			if !secrets[m].isBlank() {
				out = append(out, Spent{key.spentDigest(secrets[m]), key.memberDigest(name, m)})
			}
		}
	}
	return out
}

// memberDigest names a member, which may be that of an account, to those who
// have the file.
func (d *Document) memberDigest(instance, member string) string {
	mac := hmac.New(sha256.New, []byte(d.Salt))
	mac.Write([]byte("member\x00" + instance + "\x00" + member))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:6])
}

// secretsOf returns the secret members that an instance shows.
func (d *Document) secretsOf(name string) map[string]*View {
	path, ok := d.Policies.seatPath(name)
	if !ok {
		return nil
	}
	out := map[string]*View{}
	for _, s := range seatsAt(d.Policies.groups(), path) {
		if s.name != name {
			continue
		}
		members := s.pick(d.tuples[name].Value)
		for _, m := range d.Policies.secrets(s) {
			if v := members[m]; v != nil {
				out[m] = v
			}
		}
	}
	return out
}

// SecretPaths returns where the secret members of an instance stand, whether or
// not they are there.
func (d *Document) SecretPaths(instance string) [][]string {
	path, ok := d.Policies.seatPath(instance)
	if !ok {
		return nil
	}
	var out [][]string
	for _, s := range seatsAt(d.Policies.groups(), path) {
		if s.name != instance {
			continue
		}
		for _, m := range d.Policies.secrets(s) {
			out = append(out, append(slices.Clone(path), m))
		}
	}
	return out
}

// IsSecret reports whether the policies say that a field's value, or a value of
// a group's instance, must not be shown.
func (d *Document) IsSecret(key string) bool {
	if isInstance(key) {
		group, _, _ := splitInstance(key)
		p := d.Policies[group]
		if p.Secret || p.Kind == Token {
			return true
		}
		for _, m := range p.Members {
			if d.Policies[FieldName(append(slices.Clone(p.At), Segment{Key: m}))].Secret {
				return true
			}
		}
		return false
	}
	array, _, isElement := splitElement(key)
	if isElement {
		key = array
	}
	path, err := strictjson.SplitPointer(key)
	if err != nil {
		return true
	}
	for _, p := range d.Policies {
		if isElement && p.Secret && len(p.At) > len(path) && p.At[:len(path)].Matches(path) {
			return true // one of its members is
		}
		if p.Secret && len(p.At) <= len(path) && p.At.Matches(path[:len(p.At)]) {
			return true
		}
	}
	return false
}
