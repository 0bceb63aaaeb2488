//go:build unix

package fileio

import "golang.org/x/sys/unix"

// lockForChild locks the open file itself, which a child shares.
func lockForChild(h *handle) error {
	return unix.Flock(h.fd, unix.LOCK_EX|unix.LOCK_NB)
}
