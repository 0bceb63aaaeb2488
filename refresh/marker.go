package refresh

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/cfgmerge/cfgmerge/fileio"
)

// A marker is a file of the state folder that says of a refresh token that it
// may have been sent. It is written before that and removed when the new token
// is stored; whoever finds one knows what a process was doing when it died.
// Behind the marker there is room for the new token, should it be impossible to
// store it: a disk that is full by then has that room already.
type marker struct {
	// Phase comes first, and its two values are of one length, so that sent is
	// written over intent without anything else being written.
	Phase phase `json:"phase"`
	V     int   `json:"v"`
	// Token is the name of the token, hashed: a logout looks for it.
	Token string `json:"token"`
	// Digest of the refresh token, and the era and generation in which it was
	// found.
	Digest     string `json:"digest"`
	Era        string `json:"era"`
	Generation uint64 `json:"generation"`
	// PID and Boot say which process it was.
	PID  int    `json:"pid"`
	Boot string `json:"boot"`
	// Time is when the refresh token was first sent, or was going to be.
	Time time.Time `json:"time"`
}

// phase is how far an exchange has come.
type phase string

const (
	phaseIntent phase = "intent" // nothing was sent
	phaseSent   phase = "sent"   // something may have been sent
)

const (
	markerRoom  = 512      // bytes: no disk tears so few
	spillRoom   = 32 << 10 // bytes, for the new token
	mostSpill   = 1 << 20
	phaseOffset = int64(len(`{"phase":`))
)

// encode pads the marker to its room, and the phase to that of the longer one:
// two spaces after `"sent"` are legal JSON, and any phase can be written over it.
func (m marker) encode() ([]byte, error) {
	written := m.Phase
	m.Phase = phaseIntent
	line, err := json.Marshal(m)
	if err == nil && len(line) > markerRoom {
		err = errLongEra
	}
	if err != nil {
		return nil, err
	}
	copy(line[phaseOffset:], overPhase(written))
	return append(line, bytes.Repeat([]byte(" "), markerRoom-len(line))...), nil
}

var errLongEra = errors.New("the store's name for the era is too long")

// overPhase is what is written over the phase.
func overPhase(p phase) []byte {
	text := `"` + string(p) + `"`
	return []byte(text + strings.Repeat(" ", len(`"intent"`)-len(text)))
}

// readMarker returns what the file says, and what has spilled. Nil if there is
// no marker, or one that was not whole when its process died: then nothing was
// sent.
func readMarker(folder *fileio.Folder, name string) (*marker, *Token, error) {
	data, err := folder.ReadFile(name, markerRoom+mostSpill)
	if err != nil || len(data) < markerRoom {
		return nil, nil, err
	}
	m := &marker{}
	if json.NewDecoder(bytes.NewReader(data[:markerRoom])).Decode(m) != nil || m.V != 1 {
		return nil, nil, nil
	}
	return m, decodeSpill(data[markerRoom:]), nil
}

// lives reports whether the marker is about the token that is stored: if a
// rotation, a login or a logout came since, it says nothing any more.
func (m *marker) lives(s Stored, digest string) bool {
	return m != nil && m.Era == s.Era && m.Digest == digest
}

// inGrace reports whether the server still takes a token that was spent when
// the marker was written. A clock that was set back proves nothing.
func (m *marker) inGrace(now time.Time, grace time.Duration) bool {
	age := now.Sub(m.Time)
	return age >= 0 && age < grace
}

// spill is a token in full, unlike the JSON of a Token.
type spill struct {
	Access   string         `json:"access"`
	Refresh  string         `json:"refresh"`
	Expiry   time.Time      `json:"expiry"`
	Identity string         `json:"identity,omitempty"`
	Extra    map[string]any `json:"extra,omitempty"`
}

// encodeSpill prefixes the token with its length and its checksum.
func encodeSpill(t Token) ([]byte, error) {
	body, err := json.Marshal(spill(t))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	out := binary.LittleEndian.AppendUint32(nil, uint32(len(body)))
	return append(append(out, sum[:]...), body...), nil
}

// decodeSpill returns nil for room that was never used, or not completely.
func decodeSpill(data []byte) *Token {
	const head = 4 + sha256.Size
	if len(data) < head {
		return nil
	}
	n := uint64(binary.LittleEndian.Uint32(data))
	if n == 0 || n > uint64(len(data)-head) {
		return nil
	}
	body := data[head : head+n]
	if sum := sha256.Sum256(body); !bytes.Equal(sum[:], data[4:head]) {
		return nil
	}
	var s spill
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&s) != nil {
		return nil
	}
	t := Token(s)
	return &t
}

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

func (c *Coordinator) newMarker(s Stored, p phase) marker {
	return marker{
		Phase: p, V: 1, Token: c.names.token, Digest: c.names.digest(s.Refresh), Era: s.Era, Generation: s.Generation,
		PID: os.Getpid(), Boot: fileio.BootID(), Time: c.opts.Now().UTC(),
	}
}
