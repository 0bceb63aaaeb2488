package fileio

import (
	"bytes"
	"os"
)

// overwriteMain writes into the file itself, where it can't be replaced and the caller has agreed. Otherwise it returns
// the reason why it can't be replaced.
func (t *Txn) overwriteMain(old, next Content, secret bool, reason error) (*Swap, error) {
	f := t.folder
	if !f.opts.InPlace {
		return nil, reason
	}
	now, err := readEntry(f.main(), f.opts.maxSize())
	if err != nil {
		return nil, err
	}
	if now.Exists != old.Exists || !bytes.Equal(now.Data, old.Data) {
		return nil, &FileError{Op: "overwrite", Path: f.target, Class: ClassChanged}
	}
	file, err := f.openForOverwriting(old.Exists)
	if err != nil {
		return nil, fail("overwrite", f.target, err)
	}
	defer file.Close()
	s := &Swap{txn: t, old: old, displaced: old.unlessNew(now), next: next, inPlace: true}
	if err := s.overwrite(file, secret); err != nil {
		if f.restoreBytes(now) != nil {
			return nil, &DurabilityError{Op: "overwrite", Path: f.target, Err: err}
		}
		return nil, fail("overwrite", f.target, err)
	}
	return s, nil
}

func (f *Folder) openForOverwriting(exists bool) (*os.File, error) {
	flag := os.O_WRONLY | oNoFollow
	if !exists {
		flag |= os.O_CREATE | os.O_EXCL
	}
	return os.OpenFile(f.target, flag, 0o600)
}

func (s *Swap) overwrite(file *os.File, secret bool) error {
	f := s.txn.folder
	if err := s.withdraw(file, secret); err != nil {
		return err
	}
	if err := f.opts.step("overwrite", func() error { return rewrite(file, s.next.Data) }); err != nil {
		return err
	}
	return f.opts.step("sync", func() error { return f.sync(file) })
}

// withdraw takes away the rights of others before the secrets are in the file.
func (s *Swap) withdraw(file *os.File, secret bool) error {
	mode := s.old.Info.Mode.Perm()
	private := replacementMode(mode, secret, hasACL(s.txn.folder.target))
	if !s.old.Exists || private == mode {
		return nil
	}
	return file.Chmod(private)
}

// rewrite shortens the file last, so that a reader never finds it empty.
func rewrite(file *os.File, data []byte) error {
	if _, err := file.WriteAt(data, 0); err != nil {
		return err
	}
	return file.Truncate(int64(len(data)))
}

// restoreBytes undoes an overwriting.
func (f *Folder) restoreBytes(old Content) error {
	err := f.tryRestore(old)
	if err != nil {
		return &DurabilityError{Op: "undo", Path: f.target, Err: err}
	}
	return nil
}

func (f *Folder) tryRestore(old Content) error {
	if !old.Exists {
		return os.Remove(f.target)
	}
	file, err := f.openForOverwriting(true)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := rewrite(file, old.Data); err != nil {
		return err
	}
	return f.sync(file)
}
