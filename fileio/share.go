package fileio

import (
	"context"
	"os"
)

// childOf names the lock that a child process holds beside a lock of its parent.
func childOf(lock string) string { return lock + ".child" }

// Share returns an open file to be inherited by a child process: until both this process and the child have closed it,
// nobody else gets the lock, even if this process dies. The caller closes it once the child has started. Where the
// system has no locks that are inherited the error is errors.ErrUnsupported; else it is a *FileError.
//
// It is another lock, which Acquire waits for after the one that is named: the descriptor of that one is not to be had,
// and a child that unlocked it would unlock its parent.
func (g *Guard) Share() (*os.File, error) {
	file, err := g.folder.create(childOf(g.name), os.O_RDWR)
	if err != nil {
		return nil, err
	}
	if err := lockForChild(file); err != nil {
		_ = file.Close()
		return nil, fail("lock", file.at.path(), err)
	}
	return file.file(), nil
}

// awaitChild waits for a child that has outlived its parent. No other can come while the lock itself is held.
func (f *Folder) awaitChild(ctx context.Context, name string) error {
	if _, err := entryInfo(f.in(childOf(name))); err != nil {
		return nil
	}
	g, err := f.await(ctx, childOf(name))
	if err != nil {
		return err
	}
	return g.Unlock()
}
