package fileio

import "time"

// Durability says what a swap has made permanent when it returns.
type Durability int

const (
	// Full syncs the file before and its directory after the replacement; the default.
	// Without the directory an acknowledged save is lost on ext4, XFS and btrfs alike.
	Full Durability = iota
	// File syncs the file alone: after power loss the path holds the old bytes or the new ones.
	File
	// None syncs nothing: after power loss the file may be empty. A killed process still loses nothing.
	None
)

const (
	defaultMaxSize     = 64 << 20
	defaultLockTimeout = 5 * time.Second
)

// Options configure a Folder. The zero value is right for a settings file.
type Options struct {
	// MaxSize is the largest file that is read, in bytes; 0 means 64 MiB.
	MaxSize int64

	// Durability of Swap and Settle; the zero value is Full.
	Durability Durability

	// LockTimeout bounds the wait for a lock; 0 means 5 s. Negative waits for as long as the context allows.
	LockTimeout time.Duration

	// InPlace permits overwriting the file where it can't be replaced: a file mounted on its own, or a directory
	// that is not writable. A crash in the middle then leaves a torn file, and processes that see it through
	// another mount are not excluded.
	InPlace bool

	// AnyOwner permits a replacement that belongs to another owner than the file did, and a state folder that
	// somebody else owns.
	AnyOwner bool

	// StateHome is the user's state directory, used where no folder can be made beside the file.
	// Empty means $XDG_STATE_HOME or its equivalent on this system.
	StateHome string

	// App names this program to those that wait for its lock; empty names only the executable.
	App string

	// Self spares folders that are opened again and again to find out the same things about this process; nil means that
	// each finds them out.
	Self *Self

	// Now is the clock; nil means time.Now.
	Now func() time.Time

	// Fault is called before each step with the step's name, and a non-nil result is taken for that step's own
	// failure. It is for tests; nil means none. The steps are, in the order of a save: mkdir, lock, read, quarantine,
	// slot, slot-sync, temp, write, verify, attributes, sync, exchange or create or rename or overwrite, undo, dir-sync,
	// unlink, append, unlock.
	Fault func(point string) error
}

func (o *Options) fault(point string) error {
	if o.Fault == nil {
		return nil
	}
	return o.Fault(point)
}

// step does a step, or fails in its stead.
func (o *Options) step(point string, do func() error) error {
	if err := o.fault(point); err != nil {
		return err
	}
	return do()
}

func (o *Options) maxSize() int64 {
	if o.MaxSize == 0 {
		return defaultMaxSize
	}
	return o.MaxSize
}

func (o *Options) self() *Self {
	if o.Self == nil {
		o.Self = NewSelf()
	}
	return o.Self
}

func (o *Options) now() time.Time {
	if o.Now == nil {
		return time.Now()
	}
	return o.Now()
}
