package cfgmerge

import (
	"fmt"
	"time"

	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
)

// Layout says where a file's history lives.
type Layout int

// The layouts. One that a file already has wins over the option.
const (
	// Auto is Sidecar for a root that is a map, where every key is the
	// user's, and else Embedded.
	Auto Layout = iota
	// Embedded keeps the history in the file, under the key "$cfgmerge": it
	// goes wherever the file is copied.
	Embedded
	// Sidecar adds nothing to the file and keeps the history in the state
	// folder: for programs that choke on a key that they don't know.
	Sidecar
)

// String returns the name by which reports call the layout.
func (l Layout) String() string {
	names := [...]string{"auto", "embedded", "sidecar"}
	if l < 0 || int(l) >= len(names) {
		return fmt.Sprintf("Layout(%d)", int(l))
	}
	return names[l]
}

// Durability says what an acknowledged save survives.
type Durability = fileio.Durability

// The levels of durability.
const (
	// Full survives a power cut. It is the default.
	Full = fileio.Full
	// SyncFile survives a power cut with either the old file or the new one.
	SyncFile = fileio.File
	// NoSync survives the death of processes, not of the machine.
	NoSync = fileio.None
)

// Options configure how a file is opened. A nil *Options and the zero value
// are right for a settings file.
type Options struct {
	// App names the program to those who wait for its lock and in the
	// history. Empty: the executable's base name.
	App string
	// Layout is for files that have none yet; the zero value is Auto.
	Layout Layout
	// Policies under which the file is merged, besides those of struct tags and
	// those that are stored in the file: for each field the highest rank wins.
	// [schema.FromJSON] and [schema.Builder] make them. Nil: none.
	Policies lww.Table
	// Durability of saves; the zero value is Full.
	Durability Durability
	// LockTimeout bounds how long a save waits for other processes; 0 means
	// 5 s, negative as long as the context allows.
	LockTimeout time.Duration
	// MaxSize is the largest file that is read, in bytes; 0 means 64 MiB.
	MaxSize int64
	// InPlace permits overwriting a file that can't be replaced: one that is
	// mounted by itself, or one in a directory that is not writable. A crash
	// in the middle then tears the file, and processes that see it through
	// another mount are not excluded.
	InPlace bool
	// AnyOwner permits a save that changes the file's owner, and a state
	// folder that somebody else owns.
	AnyOwner bool
	// StateHome is where state folders are made for files in directories that
	// are not writable. Empty: $XDG_STATE_HOME or its equivalent.
	StateHome string
	// Observer, if not nil, is called with what happened besides what was
	// asked for. It must not call back into the file.
	Observer func(Event)
	// PollInterval is how often Watch looks at a file of which it hears
	// nothing; 0 or less means 2 s.
	PollInterval time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	// self is what all folders that are opened for the file share.
	self *fileio.Self
	// fault fails the named step of a save: for tests.
	fault func(point string) error
	// sleep waits between attempts to read; nil means a timer.
	sleep func(time.Duration)
	// tick says when Watch polls; nil means a timer.
	tick func(time.Duration) (ticks <-chan time.Time, stop func())
}

func (o *Options) now() time.Time {
	if o.Now == nil {
		return time.Now()
	}
	return o.Now()
}

func (o *Options) pause(d time.Duration) {
	if o.sleep != nil {
		o.sleep(d)
		return
	}
	time.Sleep(d)
}

func (o *Options) observe(e Event) {
	if o.Observer != nil {
		o.Observer(e)
	}
}

func (o *Options) files() fileio.Options {
	return fileio.Options{
		MaxSize: o.MaxSize, Durability: o.Durability, LockTimeout: o.LockTimeout,
		InPlace: o.InPlace, AnyOwner: o.AnyOwner, StateHome: o.StateHome,
		App: o.App, Self: o.self, Now: o.Now, Fault: o.fault,
	}
}

// orDefault returns a copy, so that what the caller does to his has no effect.
func (o *Options) orDefault() Options {
	var own Options
	if o != nil {
		own = *o
	}
	own.self = fileio.NewSelf()
	return own
}
