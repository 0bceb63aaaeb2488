package refresh

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"strings"
)

// names are those of the files in the state folder that belong to one token and
// one client.
type names struct {
	lock, marker, memory string
	// token is the hash of the token's name, key that of both.
	token, key string
}

// namesOf hashes what may be any text into names that are safe on every
// system, those included that fold case.
func namesOf(token, client string) names {
	key := hash("refresh", token, client)
	base := "refresh-" + key
	return names{lock: base + ".lock", marker: base + markerSuffix, memory: base + ".json", token: hash("token", token), key: key}
}

const (
	markerPrefix = "refresh-"
	markerSuffix = ".marker"
)

// hash is of all parts, and of where each of them ends.
func hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_ = binary.Write(h, binary.LittleEndian, uint64(len(p)))
		h.Write([]byte(p))
	}
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h.Sum(nil)[:15]))
}

// digest tells refresh tokens apart without saying what they are.
func (n names) digest(refreshToken string) string {
	mac := hmac.New(sha256.New, []byte(n.key))
	mac.Write([]byte(refreshToken))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:12])
}
