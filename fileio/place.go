package fileio

import (
	"os"
	"path/filepath"
)

// place is one directory entry. Where the system has at()-style calls they go by dir and name, so that a directory
// that is swapped for a link in between is not followed; path is for errors and for systems without such calls.
type place struct {
	dir   *os.File // nil: by name alone, which is a path then
	name  string
	above string // the path of dir
}

// path is put together when it is asked for: most places are never named.
func (p place) path() string {
	if p.dir == nil {
		return p.name
	}
	return filepath.Join(p.above, p.name)
}
