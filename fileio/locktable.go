package fileio

import (
	"context"
	"errors"
	"slices"
	"sync"
	"syscall"

	"github.com/gofrs/flock"
)

// locks is the one variable of the package: what this process holds and waits for, by lock file.
var locks = lockTable{lines: map[string]*line{}}

// lockTable makes the goroutines of this process queue among themselves, so that at most one of them stands in the
// system's queue for a lock, where waiting can't be cancelled.
type lockTable struct {
	mu    sync.Mutex
	lines map[string]*line
}

// line is the queue for one lock file. Whoever is first has the turn: it holds the lock or is getting it.
type line struct {
	taken   bool
	waiting []chan struct{} // closed to pass the turn on
	parked  *acquisition    // a blocking call whose caller gave up; only the one with the turn may take it over
}

// acquisition is a blocking lock call in flight. The system's queue is fair where polling is not, but the call can't
// be taken back: when its caller gives up, the next in line inherits it, or it is released as soon as it succeeds.
type acquisition struct {
	done chan struct{}
	lock *flock.Flock
	err  error
}

// acquire returns the lock that open names. It never gives up a place in the system's queue that somebody can use.
func (t *lockTable) acquire(ctx context.Context, key string, open func() *flock.Flock) (*flock.Flock, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err := t.enter(ctx, key); err != nil {
		return nil, err
	}
	lock, err := t.acquireFirst(ctx, key, open)
	if err != nil {
		t.leave(key)
		return nil, err
	}
	return lock, nil
}

func (t *lockTable) acquireFirst(ctx context.Context, key string, open func() *flock.Flock) (*flock.Flock, error) {
	a := t.unpark(key)
	if a == nil {
		lock := open()
		if ok, err := lock.TryLock(); ok || err != nil {
			return lock, err
		}
		a = t.block(key, lock)
	}
	select {
	case <-a.done:
		return a.lock, a.err
	case <-ctx.Done():
		t.park(key, a)
		return nil, context.Cause(ctx)
	}
}

// enter waits for the turn.
func (t *lockTable) enter(ctx context.Context, key string) error {
	t.mu.Lock()
	l := t.lines[key]
	if l == nil {
		l = &line{}
		t.lines[key] = l
	}
	if !l.taken {
		l.taken = true
		t.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	l.waiting = append(l.waiting, turn)
	t.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		t.quit(key, turn)
		return context.Cause(ctx)
	}
}

// quit leaves the queue, or passes the turn on if it came at the same moment.
func (t *lockTable) quit(key string, turn chan struct{}) {
	t.mu.Lock()
	l := t.lines[key]
	i := slices.Index(l.waiting, turn)
	if i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	}
	t.mu.Unlock()
	if i < 0 {
		t.leave(key)
	}
}

// leave passes the turn to the next in line. With nobody there, a parked call that has succeeded is undone.
func (t *lockTable) leave(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.lines[key]
	if len(l.waiting) > 0 {
		close(l.waiting[0])
		l.waiting = l.waiting[1:]
		return
	}
	l.taken = false
	t.settle(key, l)
}

// settle, in an untaken line, releases a parked lock that was granted and forgets a line that nobody uses.
func (t *lockTable) settle(key string, l *line) {
	if l.taken {
		return
	}
	if l.parked != nil && l.parked.isDone() {
		_ = l.parked.lock.Unlock()
		l.parked = nil
	}
	if l.parked == nil {
		delete(t.lines, key)
	}
}

func (t *lockTable) park(key string, a *acquisition) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines[key].parked = a
}

func (t *lockTable) unpark(key string) *acquisition {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.lines[key]
	a := l.parked
	l.parked = nil
	return a
}

// block starts the blocking call.
func (t *lockTable) block(key string, lock *flock.Flock) *acquisition {
	a := &acquisition{done: make(chan struct{}), lock: lock}
	go func() {
		err := lock.Lock()
		for errors.Is(err, syscall.EINTR) {
			err = lock.Lock()
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		a.err = err
		close(a.done)
		if l := t.lines[key]; l != nil && l.parked == a {
			t.settle(key, l)
		}
	}()
	return a
}

func (a *acquisition) isDone() bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}
