package fileio

import "golang.org/x/sys/unix"

// BootID names the run of the system that this process is part of: process ids of another run say nothing. Empty if the
// system does not tell.
func BootID() string {
	id, _ := unix.Sysctl("kern.bootsessionuuid")
	return id
}
