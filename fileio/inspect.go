package fileio

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// Inspection is what can be seen of a file and of its state folders without taking a lock or making anything. It is a
// look, not a promise: other processes go on meanwhile.
type Inspection struct {
	Target  string        // the file, with symbolic links resolved
	Link    bool          // the path itself is a symbolic link
	Exists  bool          // there is a file
	Info    Info          // of the file; zero if there is none
	Exposed bool          // everybody on this machine may read or write the file
	Folders []FolderState // the folder beside the file and the one in the user's state directory, those that exist
}

// FolderState is what can be seen of one state folder.
type FolderState struct {
	Path     string
	Fallback bool  // it lies in the user's state directory
	Err      error // a *FileError: it can't be opened, and nothing of what follows is known

	Info       Info
	Exposed    bool     // others may look into it than those who may use the file
	Stranger   bool     // it belongs neither to this user nor to the file's owner
	Misowned   bool     // it lies beside the file, and its owner is not the file's
	Unwritable error    // a *FileError: this user can't save here
	Foreign    bool     // it was made on another host
	Misplaced  []string // entries that are no files, or no directory, as they would have to be
	Unreadable []string // entries that this user can't read

	// Held says that a process has the lock, and Holder which, as far as known. LockKnown is false where the system does
	// not tell; Holder then had the lock last, and is still alive. Locks of other hosts and containers are not seen.
	Held, LockKnown bool
	Holder          Holder

	// Shadows that are intact and damaged. While the lock is held none counts as damaged.
	Shadows, DamagedShadows int

	// Files of killed processes: that were never finished, copies of what the file held or was going to hold, those that
	// somebody may still be writing, and those with bytes that nobody else has. While the lock is held none are counted.
	Unfinished, Copies, Busy, Unadopted int

	// Kept is the number of entries in quarantine; of the newest, when and as what it was set aside.
	Kept       int
	NewestKept time.Time
	NewestKind string
}

// Inspect looks at the file at path and at its state folders. It takes no lock, and makes and changes nothing. The
// error is a *FileError for a path that leads nowhere, or a directory that can't be opened.
func Inspect(path string, o Options) (Inspection, error) {
	target, err := Resolve(path)
	if err != nil {
		return Inspection{Link: isLink(path)}, err
	}
	seen := Inspection{Target: target, Link: isLink(path)}
	o.AnyOwner = true // whose folder it is, is part of what is told
	f := &Folder{opts: o, given: path, target: target, self: o.self()}
	defer f.Close()
	if f.parent, err = openParent(target); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return seen, nil
		}
		return seen, fail("open", target, err)
	}
	if info, err := entryInfo(f.main()); err == nil {
		seen.Exists, seen.Info, seen.Exposed = true, info, info.Mode.IsRegular() && isPublic(info.Mode)
	}
	seen.Folders = f.inspectFolders()
	return seen, nil
}

func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

func (f *Folder) inspectFolders() (found []FolderState) {
	if s, ok := f.inspectAt(f.adjacent(), false); ok {
		found = append(found, s)
	}
	if !f.hasFallback() {
		return found
	}
	path, err := f.fallbackPath()
	if s, ok := f.inspectAt(path, true); ok && err == nil {
		found = append(found, s)
	}
	return found
}

// inspectAt returns false if there is no folder at path.
func (f *Folder) inspectAt(path string, fallback bool) (FolderState, bool) {
	at := &Folder{opts: f.opts, given: f.given, target: f.target, parent: f.parent, self: f.self}
	s := FolderState{Path: path, Fallback: fallback}
	if s.Err = at.openAt(path); s.Err != nil {
		return s, !is(s.Err, ClassMissing)
	}
	defer at.closeDir()
	at.inspectOwner(&s)
	at.inspectEntries(&s)
	at.inspectMoving(&s)
	at.inspectKept(&s)
	return s, true
}

