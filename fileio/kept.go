package fileio

import (
	"bytes"
	"time"
)

// Kept is a file that was read once and is watched through its descriptor, so that asking whether it is still the same
// costs one system call. It is not safe for concurrent use. A nil Kept is of no file, and has always changed.
type Kept struct {
	h       *handle
	path    string
	now     func() time.Time
	read    Content
	grain   time.Duration // two changes within it may leave the same stamp
	settled bool          // the stamps were older than grain when the bytes were last compared
	looked  time.Time     // when the path was last checked
	maxSize int64
}

const (
	pathAge     = 100 * time.Millisecond
	fineGrain   = 20 * time.Millisecond
	coarseGrain = 2 * time.Second
)

// Keep reads the file at path, of at most maxSize bytes (0 means 64 MiB), and keeps it open. Now is the clock; nil
// means time.Now. The error is a *FileError, of ClassMissing if there is no file.
func Keep(path string, maxSize int64, now func() time.Time) (*Kept, error) {
	if now == nil {
		now = time.Now
	}
	if maxSize == 0 {
		maxSize = defaultMaxSize
	}
	resolved, err := Resolve(path)
	if err != nil {
		return nil, err
	}
	h, err := openHandle(place{name: resolved})
	if err != nil {
		return nil, err
	}
	k := &Kept{h: h, path: path, now: now, grain: fineGrain, maxSize: maxSize, looked: now()}
	if coarseStamps(h) {
		k.grain = coarseGrain
	}
	if k.read, err = h.content(maxSize); err != nil {
		h.Close()
		return nil, err
	}
	k.read = k.read.summed()
	k.settled = k.isOld(k.read.Info)
	return k, nil
}

// Content is the file as Keep read it.
func (k *Kept) Content() Content {
	if k == nil {
		return Content{}
	}
	return k.read
}

// Unchanged reports whether the path still leads to the file that was read, with the same bytes. A replacement is
// noticed at the latest 100 ms after it happened; a change of the bytes at once, even when the clock of the file system
// is too coarse to show it.
func (k *Kept) Unchanged() bool {
	if k == nil {
		return false
	}
	info, err := k.h.info()
	if err != nil || !sameStamps(info, k.read.Info) {
		return false
	}
	return k.pathHolds() && (k.settled || k.sameBytes(info))
}

// sameStamps compares what a write or a replacement changes.
func sameStamps(a, b Info) bool {
	return a.Size == b.Size && a.Mtime == b.Mtime && a.Ctime == b.Ctime && a.Links == b.Links
}

func (k *Kept) pathHolds() bool {
	now := k.now()
	if age := now.Sub(k.looked); age >= 0 && age < pathAge {
		return true
	}
	k.looked = now
	resolved, err := Resolve(k.path)
	if err != nil {
		return false
	}
	info, err := entryInfo(place{name: resolved})
	return err == nil && info.Same(k.read.Info)
}

// sameBytes reads again, because a second write within one tick of the file system's clock leaves no trace in the
// stamps. Once the stamps are old enough there is no need to any more.
func (k *Kept) sameBytes(info Info) bool {
	old := k.isOld(info)
	again, err := k.h.content(k.maxSize)
	if err != nil || !bytes.Equal(again.Data, k.read.Data) {
		return false
	}
	k.settled = old
	return true
}

func (k *Kept) isOld(info Info) bool {
	newest := max(info.Mtime, info.Ctime)
	return k.now().Sub(time.Unix(0, newest)) > k.grain
}

// Close releases the descriptor.
func (k *Kept) Close() {
	if k != nil {
		k.h.Close()
	}
}
