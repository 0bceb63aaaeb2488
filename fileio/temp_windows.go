package fileio

import "os"

// newTemp creates a temp file in the state folder; its random name is long enough to be new.
func (f *Folder) newTemp(prefix string) (*os.File, string, error) {
	name := prefix + randomDigits()
	file, err := f.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	return file, name, err
}
