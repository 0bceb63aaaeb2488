package fileio

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
)

// openFallback opens or makes the folder in the user's state directory.
func (f *Folder) openFallback() error {
	path, err := f.fallbackPath()
	if err != nil {
		return err
	}
	err = f.openAt(path)
	if is(err, ClassMissing) {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return fail("create", filepath.Dir(path), err)
		}
		err = f.make(path)
	}
	f.fallback = err == nil
	return err
}

func (f *Folder) openExistingFallback() error {
	if !f.hasFallback() {
		return nil
	}
	return f.openFallback()
}

// hasFallback costs one stat for the many who never needed a fallback.
func (f *Folder) hasFallback() bool {
	home, err := f.opts.stateHome()
	if err != nil {
		return false
	}
	if _, err := os.Lstat(home); err != nil {
		return false
	}
	path, err := f.fallbackPath()
	if err != nil {
		return false
	}
	_, err = os.Lstat(path)
	return err == nil
}

// fallbackPath is named by the file with all links resolved, so that aliases of a directory share one folder.
func (f *Folder) fallbackPath() (string, error) {
	home, err := f.opts.stateHome()
	if err != nil {
		return "", fail("find", "the user's state directory", err)
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(f.target))
	if err != nil {
		return "", fail("resolve", f.target, err)
	}
	file := filepath.Join(dir, filepath.Base(f.target))
	return filepath.Join(home, Sum([]byte(file)).tag()), nil
}

// stateHome is where this user's fallback folders are.
func (o *Options) stateHome() (string, error) {
	if o.StateHome != "" {
		return filepath.Join(o.StateHome, "cfgmerge"), nil
	}
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "cfgmerge"), nil
	}
	dir, err := systemStateHome()
	if err == nil && !filepath.IsAbs(dir) { // it would be another one in each working directory, and so would the lock
		err = errNoHome
	}
	return filepath.Join(dir, "cfgmerge"), err
}

var errNoHome = errors.New("the user's home directory is not absolute")

func systemStateHome() (string, error) {
	switch runtime.GOOS {
	case "windows":
		return os.UserCacheDir() // %LocalAppData%, which does not roam
	case "darwin":
		return os.UserConfigDir() // ~/Library/Application Support; caches are purged
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local", "state"), err
}
