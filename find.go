package cfgmerge

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
)

// FindFiles returns the files below dir that carry a history, or have one in a
// state folder beside them, sorted. It does not follow links below dir and does
// not look into state folders. What could not be looked at is left out, and the
// error, an *Error, names the first of it.
func FindFiles(dir string, o *Options) ([]string, error) {
	opts := o.orDefault()
	var found []string
	var failed error
	// The dot makes a link to a directory the directory itself.
	_ = filepath.WalkDir(dir+string(filepath.Separator)+".", func(path string, entry fs.DirEntry, err error) error {
		path = filepath.Clean(path)
		switch {
		case err != nil:
			if failed == nil {
				failed = notSeen(path, err)
			}
			return fs.SkipDir
		case entry.IsDir():
			if file, ok := fileOf(path); ok {
				found = append(found, file)
				return fs.SkipDir
			}
		case entry.Type().IsRegular() && looksAdopted(path, opts.MaxSize):
			found = append(found, path)
		}
		return nil
	})
	slices.Sort(found)
	return slices.Compact(found), failed
}

func notSeen(path string, err error) error {
	var wrapped *fs.PathError
	if errors.As(err, &wrapped) {
		path, err = wrapped.Path, wrapped.Err
	}
	return &Error{Op: "check", Path: path, Err: err}
}

// fileOf returns the file whose state folder lies at path.
func fileOf(path string) (string, bool) {
	name := filepath.Base(path)
	base := strings.TrimSuffix(strings.TrimPrefix(name, "."), folderSuffix)
	return filepath.Join(filepath.Dir(path), base), base != "" && name == "."+base+folderSuffix
}

// looksAdopted reports whether the file may be one with a block, sound or not:
// JSON or what a failed merge left of it, and not a text that speaks of one.
func looksAdopted(path string, maxSize int64) bool {
	if begins, known := firstBytes(path); known && !beginsLikeOne(begins) {
		return false // most files of a directory are told by their first bytes
	}
	c, err := fileio.Read(path, maxSize)
	return err == nil && beginsLikeOne(c.Data) && bytes.Contains(c.Data, []byte(`"`+lww.BlockKey+`"`))
}

func beginsLikeOne(text []byte) bool {
	start := bytes.TrimLeft(text, "\ufeff\x00 \t\r\n")
	return bytes.HasPrefix(start, []byte("{")) || bytes.HasPrefix(start, []byte("<<<<<<<"))
}

// firstBytes returns the beginning of a file, unless that says nothing.
func firstBytes(path string) (begins []byte, known bool) {
	file, err := os.Open(path)
	if err != nil {
		return nil, false
	}
	defer file.Close()
	begins = make([]byte, 512)
	n, err := file.Read(begins)
	begins = begins[:n]
	return begins, err == nil && len(bytes.Trim(begins, "\ufeff\x00 \t\r\n")) > len("<<<<<<<")
}
