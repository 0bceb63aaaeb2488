package fileio

import (
	"os"
	"path/filepath"
)

// place is one directory entry. Where the system has at()-style calls they go by dir and name, so that a directory
// that is swapped for a link in between is not followed; path is for errors and for systems without such calls.
type place struct {
	dir  *os.File // nil: by path alone
	name string
	path string
}

func placeIn(dir *os.File, dirPath, name string) place {
	return place{dir: dir, name: name, path: dirPath + string(filepath.Separator) + name} // both are clean
}
