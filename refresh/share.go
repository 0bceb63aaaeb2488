package refresh

import (
	"context"
	"errors"
	"os"

	"github.com/cfgmerge/cfgmerge/fileio"
)

type lockKey struct{}

// ShareLock returns, to an Exchange, an open file for a program that it runs to
// inherit: then others wait for that program too, even if this process dies. The
// caller closes it once the program has started. On Windows, where locks are not
// inherited, and outside of an Exchange the error is errors.ErrUnsupported; else
// it is a *cfgmerge.FileError.
func ShareLock(ctx context.Context) (*os.File, error) {
	guard, ok := ctx.Value(lockKey{}).(*fileio.Guard)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return guard.Share()
}
