package lww

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"strings"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// digestLen is the number of base64url characters of a digest: 24 bits, enough
// to notice an edit and too few to tell a secret.
const digestLen = 4

// digester computes the digests of one document.
type digester struct {
	salt string
	mac  hash.Hash
	buf  []byte
	sum  [sha256.Size]byte
	out  [digestLen]byte
}

func newDigester(salt string) *digester {
	return &digester{salt: salt, mac: hmac.New(sha256.New, []byte(salt))}
}

// of returns the digest of the value at key, which is a JSON Pointer or the
// name of a group's instance: HMAC-SHA-256, keyed with the salt, of the key, a
// zero byte and the canonical value.
func (d *digester) of(key, raw string) string {
	d.buf = append(d.buf[:0], key...)
	return string(d.sign(raw))
}

// ofPointer is of, for a pointer that is no string yet. The result is valid
// until the next one.
func (d *digester) ofPointer(at []byte, raw string) []byte {
	d.buf = append(d.buf[:0], at...)
	return d.sign(raw)
}

// sign completes the digest whose key is in buf.
func (d *digester) sign(raw string) []byte {
	d.buf = append(d.buf, 0)
	if raw != "" {
		d.buf = append(d.buf, strictjson.Canonical(raw)...)
	}
	d.mac.Reset()
	d.mac.Write(d.buf)
	base64.RawURLEncoding.Encode(d.out[:], d.mac.Sum(d.sum[:0])[:digestLen*3/4])
	return d.out[:]
}

// areDigests reports whether the text is that of digests, at least one.
func areDigests(text string) bool {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return text != "" && len(text)%digestLen == 0 && strings.Trim(text, alphabet) == ""
}

// ofView is the digest of what shows: none for nothing.
func (d *digester) ofView(key string, v *View) string {
	if v == nil {
		return ""
	}
	return d.of(key, v.JSON())
}

// digester returns the one for the document's salt. To make one costs as much as
// a dozen digests.
func (d *Document) digester() *digester {
	if d.digests == nil || d.digests.salt != d.Salt {
		d.digests = newDigester(d.Salt)
	}
	return d.digests
}

// signature is the digest of a leaf that was computed once: most of what a save
// encodes has not changed since the last one. Documents that share the leaf share
// the signature, and may be used at the same time.
type signature struct {
	salt   string
	digest [digestLen]byte
}

// ofLeaf is the digest of n's value, which stands at the pointer.
func (d *digester) ofLeaf(at []byte, n *node) []byte {
	known := n.signed.Load()
	if known == nil || known.salt != d.salt {
		known = &signature{}
		n.sign(known, d.salt, string(d.ofPointer(at, n.reg.Value)))
	}
	return known.digest[:]
}

// sign keeps the digest of n's value, in s.
func (n *node) sign(s *signature, salt, digest string) {
	s.salt = salt
	copy(s.digest[:], digest)
	n.signed.Store(s)
}

// Digest returns the digest of a value under the document's salt. It shows
// whether two values are equal, and nothing else about them.
func (d *Document) Digest(key, raw string) string { return d.digester().of(key, raw) }
