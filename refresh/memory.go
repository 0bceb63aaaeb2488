package refresh

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/cfgmerge/cfgmerge/fileio"
)

// memory is what is remembered of a refresh token, for as long as it is the
// stored one: exchanges that did not succeed, and whether one that did has left
// it as it was.
type memory struct {
	V      int    `json:"v"`
	Digest string `json:"digest"`
	Era    string `json:"era"`
	// Permanent failures last until the next login, others until Until. After
	// Ambiguous ones the marker says whether the token may be sent again, and
	// Until only when.
	Permanent bool      `json:"permanent,omitempty"`
	Ambiguous bool      `json:"ambiguous,omitempty"`
	Code      string    `json:"code,omitempty"`
	Status    int       `json:"status,omitempty"`
	Tries     int       `json:"tries,omitempty"`
	Time      time.Time `json:"time"`
	Until     time.Time `json:"until,omitzero"`
	// Reusable: the server has answered this refresh token, and not replaced
	// it. There is nothing to lose by sending it again.
	Reusable bool `json:"reusable,omitempty"`
}

const mostMemory = 64 << 10 // bytes

// readMemory returns what is remembered of the stored refresh token; nil if
// nothing is. A record that can't be read is none: it only saves a request.
func readMemory(folder *fileio.Folder, n names, s Stored) *memory {
	data, err := folder.ReadFile(n.memory, mostMemory)
	m := &memory{}
	if err != nil || json.Unmarshal(data, m) != nil || m.V != 1 || m.Era != s.Era || m.Digest != n.digest(s.Refresh) {
		return nil
	}
	return m
}

// Delays after failures in a row double from the first to the last of these.
const (
	firstDelay = time.Second
	lastDelay  = 5 * time.Minute
	mostAfter  = time.Hour // that a server may ask for
)

// delay is how long to wait after so many failures: a number between the half
// and the whole of a span that doubles; after none not at all. What the server
// asks for is the least.
func delay(tries int, after time.Duration, random float64) time.Duration {
	var span time.Duration
	if tries > 0 {
		span = min(firstDelay<<min(tries-1, 10), lastDelay)
	}
	d := span/2 + time.Duration(random*float64(span/2))
	return max(d, min(after, mostAfter))
}

// err is what a caller gets instead of an exchange; nil if there is no reason
// not to try. A time further ahead than any delay comes from a clock that was
// wrong.
func (m *memory) err(now time.Time) error {
	switch {
	case m == nil || m.Ambiguous:
		return nil
	case m.Permanent:
		return &PermanentError{Code: m.Code, Status: m.Status, Since: m.Time}
	case m.delays(now):
		return &TransientError{RetryAt: m.Until, Tries: m.Tries, Code: m.Code, Status: m.Status}
	}
	return nil
}

func (m *memory) delays(now time.Time) bool {
	return m != nil && now.Before(m.Until) && m.Until.Sub(now) <= mostAfter
}

func (m *memory) isReusable() bool { return m != nil && m.Reusable }

// noteReusable remembers that the server leaves the refresh token as it is,
// which also ends a row of failures.
func (t *turn) noteReusable(now Stored) {
	if m := readMemory(t.folder, t.names, now); m.isReusable() && m.Tries == 0 {
		return
	}
	m := &memory{V: 1, Digest: t.names.digest(now.Refresh), Era: now.Era, Time: t.opts.Now().UTC(), Reusable: true}
	_ = m.write(t.folder, t.names) // what is forgotten only costs a question later
}

// failed is what is remembered of a failure, and of what was before it.
func (c *Coordinator) failed(s Stored, before *memory, err error, class Class) *memory {
	now := c.opts.Now().UTC()
	m := &memory{V: 1, Digest: c.names.digest(s.Refresh), Era: s.Era, Time: now, Tries: 1}
	var answer *ResponseError
	if errors.As(err, &answer) {
		m.Code, m.Status = answer.Code, answer.Status
	} else {
		answer = &ResponseError{}
	}
	if before != nil {
		m.Tries, m.Reusable = before.Tries+1, before.Reusable
	}
	switch class {
	case Transient:
		m.Until = now.Add(delay(m.Tries, answer.RetryAfter, c.opts.Rand()))
	case Ambiguous:
		m.Ambiguous = true
		m.Until = now.Add(delay(m.Tries-1, answer.RetryAfter, c.opts.Rand()))
	default:
		m.Permanent = true
	}
	return m
}

func (m *memory) write(folder *fileio.Folder, n names) error {
	data, _ := json.Marshal(m) // strings, numbers and times of this century can't fail
	return folder.WriteFile(n.memory, data)
}
