//go:build unix

package fileio

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

func tContext() context.Context { return context.Background() }

func hold(t *testing.T, path string) *child {
	c := start(t, "hold", path)
	c.expect(t, "locked")
	return c
}

func lockError(t *testing.T, ctx context.Context, f *Folder) *LockError {
	t.Helper()
	_, err := f.Lock(ctx)
	var e *LockError
	if !errors.As(err, &e) {
		t.Fatalf("got %v, not a LockError", err)
	}
	return e
}

func TestAWaiterThatGivesUpNamesTheHolder(t *testing.T) {
	path := fixture(t, "old")
	c := hold(t, path)
	e := lockError(t, t.Context(), openFolder(t, path, Options{LockTimeout: 20 * time.Millisecond}))
	want := Holder{PID: c.Process.Pid, Exe: filepath.Base(os.Args[0]), App: "codag mcp"}
	if e.Holder != want {
		t.Errorf("holder %+v, not %+v", e.Holder, want)
	}
	if !errors.Is(e, context.DeadlineExceeded) || e.Waited < 20*time.Millisecond {
		t.Errorf("cause %v after %v", e.Cause, e.Waited)
	}
}

func TestAKilledHolderReleasesTheLock(t *testing.T) {
	path := fixture(t, "old")
	c := hold(t, path)
	granted := make(chan error, 1)
	f := openFolder(t, path, Options{LockTimeout: time.Minute})
	go func() {
		txn, err := f.Lock(tContext())
		granted <- errors.Join(err, txn.Unlock())
	}()
	eventually(t, "the waiter waits", func() bool { return isTaken(f) })
	must(t, c.Process.Kill())
	must(t, <-granted)
}

func TestCancellationEndsTheWaitAtOnce(t *testing.T) {
	path := fixture(t, "old")
	hold(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	f := openFolder(t, path, Options{LockTimeout: -1})
	go func() {
		for !isTaken(f) {
		}
		cancel()
	}()
	if e := lockError(t, ctx, f); !errors.Is(e, context.Canceled) {
		t.Errorf("cause %v", e.Cause)
	}
}

func TestNothingIsLockedForAContextThatHasEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := openFolder(t, fixture(t, "old"), Options{})
	if e := lockError(t, ctx, f); !errors.Is(e, context.Canceled) || isTaken(f) {
		t.Errorf("cause %v", e.Cause)
	}
}

func TestTheNextWaiterInheritsTheCallOfACancelledOne(t *testing.T) {
	path := fixture(t, "old")
	c := hold(t, path)
	f := openFolder(t, path, Options{LockTimeout: 20 * time.Millisecond})
	lockError(t, t.Context(), f)
	parked := lineOf(f).parked
	if parked == nil {
		t.Fatal("the blocking call was not kept")
	}
	c.release()
	txn, err := openFolder(t, path, Options{LockTimeout: time.Minute}).Lock(t.Context())
	must(t, err)
	if txn.guard.lock != parked.lock {
		// The call may also have been granted and released before the second waiter came.
		eventually(t, "the call returns", parked.isDone)
	}
	must(t, txn.Unlock())
}

func TestALockGrantedToNobodyIsReleased(t *testing.T) {
	path := fixture(t, "old")
	first := hold(t, path)
	f := openFolder(t, path, Options{LockTimeout: 20 * time.Millisecond})
	lockError(t, t.Context(), f)
	first.release()
	hold(t, path) // blocks for ever if this process kept the lock
	eventually(t, "the line is forgotten", func() bool { return lineOf(f) == nil })
}

func TestGoroutinesAreServedInTheOrderTheyCame(t *testing.T) {
	path := fixture(t, "old")
	f := openFolder(t, path, Options{LockTimeout: time.Minute})
	first, err := f.Lock(t.Context())
	must(t, err)
	const n = 8
	order := make(chan int, n)
	for i := range n {
		go func() {
			txn, err := f.Lock(tContext())
			if err == nil {
				order <- i
				txn.Unlock()
			}
		}()
		eventually(t, "the waiter is in line", func() bool { return waiters(f) == i+1 })
	}
	must(t, first.Unlock())
	for i := range n {
		if got := <-order; got != i {
			t.Fatalf("waiter %d came before %d", got, i)
		}
	}
}

func TestNoChangeOfAnyProcessIsLost(t *testing.T) {
	path := fixture(t, "0")
	const processes = 4
	var all []*child
	for range processes {
		all = append(all, start(t, "count", path))
	}
	for _, c := range all {
		c.expect(t, "counted")
	}
	wantFile(t, path, strconv.Itoa(processes*countTo))
}

