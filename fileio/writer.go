package fileio

import (
	"bytes"
	"context"
	"time"
)

// writerState says whether another program has a file open for writing.
type writerState int

const (
	writerUnknown writerState = iota // the system or the file system can't say
	writerNone
	writerBusy
)

// WriterPresent reports whether somebody has the file open for writing, which is a reason to wait before calling its
// bytes corrupt. False also stands for not known. A missing file has no writer. The error is a *FileError.
func WriterPresent(path string) (bool, error) {
	resolved, err := Resolve(path)
	if err != nil {
		return false, err
	}
	h, err := openHandle(place{name: resolved})
	if is(err, ClassMissing) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer h.Close()
	return h.writer() == writerBusy, nil
}

// patience is how long a foreign writer of a displaced file is waited for.
const patience = 2 * time.Second

// outwait waits until nobody writes into the displaced file, and returns what it holds then if that is news.
func (f *Folder) outwait(ctx context.Context, name string, before Content) (*Content, writerState) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	h, err := openHandle(f.in(name))
	if err != nil {
		return nil, writerBusy
	}
	defer h.Close()
	state := h.writer()
	for wait := time.Duration(0); state == writerBusy && pause(ctx, &wait) == nil; {
		state = h.writer()
	}
	now, err := h.content(f.opts.maxSize())
	if err != nil {
		return nil, writerBusy
	}
	if bytes.Equal(now.Data, before.Data) {
		return nil, state
	}
	now = now.summed()
	return &now, state
}
