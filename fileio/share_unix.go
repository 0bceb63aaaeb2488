//go:build unix

package fileio

import (
	"os"

	"golang.org/x/sys/unix"
)

// lockForChild locks the open file itself, which a child shares.
func lockForChild(file *os.File) error {
	return unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
}
