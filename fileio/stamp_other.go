//go:build unix && !linux

package fileio

import "golang.org/x/sys/unix"

func mtime(st *unix.Stat_t) int64 { return st.Mtim.Nano() }
func ctime(st *unix.Stat_t) int64 { return st.Ctim.Nano() }

// oNoAtime is for Linux.
const oNoAtime = 0

// coarseStamps errs on the safe side: which file systems are networked has no portable name.
func coarseStamps(*handle) bool { return true }
