package fileio

import "errors"

// lockForChild: LockFileEx locks belong to a process, and a child does not get them with the handle.
func lockForChild(*handle) error { return errors.ErrUnsupported }