func (f *Folder) inspectOwner(s *FolderState) {
	s.Info, s.Foreign = f.info, f.Foreign()
	s.Stranger = !f.trusts(f.info)
	s.Unwritable = mayWrite(f.dir)
	owner, err := f.ownerInfo()
	if err != nil {
		return
	}
	s.Misowned = !s.Fallback && owner.UID != f.info.UID
	s.Exposed = isPublic(f.info.Mode) || isShared(f.info.Mode) && folderMode(owner) == privateMode
}

// inspectEntries looks whether the entries are what they would have to be.
func (f *Folder) inspectEntries(s *FolderState) {
	names, err := f.names()
	if err != nil {
		s.Unreadable = append(s.Unreadable, ".")
	}
	slices.Sort(names)
	for _, name := range names {
		info, err := entryInfo(f.in(name))
		_, temp := parseTemp(name)
		switch {
		case err != nil || temp:
		case info.Mode.IsDir() != (name == quarantineName) || !info.Mode.IsDir() && !info.Mode.IsRegular():
			s.Misplaced = append(s.Misplaced, name)
		case !f.canRead(name):
			s.Unreadable = append(s.Unreadable, name)
		}
	}
}

func (f *Folder) canRead(name string) bool {
	h, err := openHandle(f.in(name))
	if err == nil {
		h.Close()
	}
	return err == nil || is(err, ClassMissing)
}

// inspectMoving looks at what a save that is under way changes. What looks left over or damaged counts only if it was
// so before and after a moment in which nobody had the lock.
func (f *Folder) inspectMoving(s *FolderState) {
	temps, _ := f.temps()
	damaged := f.damagedSlots(s)
	f.inspectLock(s)
	if s.Held {
		return
	}
	still, _ := f.temps()
	for _, temp := range still {
		if slices.Contains(temps, temp) {
			f.inspectTemp(temp, s)
		}
	}
	for name, digest := range f.damagedSlots(&FolderState{}) {
		if damaged[name] == digest {
			s.DamagedShadows++
		}
	}
}

func (f *Folder) inspectTemp(temp tempName, s *FolderState) {
	info, err := entryInfo(f.in(temp.name))
	if err != nil {
		return
	}
	_, fate := f.assess(temp)
	switch {
	case fate == useless && info.Mode.Perm()&0o400 == 0:
		s.Unfinished++
	case fate == useless:
		s.Copies++
	case fate == untouchable:
		s.Busy++
	default:
		s.Unadopted++
	}
}

// damagedSlots returns the digests of the shadows that no save has left like this, and counts the intact ones.
func (f *Folder) damagedSlots(s *FolderState) map[string]Digest {
	damaged := map[string]Digest{}
	for i := range slots {
		c, err := readEntry(f.in(slotName(i)), f.maxSlot())
		h, _ := decodeSlot(c.Data)
		switch {
		case h.valid:
			s.Shadows++
		case err == nil && len(c.Data) > 0 && !isVoid(c.Data):
			damaged[slotName(i)] = Sum(c.Data)
		}
	}
	return damaged
}

// inspectLock asks the system. Trying the lock would tell more, and might cost a contender his turn.
func (f *Folder) inspectLock(s *FolderState) {
	if s.LockKnown = seesLocks(); s.LockKnown {
		s.Held = len(f.lockers(lockName)) > 0
	}
	if s.Held || !s.LockKnown {
		s.Holder = f.heldBy(lockName)
	}
}

func (f *Folder) inspectKept(s *FolderState) {
	if info, err := f.root.Lstat(quarantineName); err != nil || !info.IsDir() {
		return // there is none, or inspectEntries has said what is wrong with it
	}
	dir, err := f.root.OpenRoot(quarantineName)
	if err != nil {
		return
	}
	defer dir.Close()
	entries, _ := listKept(dir)
	if s.Kept = len(entries); s.Kept == 0 {
		return
	}
	newest := entries[len(entries)-1]
	s.NewestKind = plainWord(newest.class)
	stamp, _, _ := strings.Cut(newest.name, "-")
	s.NewestKept, _ = time.Parse(keptTime, stamp)
}
