package fileio

import "strings"

// BootID names the run of the system that this process is part of: process ids of another run say nothing. Empty if the
// system does not tell.
func BootID() string {
	c, err := readEntry(place{name: "/proc/sys/kernel/random/boot_id"}, maxID)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(c.Data))
}
