package refresh

import (
	"context"
	"errors"

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

// maxMoves is how often a folder that moved is opened again.
const maxMoves = 5

// enter takes the lock, of the folder that is there then.
func (c *Coordinator) enter(ctx context.Context) (t *turn, err error) {
	for range maxMoves {
		if t, err = c.enterOnce(ctx); !isMoved(err) {
			break
		}
	}
	return t, err
}

func (c *Coordinator) enterOnce(ctx context.Context) (*turn, error) {
	folder, err := c.store.Folder(true)
	if err != nil {
		return nil, err
	}
	guard, err := c.lock(ctx, folder)
	if err != nil {
		_ = folder.Close()
		return nil, err
	}
	return &turn{Coordinator: c, tenure: &tenure{folder: folder, guard: guard}}, nil
}

func (c *Coordinator) lock(ctx context.Context, folder *fileio.Folder) (*fileio.Guard, error) {
	if c.opts.LockTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.opts.LockTimeout)
		defer cancel()
	}
	return folder.Acquire(ctx, c.names.lock)
}

func isMoved(err error) bool {
	var moved *fileio.FileError
	return errors.As(err, &moved) && moved.Op == "lock" &&
		(moved.Class == fileio.ClassMoved || moved.Class == fileio.ClassMissing)
}
