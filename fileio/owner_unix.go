//go:build unix

package fileio

import (
	"os"

	"golang.org/x/sys/unix"
)

const oNoFollow = unix.O_NOFOLLOW

// oNonBlock means nothing to a regular file, and keeps os from switching it on and off again to please the poller.
const oNonBlock = unix.O_NONBLOCK

func isMine(uid uint32) bool { return int(uid) == os.Geteuid() }

// isForeign reports whether this process is root and works for another user.
func isForeign(owner Info) bool { return os.Geteuid() == 0 && owner.UID != 0 }
