package refresh

import (
	"bytes"
	"crypto/sha256"
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

// newMarker is that of an exchange which is about to begin.
func (c *Coordinator) newMarker(s Stored) *marker {
	return &marker{
		Phase: phaseIntent, V: 1, Token: c.names.token, Digest: c.names.digest(s.Refresh), Era: s.Era, Generation: s.Generation,
		PID: os.Getpid(), Boot: fileio.BootID(), Time: c.opts.Now().UTC(),
	}
}

// mark writes the marker, and makes room for the new token.
func (t *turn) mark(s Stored) error {
	if err := t.opts.fault("marker"); err != nil {
		return err
	}
	m := t.newMarker(s)
	t.own = m
	switch {
	case t.earlier != nil:
		// It may have been sent before, and will have been whatever comes now.
		m.Phase, m.Time = phaseSent, t.earlier.Time
	case t.opts.External:
		m.Phase = phaseSent
	}
	data, err := m.encode()
	if err != nil {
		return err
	}
	t.record, err = t.folder.CreateRecord(t.names.marker, data, markerRoom+spillRoom)
	if err != nil {
		return err
	}
	return t.opts.fault("marked")
}

// release removes the marker of an exchange that has not spent the token,
// unless an earlier one may have.
func (t *turn) release() error {
	if t.earlier != nil {
		return nil
	}
	return t.folder.Remove(t.names.marker)
}

// forget removes a marker that says nothing any more.
func (t *turn) forget() error { return t.folder.Remove(t.names.marker) }

// spill keeps a new token in the room behind the marker.
func (t *turn) spill(token Token) error {
	if err := t.opts.fault("spill"); err != nil {
		return err
	}
	data, err := encodeSpill(token)
	if err != nil {
		return err
	}
	if t.record == nil {
		return errNoRecord
	}
	return t.record.Overwrite(data, markerRoom)
}

var errNoRecord = errors.New("no room was made")
