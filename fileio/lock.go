package fileio

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Guard is a held lock of the state folder. It must be kept until Unlock.
type Guard struct {
	folder *Folder
	name   string
	key    string
	lock   *flock.Flock
	also   *Guard // of the fallback folder, which others may know as the only one
}

// Unlock releases the lock. The lock file stays: deleting it would let two processes lock two files of one name.
func (g *Guard) Unlock() error {
	if g == nil {
		return nil
	}
	err := errors.Join(g.also.Unlock(), g.lock.Unlock())
	locks.leave(g.key)
	return err
}

// Lock waits for the lock that guards saving and returns the transaction that it allows. It waits at most
// Options.LockTimeout and no longer than ctx, and then fails with a *LockError; other errors are *FileError.
func (f *Folder) Lock(ctx context.Context) (*Txn, error) {
	g, err := f.Acquire(ctx, lockName)
	if err != nil {
		return nil, err
	}
	return &Txn{folder: f, guard: g}, nil
}

// Acquire waits for another lock of the state folder, which must be named for what it guards. Whoever takes both takes
// this one before Lock. Errors are as for Lock.
func (f *Folder) Acquire(ctx context.Context, name string) (*Guard, error) {
	if !f.Exists() {
		return nil, &FileError{Op: "lock", Path: f.given, Class: ClassMissing, Err: errNoFolder}
	}
	g, err := f.await(ctx, name)
	if err != nil {
		return nil, err
	}
	err = f.alsoFallback(ctx, g, name)
	if err == nil && name != lockName {
		err = f.awaitChild(ctx, name)
	}
	if err != nil {
		_ = g.Unlock()
		return nil, err
	}
	return g, nil
}

const maxMoves = 5

// Follow calls do, which opens a Folder and takes a lock of it, again if the path has come to lead elsewhere in between, or
// the folder was removed: nothing was done then. The error is the last one of do.
func Follow(do func() error) (err error) {
	for range maxMoves {
		if err = do(); !isMoved(err) {
			break
		}
	}
	return err
}

func isMoved(err error) bool {
	var e *FileError
	return errors.As(err, &e) && (e.Class == ClassMoved || e.Op == "lock" && e.Class == ClassMissing)
}

func (f *Folder) await(ctx context.Context, name string) (*Guard, error) {
	start := f.opts.now()
	ctx, cancel := f.lockContext(ctx)
	defer cancel()
	g, err := f.acquire(ctx, name)
	if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
		return nil, &LockError{Path: f.target, Waited: f.opts.now().Sub(start), Holder: f.heldBy(name), Cause: err}
	}
	return g, err
}

var errNoFolder = errors.New("there is no state folder")

func (f *Folder) lockContext(ctx context.Context) (context.Context, context.CancelFunc) {
	switch t := f.opts.LockTimeout; {
	case t < 0:
		return ctx, func() {}
	case t == 0:
		return context.WithTimeout(ctx, defaultLockTimeout)
	default:
		return context.WithTimeout(ctx, t)
	}
}

const lockAttempts = 3

// acquire locks and then looks whether the file it locked is the one that the folder has, because the file may have
// been replaced, or the folder moved, between opening and locking.
func (f *Folder) acquire(ctx context.Context, name string) (*Guard, error) {
	path := filepath.Join(f.path, name)
	if err := f.opts.fault("lock"); err != nil {
		return nil, fail("lock", path, err)
	}
	for range lockAttempts {
		lock, err := locks.acquire(ctx, path, func() *flock.Flock { return f.lockFile(path) })
		if err != nil {
			return nil, f.lockFailure(ctx, path, err)
		}
		g := &Guard{folder: f, name: name, key: path, lock: lock}
		if f.isOurs(lock, name) {
			f.announce(name)
			return g, nil
		}
		_ = g.Unlock()
	}
	return nil, &FileError{Op: "lock", Path: path, Class: ClassMoved}
}

func (f *Folder) lockFile(path string) *flock.Flock {
	return flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR|oNoFollow|oNonBlock), flock.SetPermissions(f.entryMode()))
}

func (f *Folder) lockFailure(ctx context.Context, path string, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
		return err
	}
	if e := fail("lock", path, err); !is(e, ClassMissing) {
		return e
	}
	return &FileError{Op: "lock", Path: path, Class: ClassMoved, Err: err}
}

func (f *Folder) isOurs(lock *flock.Flock, name string) bool {
	locked, err := lock.Stat()
	if err != nil {
		return false
	}
	entry, err := f.root.Lstat(name)
	if err != nil || !os.SameFile(locked, entry) {
		return false
	}
	if isForeign(f.info) {
		_ = f.root.Lchown(name, int(f.info.UID), int(f.info.GID))
	}
	if f.isShared() && entry.Mode().Perm() != f.entryMode() {
		_ = f.root.Chmod(name, f.entryMode())
	}
	return true
}

// alsoFallback takes the lock of the same name in the fallback folder too, if there is one: a process that may not
// write beside the file knows only that one.
func (f *Folder) alsoFallback(ctx context.Context, g *Guard, name string) error {
	if f.fallback || !f.hasFallback() {
		return nil
	}
	second := &Folder{opts: f.opts, given: f.given, target: f.target, parent: f.parent, self: f.self}
	if err := second.openFallback(); err != nil {
		return err
	}
	defer second.closeDir()
	var err error
	g.also, err = second.Acquire(ctx, name)
	return err
}

const (
	shortPause = time.Millisecond
	longPause  = 50 * time.Millisecond
)

// pause waits for a moment that doubles from call to call, or until ctx ends.
func pause(ctx context.Context, d *time.Duration) error {
	*d = min(max(2**d, shortPause), longPause)
	timer := time.NewTimer(*d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
