package fileio

import "os"

// seesLocks reports whether lockers can tell that nobody of this host has a lock.
func seesLocks() bool {
	f, err := os.Open("/proc/locks")
	if err != nil {
		return false
	}
	_ = f.Close()
	return true
}
