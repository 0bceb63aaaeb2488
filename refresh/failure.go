package refresh

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/cfgmerge/cfgmerge/fileio"
)

// failure is what is remembered of an exchange that did not succeed, for as
// long as the refresh token is the stored one, and of one that did succeed and
// left it as it was.
type failure struct {
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

const mostFailure = 64 << 10 // bytes

// readFailure returns what is remembered of the stored refresh token; nil if
// nothing is. A record that can't be read is none: it only saves a request.
func readFailure(folder *fileio.Folder, n names, s Stored) *failure {
	data, err := folder.ReadFile(n.failure, mostFailure)
	f := &failure{}
	if err != nil || json.Unmarshal(data, f) != nil || f.V != 1 || f.Era != s.Era || f.Digest != n.digest(s.Refresh) {
		return nil
	}
	return f
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
func (f *failure) err(now time.Time) error {
	switch {
	case f == nil || f.Ambiguous:
		return nil
	case f.Permanent:
		return &PermanentError{Code: f.Code, Status: f.Status, Since: f.Time}
	case f.delays(now):
		return &TransientError{RetryAt: f.Until, Tries: f.Tries, Code: f.Code, Status: f.Status}
	}
	return nil
}

func (f *failure) isReusable() bool { return f != nil && f.Reusable }

// noteReusable remembers that the server leaves the refresh token as it is,
// which also ends a row of failures.
func (t *turn) noteReusable(now Stored) {
	if f := readFailure(t.folder, t.names, now); f.isReusable() && f.Tries == 0 {
		return
	}
	f := &failure{V: 1, Digest: t.names.digest(now.Refresh), Era: now.Era, Time: t.opts.Now().UTC(), Reusable: true}
	_ = f.write(t.folder, t.names) // what is forgotten only costs a question later
}

func (f *failure) delays(now time.Time) bool {
	return f != nil && now.Before(f.Until) && f.Until.Sub(now) <= mostAfter
}

// failed makes the record of a failure that follows the one before.
func (c *Coordinator) failed(s Stored, before *failure, err error, class Class) *failure {
	now := c.opts.Now().UTC()
	f := &failure{V: 1, Digest: c.names.digest(s.Refresh), Era: s.Era, Time: now, Tries: 1}
	var answer *ResponseError
	if errors.As(err, &answer) {
		f.Code, f.Status = answer.Code, answer.Status
	} else {
		answer = &ResponseError{}
	}
	if before != nil {
		f.Tries, f.Reusable = before.Tries+1, before.Reusable
	}
	switch class {
	case Transient:
		f.Until = now.Add(delay(f.Tries, answer.RetryAfter, c.opts.Rand()))
	case Ambiguous:
		f.Ambiguous = true
		f.Until = now.Add(delay(f.Tries-1, answer.RetryAfter, c.opts.Rand()))
	default:
		f.Permanent = true
	}
	return f
}

func (f *failure) write(folder *fileio.Folder, n names) error {
	data, _ := json.Marshal(f) // strings, numbers and times of this century can't fail
	return folder.WriteFile(n.failure, data)
}
