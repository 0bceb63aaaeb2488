//go:build unix

package fileio

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// unfinished is the mode of a temp file that is still being written: no reader takes it for content.
const unfinished fs.FileMode = 0o200

// newTemp creates a temp file in the state folder and nowhere else: without a root renameio probes $TMPDIR, and secrets
// end up in /tmp.
func (f *Folder) newTemp(prefix string) (*os.File, string, error) {
	// renameio puts the dot before the name itself. The mode is given at creation, so that it needs no second call.
	p, err := renameio.NewPendingFile(prefix[1:], renameio.WithRoot(f.root), renameio.WithPermissions(unfinished))
	if err != nil {
		return nil, "", err
	}
	return p.File, filepath.Base(p.Name()), nil
}
