package refresh

import (
	"context"
	"time"

	"github.com/cfgmerge/cfgmerge/fileio"
)

// Status says how a token is. It holds no secret.
type Status struct {
	// LoggedIn: something is stored.
	LoggedIn bool
	// Account is what Options.Identity says; empty if it can't tell.
	Account string
	// CanRefresh: there is a refresh token.
	CanRefresh bool
	// Expiry of the access token; zero if it is not known. Expired is by
	// Options.Now.
	Expiry  time.Time
	Expired bool
	// Generation counts the rotations since the last login.
	Generation uint64
	// Written is when the token was stored, and Author by which program; zero
	// and empty if that is not known.
	Written time.Time
	Author  string
	// Rotation is what is known of an exchange of the stored refresh token
	// that has not ended; nil if there is none.
	Rotation *Rotating
	// Failure is a *PermanentError or *TransientError that is remembered of the
	// stored refresh token; nil if there is none.
	Failure error
}

// Rotating is an exchange that has not ended.
type Rotating struct {
	// Since is when it began, PID the process that began it.
	Since time.Time
	PID   int
	// Sent: the refresh token may have gone out.
	Sent bool
	// Interrupted: the process is gone, or has given up, and the answer is
	// lost. Without it, the exchange is under way.
	Interrupted bool
	// Kept: the answer is there, and is stored by the next refresh.
	Kept bool
}

// Status reads what is stored and what is remembered of it. It takes no lock
// and changes nothing. The reasons in its *Error are those of the store and
// *cfgmerge.FileError.
func (c *Coordinator) Status(ctx context.Context) (Status, error) {
	s, err := c.store.Load(ctx)
	if err != nil {
		return Status{}, c.fail("status", err)
	}
	now := c.opts.Now()
	out := Status{
		LoggedIn: !s.IsZero(), Account: c.opts.Identity(s.Token), CanRefresh: s.Refresh != "",
		Expiry: s.Expiry, Expired: !s.Expiry.IsZero() && !now.Before(s.Expiry),
		Generation: s.Generation, Written: s.Written,
	}
	if author, ok := c.store.(Author); ok {
		if out.Author, err = author.Author(ctx, s); err != nil {
			return out, c.fail("status", err)
		}
	}
	return out, c.fail("status", c.remembered(&out, s, now))
}

// remembered adds what the state folder says.
func (c *Coordinator) remembered(out *Status, s Stored, now time.Time) error {
	folder, err := c.store.Folder(false)
	if err != nil {
		return err
	}
	defer folder.Close()
	failed := readMemory(folder, c.names, s)
	out.Failure = failed.err(now)
	m, kept, err := readMarker(folder, c.names.marker)
	if err != nil || !m.lives(s, c.names.digest(s.Refresh)) {
		return err
	}
	r := &Rotating{Since: m.Time, PID: m.PID, Sent: m.Phase == phaseSent, Kept: kept != nil}
	underWay := m.underWay(folder, c.names)
	matters := r.Sent && !failed.isReusable() // that something may have been sent
	r.Interrupted = matters && !r.Kept && !underWay
	if matters || r.Kept || underWay {
		out.Rotation = r
	}
	return nil
}

// underWay reports whether the process that wrote the marker still runs and
// holds the lock.
func (m *marker) underWay(folder *fileio.Folder, n names) bool {
	return m.Boot == fileio.BootID() && fileio.Alive(m.PID, m.Time) && folder.HeldBy(n.lock).PID == m.PID
}
