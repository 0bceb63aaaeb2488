package fileio

import (
	"bytes"
	"errors"
	"io/fs"
	"time"
)

// Leftover is a file that a killed process displaced and a foreign program wrote into: nobody has its bytes yet.
type Leftover struct {
	Data []byte
	name string
	txn  *Txn
}

// Leftovers sweeps what killed processes left in the state folder. What was never finished, and copies of what the file
// held or was going to hold, are removed. Of the rest, those that whole accepts are returned for adoption, and those
// that it does not are quarantined unless somebody is still writing. The error is a *FileError.
func (t *Txn) Leftovers(whole func([]byte) bool) ([]Leftover, error) {
	temps, err := t.folder.temps()
	if err != nil {
		return nil, err
	}
	var found []Leftover
	for _, temp := range temps {
		l, err := t.judge(temp, whole)
		if err != nil {
			return found, err
		}
		if l != nil {
			found = append(found, *l)
		}
	}
	return found, nil
}

// Unsettled returns the leftovers that Leftovers would return for adoption, without a lock and touching nothing. What
// can't be read is left out. The error is a *FileError.
func (f *Folder) Unsettled(whole func([]byte) bool) ([]Leftover, error) {
	if !f.Exists() {
		return nil, nil
	}
	temps, err := f.temps()
	if err != nil {
		return nil, err
	}
	var found []Leftover
	for _, temp := range temps {
		if data, fate := f.assess(temp); fate == undecided && whole(data) {
			found = append(found, Leftover{Data: data, name: temp.name})
		}
	}
	return found, nil
}

// judge applies the rule to one temp file, and returns it if it must be adopted.
func (t *Txn) judge(temp tempName, whole func([]byte) bool) (*Leftover, error) {
	f := t.folder
	data, fate := f.assess(temp)
	switch {
	case fate == useless:
		return nil, f.remove(temp.name)
	case fate == untouchable:
		return nil, nil
	case whole(data):
		return &Leftover{Data: data, name: temp.name, txn: t}, nil
	}
	if _, err := t.Quarantine(data, "torn"); err != nil {
		return nil, err
	}
	return nil, f.remove(temp.name)
}

// fate is what a temp file is good for.
type fate uint8

const (
	untouchable fate = iota // somebody may be writing it, or it can't be read: it must not keep anybody from saving
	useless                 // never finished, or a copy of what the file held or was going to hold
	undecided               // nobody has its bytes
)

// assess finds out which, and reads what is undecided.
func (f *Folder) assess(temp tempName) ([]byte, fate) {
	info, err := entryInfo(f.in(temp.name))
	if err != nil {
		return nil, untouchable
	}
	if info.Mode.IsRegular() && info.Mode.Perm()&0o400 == 0 {
		return nil, useless
	}
	h, err := openHandle(f.in(temp.name))
	if err != nil {
		return nil, untouchable
	}
	defer h.Close()
	writer := h.writer()
	c, err := h.content(f.opts.maxSize())
	switch {
	case err != nil:
		return nil, untouchable
	case writer != writerBusy && temp.names(Sum(c.Data)):
		return nil, useless
	case f.mayChange(writer, c.Info):
		return nil, untouchable
	}
	return c.Data, undecided
}

// names reports whether the bytes are those that the file was to have, or had.
func (t tempName) names(d Digest) bool { return d.tag() == t.next || d.tag() == t.old }

// mayChange reports whether a leftover is better left to the next save. Where writers can't be seen, two quiet seconds
// stand for none.
func (f *Folder) mayChange(w writerState, info Info) bool {
	return w == writerBusy || w == writerUnknown && f.opts.now().Sub(time.Unix(0, info.Mtime)) < patience
}

// Remove deletes the leftover once it has been adopted. If it has changed since, it stays for the next sweep.
func (l Leftover) Remove() error {
	f := l.txn.folder
	h, err := openHandle(f.in(l.name))
	if err != nil {
		return err
	}
	defer h.Close()
	if h.writer() == writerBusy {
		return nil
	}
	now, err := h.content(f.opts.maxSize())
	if err != nil || !bytes.Equal(now.Data, l.Data) {
		return err
	}
	return f.remove(l.name)
}

func (f *Folder) remove(name string) error {
	err := f.unlink(name)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return fail("remove", f.in(name).path(), err)
}

// names lists the folder through the descriptor that is open anyway.
func (f *Folder) names() ([]string, error) {
	if _, err := f.dir.Seek(0, 0); err != nil {
		return nil, fail("list", f.path, err)
	}
	names, err := f.dir.Readdirnames(-1)
	if err != nil {
		return nil, fail("list", f.path, err)
	}
	return names, nil
}
