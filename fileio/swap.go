package fileio

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
)

// Swap is a replacement that has happened: the new bytes are in place, and what was there before is kept until Settle
// or Undo.
type Swap struct {
	txn       *Txn
	name      string // of the displaced file in the folder; empty if there was none
	old, next Content
	fresh     Info // of the new file
	displaced Content
	err       error // why displaced is not known
	writer    writerState
	inPlace   bool
}

// Swap puts next in the place of the file, which was old when it was read; ContentOf makes next of its bytes. A file
// that did not exist is created 0600; another keeps its mode, owner, attributes and ACL, except that secret takes all
// rights from others.
//
// Nothing was changed if the error is a *FileError; of ClassChanged when the file appeared or vanished since it was
// read. A *DurabilityError means that the new bytes may be in place.
func (t *Txn) Swap(old, next Content, secret bool) (*Swap, error) {
	f := t.folder
	if t.guard == nil {
		return nil, &FileError{Op: "replace", Path: f.target, Class: ClassIO, Err: errUnlocked}
	}
	if f.fallback {
		unwritable := &FileError{Op: "replace", Path: f.target, Class: ClassMount, Err: errUnwritable}
		return t.overwriteMain(old, next, secret, unwritable)
	}
	s := &Swap{txn: t, old: old, next: next}
	if err := s.stage(secret); err != nil {
		return nil, err
	}
	staged := s.name
	err := s.replace()
	if err == nil {
		return s, nil
	}
	if uncertain(err) {
		return nil, err // the staged name may be the old file's by now: it stays for Leftovers
	}
	_ = f.unlink(staged)
	if is(err, ClassMount) || f.opts.InPlace && is(err, ClassPermission) {
		return t.overwriteMain(old, next, secret, err)
	}
	return nil, err
}

var errUnwritable = errors.New("the directory is not writable, and writing in place is off")

// replace makes the exchange and looks at what came out.
func (s *Swap) replace() error {
	if !s.old.Exists {
		return s.appear()
	}
	f := s.txn.folder
	err := f.opts.step("exchange", func() error { return exchange(f.in(s.name), f.main()) })
	switch {
	case err == nil:
		s.inspect()
		return nil
	case isUnsupported(err):
		return s.checkAndRename()
	}
	return s.replaceFailure(err)
}

// appear gives the new file its name if that is still free.
func (s *Swap) appear() error {
	f := s.txn.folder
	err := f.opts.step("create", func() error { return renameNew(f.in(s.name), f.main()) })
	if err != nil {
		return s.replaceFailure(err)
	}
	s.name = ""
	return nil
}

// checkAndRename is for file systems that can't exchange. A link keeps the old file within reach where links exist;
// a change between the check and the rename is lost, which is why this is the second choice.
func (s *Swap) checkAndRename() error {
	f := s.txn.folder
	now, err := readEntry(f.main(), f.opts.maxSize())
	if err != nil {
		return err
	}
	if !now.Exists || !bytes.Equal(now.Data, s.old.Data) {
		return &FileError{Op: "replace", Path: f.target, Class: ClassChanged}
	}
	spare := s.linkSpare()
	err = f.opts.step("rename", func() error { return renameOver(f.in(s.name), f.main()) })
	if err != nil {
		err = s.replaceFailure(err)
		if spare != "" && !uncertain(err) {
			_ = f.unlink(spare)
		}
		return err
	}
	s.name, s.displaced = spare, s.old.unlessNew(now)
	if spare != "" {
		s.inspect()
	}
	return nil
}

// linkSpare gives the old file a second name in the folder, and returns that, or nothing where there are no links.
func (s *Swap) linkSpare() string {
	f := s.txn.folder
	name := tempPrefix(s.next.Digest, s.old.Digest) + randomDigits()
	if linkFile(f.main(), f.in(name)) != nil {
		return ""
	}
	return name
}

// replaceFailure tells a rename that failed from one that happened all the same.
func (s *Swap) replaceFailure(err error) error {
	f := s.txn.folder
	if now, statErr := entryInfo(f.main()); statErr == nil && now.Same(s.fresh) {
		return &DurabilityError{Op: "replace", Path: f.target, Err: err}
	}
	if errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
		return &FileError{Op: "replace", Path: f.target, Class: ClassChanged, Err: err}
	}
	return fail("replace", f.target, err)
}

// inspect reads the displaced file, and says whether somebody may still be writing into it. The question comes first:
// once there is no writer the bytes are final, because the file has no name any more that a program would open.
func (s *Swap) inspect() {
	f := s.txn.folder
	h, err := openHandle(f.in(s.name))
	if err != nil {
		s.err = err
		return
	}
	defer h.Close()
	s.writer = h.writer()
	s.displaced, s.err = h.contentLike(s.old, f.opts.maxSize())
}

// contentLike reads a file that is probably the same as before, and then needs no new copy of its bytes.
func (h *handle) contentLike(before Content, maxSize int64) (Content, error) {
	info, err := h.info()
	if err != nil {
		return Content{}, fail("stat", h.at.path(), err)
	}
	if before.Exists && info.Mode.IsRegular() && info.Size == int64(len(before.Data)) && verify(h, before.Data) == nil {
		before.Info = info
		return before, nil
	}
	now, err := h.content(maxSize)
	return now.summed(), err
}

// unlessNew gives a Content its digest, for nothing if the bytes are the same.
func (c Content) unlessNew(now Content) Content {
	if c.Exists && bytes.Equal(now.Data, c.Data) {
		now.Digest = c.Digest
		return now
	}
	return now.summed()
}

