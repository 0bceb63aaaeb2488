package faults

import "strings"

// Disorder says where the trace of a save breaks the order on which all the
// promises rest: lock, read, write beside, sync, rename, sync the directory,
// unlock. The file is at cfg/app.json of the directory in question, and tmp is
// the one for temporary files.
func Disorder(points []Point) []string {
	s := order{}
	for _, p := range points {
		if !p.Failed() {
			s.see(p)
		}
	}
	s.need(s.read, "the file was not read under the lock")
	s.need(s.renamed, "nothing was put in the file's place")
	s.need(s.synced, "the new file was not synced before it got its name")
	s.need(s.durable, "the directory was not synced after the new file got its name")
	return s.broken
}

// order is what has been seen of a save.
type order struct {
	read, staged, synced, renamed, durable bool
	broken                                 []string
}

func (s *order) need(seen bool, otherwise string) {
	if !seen {
		s.broken = append(s.broken, otherwise)
	}
}

func (s *order) see(p Point) {
	if changes(p) && !p.Locked {
		s.broken = append(s.broken, "without the lock: "+p.What)
	}
	if strings.Contains(p.What, `"tmp/`) && strings.Contains(p.What, "O_CREAT") {
		s.broken = append(s.broken, "outside of the state folder: "+p.What)
	}
	switch p.Name {
	case "openat":
		s.read = s.read || p.Locked && strings.Contains(p.What, `app.json", O_RDONLY`)
	case "fsync":
		s.staged = s.staged || strings.Contains(p.What, "TEMP")
		s.durable = s.durable || s.renamed && p.What == "fsync(<cfg>)"
	case "renameat2":
		s.renamed, s.synced = true, s.staged
	case "unlinkat":
		if strings.Contains(p.What, `lock"`) {
			s.broken = append(s.broken, "the lock file was deleted")
		}
	}
}

// changes reports whether a call changes the file or what is remembered of it.
func changes(p Point) bool {
	switch p.Name {
	case "write", "pwrite64", "renameat2", "renameat", "unlinkat", "ftruncate", "linkat":
		return true
	}
	return false
}