func TestNoChangeOfAnyGoroutineIsLost(t *testing.T) {
	path := fixture(t, "0")
	const goroutines = 16
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			if err := change(path, Options{LockTimeout: time.Minute, Durability: None}, increment); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	wantFile(t, path, strconv.Itoa(goroutines))
}

func TestALockThatIsNotTheFoldersAnyMoreIsRefused(t *testing.T) {
	path := fixture(t, "old")
	f := openFolder(t, path, Options{})
	must(t, os.Rename(f.Path(), f.Path()+".moved"))
	must(t, os.Mkdir(f.Path(), 0o700))
	_, err := f.Lock(t.Context())
	wantClass(t, err, ClassMoved)
}

func TestADeletedFolderIsNotLocked(t *testing.T) {
	path := fixture(t, "old")
	f := openFolder(t, path, Options{})
	must(t, os.RemoveAll(f.Path()))
	_, err := f.Lock(t.Context())
	wantClass(t, err, ClassMoved)
}

func TestAFolderThatMovesIsFollowedForAWhile(t *testing.T) {
	for _, row := range []struct {
		errs []error // of one call after the other
		want int     // calls
	}{
		{[]error{nil}, 1},
		{[]error{&FileError{Op: "lock", Class: ClassMoved}, &FileError{Op: "lock", Class: ClassMissing}, nil}, 3},
		{[]error{&FileError{Op: "read", Class: ClassMoved}, errUnlocked}, 2},
		{[]error{&FileError{Op: "read", Class: ClassMissing}}, 1},
		{[]error{&LockError{Cause: context.DeadlineExceeded}}, 1},
		{slices.Repeat([]error{&FileError{Op: "lock", Class: ClassMoved}}, maxMoves), maxMoves},
	} {
		calls := 0
		err := Follow(func() error { calls++; return row.errs[calls-1] })
		if calls != row.want || err != row.errs[row.want-1] {
			t.Errorf("%v: %d calls, then %v", row.errs, calls, err)
		}
	}
}

func TestALinkInPlaceOfTheLockIsNotFollowed(t *testing.T) {
	path := fixture(t, "old")
	f := openFolder(t, path, Options{})
	victim := filepath.Join(t.TempDir(), "victim")
	must(t, os.Symlink(victim, filepath.Join(f.Path(), lockName)))
	_, err := f.Lock(t.Context())
	wantClass(t, err, ClassLoop)
	if _, err := os.Lstat(victim); err == nil {
		t.Error("the link was followed")
	}
}

func TestTheDataFileAndItsLockNameAreLeftAlone(t *testing.T) {
	path := fixture(t, "old")
	foreign := flock.New(path + ".lock")
	_, err := foreign.TryLock()
	must(t, err)
	defer foreign.Unlock()
	begin(t, path, Options{})
	data := flock.New(path)
	if ok, err := data.TryLock(); !ok || err != nil {
		t.Error("the data file is locked", err)
	}
	must(t, data.Unlock())
}

func TestAFailedUnlockEndsTheTransactionAllTheSame(t *testing.T) {
	path := fixture(t, "old")
	txn, _ := begin(t, path, Options{Fault: failAt("unlock", syscall.EIO)})
	if err := txn.Unlock(); !errors.Is(err, syscall.EIO) {
		t.Fatalf("got %v", err)
	}
	must(t, txn.Unlock())
}

func TestUnlockTwiceIsHarmless(t *testing.T) {
	txn, _ := begin(t, fixture(t, "old"), Options{})
	must(t, txn.Unlock())
	must(t, txn.Unlock())
	_, err := txn.Swap(Content{}, ContentOf(nil), false)
	wantClass(t, err, ClassIO)
}

func TestNamedLocksAreIndependent(t *testing.T) {
	f := openFolder(t, fixture(t, "old"), Options{})
	refresh, err := f.Acquire(t.Context(), "refresh-1.lock")
	must(t, err)
	defer refresh.Unlock()
	txn, err := f.Lock(t.Context())
	must(t, err)
	must(t, txn.Unlock())
}

// isTaken reports whether a goroutine of this process holds the lock or waits for it.
func isTaken(f *Folder) bool {
	l := lineOf(f)
	return l != nil && l.taken
}

func waiters(f *Folder) int { return len(lineOf(f).waiting) }

// lineOf returns a copy of the line for the folder's lock, or nil.
func lineOf(f *Folder) *line {
	locks.mu.Lock()
	defer locks.mu.Unlock()
	l := locks.lines[filepath.Join(f.Path(), lockName)]
	if l == nil {
		return nil
	}
	return &line{taken: l.taken, waiting: l.waiting[:len(l.waiting):len(l.waiting)], parked: l.parked}
}