// Displaced is the file that the swap took out, or a Content that does not exist. If it is not what was read, a writer
// came in between: adopt it and swap again. The error, a *FileError, says that it can't be read: undo.
func (s *Swap) Displaced() (Content, error) { return s.displaced, s.err }

// Await is Displaced once nobody writes into the displaced file any more: it waits for at most 2 s, or until ctx ends.
// What it returns need not be adopted again after Settle.
func (s *Swap) Await(ctx context.Context) (Content, error) {
	if s.err == nil && s.writer == writerBusy && s.name != "" && !s.inPlace {
		var late *Content
		if late, s.writer = s.txn.folder.outwait(ctx, s.name, s.displaced); late != nil {
			s.displaced = *late
		}
	}
	return s.displaced, s.err
}

// BrokeLinks reports whether the old file had further hard links, which keep the old bytes.
func (s *Swap) BrokeLinks() bool { return !s.inPlace && s.old.Info.Links > 1 }

// Undo puts the displaced file back. If the file is no longer what the swap put there, both are kept for Leftovers and
// the error is a *DurabilityError.
func (s *Swap) Undo() error {
	f := s.txn.folder
	if err := f.opts.fault("undo"); err != nil {
		return &DurabilityError{Op: "undo", Path: f.target, Err: err}
	}
	if s.inPlace {
		return f.restoreBytes(s.displaced)
	}
	if s.name == "" {
		return s.disappear()
	}
	err := f.opts.step("exchange", func() error { return exchange(f.in(s.name), f.main()) })
	switch {
	case err == nil:
		return s.removeFresh(s.name)
	case isUnsupported(err):
		if fresh, _ := s.isFresh(f.main()); fresh {
			err = renameOver(f.in(s.name), f.main())
		}
	}
	if err != nil {
		return &DurabilityError{Op: "undo", Path: f.target, Err: err}
	}
	return nil
}

// disappear undoes a creation: the file leaves its place before it is judged, so that another's is not removed.
func (s *Swap) disappear() error {
	f := s.txn.folder
	name := tempPrefix(s.next.Digest, Digest{}) + randomDigits()
	if err := renameNew(f.main(), f.in(name)); err != nil {
		return &DurabilityError{Op: "undo", Path: f.target, Err: err}
	}
	return s.removeFresh(name)
}

// removeFresh removes what an undo took out. If that can't be read, but is the file that the swap made, it stays for
// Leftovers: the old file is back, and nothing was committed.
func (s *Swap) removeFresh(name string) error {
	f := s.txn.folder
	fresh, err := s.isFresh(f.in(name))
	if err != nil {
		info, statErr := entryInfo(f.in(name))
		if statErr == nil && info.Same(s.fresh) {
			return nil
		}
	}
	if !fresh {
		return &DurabilityError{Op: "undo", Path: f.target, Err: errOvertaken}
	}
	_ = f.unlink(name)
	return nil
}

// isFresh compares bytes, not inode numbers: a file that took the place of a deleted one often gets its number too.
func (s *Swap) isFresh(p place) (bool, error) {
	h, err := openHandle(p)
	if err != nil {
		return false, err
	}
	defer h.Close()
	if h.writer() == writerBusy {
		return false, nil
	}
	now, err := h.content(s.txn.folder.opts.maxSize())
	return err == nil && bytes.Equal(now.Data, s.next.Data), err
}

var errOvertaken = errors.New("another program replaced the file meanwhile; both versions are kept")

// Settled says how a swap ended.
type Settled struct {
	// Late is what a foreign program wrote into the displaced file after the swap; nil if none did. Adopt it.
	Late *Content
	// Kept reports that the displaced file still has a writer, or may have; Leftovers will find it.
	Kept bool
}

// Settle makes the swap durable as Options say and removes the displaced file, once nobody writes into it: it waits
// for such a writer for at most 2 s, or until ctx ends. The error is a *DurabilityError.
func (s *Swap) Settle(ctx context.Context) (Settled, error) {
	err := s.txn.folder.syncParent()
	return s.clear(ctx), err
}

func (f *Folder) syncParent() error {
	if f.opts.Durability != Full || f.fallback {
		return nil
	}
	err := f.opts.step("dir-sync", func() error { return syncDir(f.parent) })
	if err != nil {
		return &DurabilityError{Op: "sync", Path: f.target, Err: err}
	}
	return nil
}

// clear removes the displaced file if that loses nothing. Failing to remove is no error: Leftovers will.
func (s *Swap) clear(ctx context.Context) Settled {
	f := s.txn.folder
	if s.name == "" || s.inPlace {
		return Settled{}
	}
	if s.err != nil {
		return Settled{Kept: true}
	}
	var result Settled
	if s.writer == writerBusy {
		result.Late, s.writer = f.outwait(ctx, s.name, s.displaced)
	}
	unchanged := s.displaced.Digest == s.old.Digest
	if s.writer == writerBusy || s.writer == writerUnknown && !unchanged {
		result.Kept = true
		if s.writer == writerBusy && result.Late == nil {
			s.relabel()
		}
		return result
	}
	if err := f.opts.fault("unlink"); err == nil {
		_ = f.unlink(s.name)
	}
	return result
}

// relabel names a displaced file that stays with its writer by the bytes that it has by now: they are adopted, and what
// they were edits of may be forgotten when the writer goes. Without the new name they would be adopted once more.
func (s *Swap) relabel() {
	if s.displaced.Digest == s.old.Digest {
		return
	}
	name := tempPrefix(s.next.Digest, s.displaced.Digest) + randomDigits()
	if s.txn.folder.root.Rename(s.name, name) == nil {
		s.name = name
	}
}
