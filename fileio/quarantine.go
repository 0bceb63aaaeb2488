package fileio

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	maxKept       = 16       // entries in quarantine
	maxKeptBytes  = 64 << 20 // in all
	goodClass     = "good"   // the last good copy, which damaged ones never push out
	removedClass  = "removed"
	replacedClass = "replaced"
	keptTime      = "20060102T150405.000Z"
)

// kept is an entry of the quarantine, named `<time>-<class>-<digest>`.
type kept struct {
	name, class, digest string
	size                int64
}

// Quarantine keeps bytes that are about to be replaced, in `quarantine/` of the state folder, and returns the entry's
// name within that. Class is a word of letters and digits for the reader of the name; `good`, `removed` and `replaced`
// mark a copy that was intact, and the newest of those is never evicted. Bytes that are there already are not stored twice. At most 16
// entries and 64 MiB are kept, the newest ones. The error is a *FileError.
func (t *Txn) Quarantine(data []byte, class string) (string, error) {
	f := t.folder
	dir, err := f.openQuarantine()
	if err != nil {
		return "", err
	}
	defer dir.Close()
	entries, err := listKept(dir)
	if err != nil {
		return "", fail("list", dir.Name(), err)
	}
	e := kept{class: plainWord(class), digest: Sum(data).tag(), size: int64(len(data))}
	if i := slices.IndexFunc(entries, e.sameBytes); i >= 0 {
		return entries[i].name, nil
	}
	e.name = strings.Join([]string{f.opts.now().UTC().Format(keptTime), e.class, e.digest}, "-")
	if err := f.keep(dir, e.name, data); err != nil {
		return "", fail("write", filepath.Join(dir.Name(), e.name), err)
	}
	for _, victim := range evict(append(entries, e)) {
		_ = dir.Remove(victim.name)
	}
	return e.name, nil
}

// Redact replaces what is in quarantine by what change makes of it, and removes what change returns nil for. What it
// returns as it is stays. The error is a *FileError.
func (t *Txn) Redact(change func(data []byte) []byte) error {
	f := t.folder
	if _, err := entryInfo(f.in(quarantineName)); err != nil {
		return nil // nothing was ever set aside
	}
	dir, err := f.openQuarantine()
	if err != nil {
		return err
	}
	defer dir.Close()
	entries, err := listKept(dir)
	if err != nil {
		return fail("list", dir.Name(), err)
	}
	var failed error
	for _, e := range entries {
		if err := f.redact(dir, e, change); err != nil {
			failed = errors.Join(failed, fail("redact", filepath.Join(dir.Name(), e.name), err))
		}
	}
	return failed
}

func (f *Folder) redact(dir *os.Root, e kept, change func([]byte) []byte) error {
	data, err := dir.ReadFile(e.name)
	if err != nil {
		return err
	}
	next := change(data)
	if next != nil && bytes.Equal(next, data) {
		return nil
	}
	if next != nil {
		stamp, _, _ := strings.Cut(e.name, "-")
		name := strings.Join([]string{stamp, e.class, Sum(next).tag()}, "-")
		if err := f.keep(dir, name, next); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	if err := dir.Remove(e.name); err != nil {
		return err
	}
	return f.syncEntry(dir)
}

func (k kept) sameBytes(other kept) bool { return k.digest == other.digest && k.class == other.class }

// good reports whether the bytes are those of a whole file that was put there by a save.
func (k kept) good() bool {
	return k.class == goodClass || k.class == removedClass || k.class == replacedClass
}

func (f *Folder) openQuarantine() (*os.Root, error) {
	path := f.in(quarantineName).path()
	err := f.root.Mkdir(quarantineName, f.info.Mode.Perm())
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fail("create", path, err)
	}
	if isForeign(f.info) {
		_ = f.root.Lchown(quarantineName, int(f.info.UID), int(f.info.GID))
	}
	if info, err := f.root.Lstat(quarantineName); err != nil || !info.IsDir() {
		return nil, &FileError{Op: "open", Path: path, Class: ClassNotRegular, Err: err}
	}
	dir, err := f.root.OpenRoot(quarantineName)
	if err != nil {
		return nil, fail("open", path, err)
	}
	return dir, nil
}

// keep stores the entry as durably as the file itself, because it is the only copy once the file is replaced.
func (f *Folder) keep(dir *os.Root, name string, data []byte) error {
	if err := f.opts.fault("quarantine"); err != nil {
		return err
	}
	file, err := dir.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	err = errors.Join(f.own(handleOf(file)), writeAll(file, data), f.sync(file))
	if err != nil {
		_ = dir.Remove(name)
		return err
	}
	return f.syncEntry(dir)
}

func (f *Folder) syncEntry(dir *os.Root) error {
	if f.opts.Durability != Full {
		return nil
	}
	d, err := dir.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	return syncDir(d)
}

// listKept returns the entries, oldest first. Other files are not ours to judge.
func listKept(dir *os.Root) ([]kept, error) {
	files, err := fs.ReadDir(dir.FS(), ".")
	if err != nil {
		return nil, err
	}
	var entries []kept
	for _, file := range files {
		parts := strings.Split(file.Name(), "-")
		info, err := file.Info()
		if len(parts) != 3 || err != nil || !info.Mode().IsRegular() {
			continue
		}
		entries = append(entries, kept{name: file.Name(), class: parts[1], digest: parts[2], size: info.Size()})
	}
	slices.SortFunc(entries, func(a, b kept) int { return cmp.Compare(a.name, b.name) })
	return entries, nil
}

// evict chooses which of the entries, oldest first, have to go: newer ones stay, and so does the newest good one.
func evict(entries []kept) []kept {
	var count int
	var size int64
	var out []kept
	goodSeen := false
	for _, e := range slices.Backward(entries) {
		count, size = count+1, size+e.size
		newestGood := e.good() && !goodSeen
		goodSeen = goodSeen || newestGood
		if newestGood || count == 1 || count <= maxKept && size <= maxKeptBytes {
			continue
		}
		count, size = count-1, size-e.size
		out = append(out, e)
	}
	return out
}

// plainWord keeps names parseable, whatever the class.
func plainWord(class string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(class))
}
