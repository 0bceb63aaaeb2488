package refresh

import (
	"context"
	"time"

	"github.com/cfgmerge/cfgmerge/fileio"
)

// tenure is the time for which the lock is held.
type tenure struct {
	folder *fileio.Folder
	guard  *fileio.Guard
	// gone: somebody else gives it back.
	gone bool
}

// leave gives the lock back.
func (t *tenure) leave() {
	if !t.gone {
		_ = t.guard.Unlock()
		_ = t.folder.Close()
	}
}

// hand passes the lock on.
func (t *tenure) hand() *tenure {
	t.gone = true
	return &tenure{folder: t.folder, guard: t.guard}
}

// acquire takes a lock, of the folder that is there then. It waits at most for
// the time-out, and, if that is negative, for as long as the context allows.
func acquire(ctx context.Context, open func(create bool) (*fileio.Folder, error), name string, timeout time.Duration) (t *tenure, err error) {
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	err = fileio.Follow(func() error {
		folder, err := open(true)
		if err != nil {
			return err
		}
		guard, err := folder.Acquire(ctx, name)
		if err != nil {
			_ = folder.Close()
			return err
		}
		t = &tenure{folder: folder, guard: guard}
		return nil
	})
	return t, err
}
