package refresh

import (
	"context"
	"time"

	"github.com/cfgmerge/cfgmerge/fileio"
)

// Store is where one token lives. Implementations are safe for concurrent use,
// by any number of processes.
type Store interface {
	// Name tells the token from others that are coordinated in the same
	// folder. It may hold anything: it is hashed where it becomes a file name.
	Name() string
	// Load returns what is stored now, past every cache. If nothing is, that
	// is a zero Token and no error; what can't be read is an error, and never
	// taken for nothing.
	Load(ctx context.Context) (Stored, error)
	// Swap puts next in the place of old, provided that old is still what is
	// stored; nothing in between is possible. For a Logout next is zero.
	//
	// The error is, or wraps, a *cfgmerge.SupersededError if something else is
	// stored; a *cfgmerge.DurabilityError if next is stored but may not survive
	// a power cut. After any other nothing was stored; a *cfgmerge.LockError is
	// worth another try.
	Swap(ctx context.Context, old Stored, next Token, change Change) (Stored, error)
	// Ready returns an error if a Swap of s would fail for a reason that can
	// be known beforehand: a lock that is not to be had, a medium that is read-
	// only or too small. It is asked before a token is spent.
	Ready(ctx context.Context, s Stored) error
	// Folder opens the state folder in which locks, markers and records of
	// failures lie. With create it is made. The caller closes it. Its locks are
	// waited for as long as the context allows.
	Folder(create bool) (*fileio.Folder, error)
}

// Change says why a token is stored.
type Change int

// The changes. All but Rotation begin a new era: they win over whatever comes
// of a token that was stored before, also on copies that are merged later.
const (
	// Rotation: the old refresh token was exchanged for the new one.
	Rotation Change = iota
	// Login: a token that comes from nowhere.
	Login
	// Logout: no token.
	Logout
)

// Stored is a token as a store holds it.
type Stored struct {
	Token
	// Era names the login or logout that the token has come from, in at most 64
	// bytes.
	Era string
	// Generation counts the rotations within the era.
	Generation uint64
	// Written is when it was stored, by the writer's clock; zero if that is not
	// known.
	Written time.Time
	// Version is what the store needs to know this version again.
	Version any
}

// Glancer is an optional part of a Store.
type Glancer interface {
	// Glance is Load for Token, which may be called at each request: where
	// nothing has changed it need not look. What others store it may notice a
	// tenth of a second late, but at once what is stored by this process.
	Glance(ctx context.Context) (Stored, error)
}

// Author is an optional part of a Store.
type Author interface {
	// Author says which program stored s, for people; empty if nobody knows.
	Author(ctx context.Context, s Stored) (string, error)
}
