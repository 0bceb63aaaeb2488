//go:build unix

package fileio

import (
	"os"

	"golang.org/x/sys/unix"
)

const oNoFollow = unix.O_NOFOLLOW

func isMine(uid uint32) bool { return int(uid) == os.Geteuid() }

// isForeign reports whether this process is root and works for another user.
func isForeign(owner Info) bool { return os.Geteuid() == 0 && owner.UID != 0 }
