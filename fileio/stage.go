package fileio

import (
	"bytes"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
)

// A temp file is named `.<new digest>-<old digest>-<random>`, so that whoever finds it after a crash can tell from its
// bytes alone whether it was staged, displaced, or written into by somebody else.
func tempPrefix(next, old Digest) string { return "." + next.tag() + "-" + old.tag() + "-" }

// tempName is the name of a temp file, with the tags of the two digests in it.
type tempName struct{ name, next, old string }

func parseTemp(name string) (t tempName, ok bool) {
	parts := strings.Split(strings.TrimPrefix(name, "."), "-")
	if !strings.HasPrefix(name, ".") || len(parts) != 3 {
		return tempName{}, false
	}
	tag := 2 * 16
	return tempName{name, parts[0], parts[1]}, len(parts[0]) == tag && len(parts[1]) == tag
}

// temps lists the temp files of the folder.
func (f *Folder) temps() ([]tempName, error) {
	names, err := f.names()
	var temps []tempName
	for _, name := range names {
		if t, ok := parseTemp(name); ok {
			temps = append(temps, t)
		}
	}
	return temps, err
}

func randomDigits() string { return strconv.FormatInt(rand.Int64(), 10) }

// stage writes the new file into the state folder, complete but for its name.
func (s *Swap) stage(secret bool) error {
	f := s.txn.folder
	if err := f.opts.fault("temp"); err != nil {
		return fail("create", f.path, err)
	}
	temp, name, err := f.newTemp(tempPrefix(s.next.Digest, s.old.Digest))
	if err != nil {
		return fail("create", f.path, err)
	}
	if err := s.fill(temp, secret); err != nil {
		// A file whose sync failed is never synced again: the kernel reports an error once and then forgets it.
		_, _ = temp.Close(), f.unlink(name)
		return err
	}
	if err := temp.Close(); err != nil {
		_ = f.unlink(name)
		return fail("close", f.in(name).path(), err)
	}
	s.name = name
	return nil
}

// fill goes through the steps whose order matters: bytes, proof, attributes, mode, disk.
func (s *Swap) fill(temp *os.File, secret bool) error {
	f := s.txn.folder
	steps := []struct {
		op  string
		run func() error
	}{
		{"write", func() error { return writeAll(temp, s.next.Data) }},
		{"verify", func() error { return verify(handleOf(temp), s.next.Data) }},
		{"attributes", func() error { return s.dress(temp, secret) }},
		{"sync", func() error { return f.sync(temp) }},
	}
	for _, step := range steps {
		if err := f.opts.step(step.op, step.run); err != nil {
			return fail(step.op, temp.Name(), err)
		}
	}
	return nil
}

func (f *Folder) sync(temp *os.File) error {
	if f.opts.Durability == None {
		return nil
	}
	return temp.Sync()
}

func writeAll(w io.Writer, data []byte) error {
	_, err := w.Write(data)
	return err
}

// verify reads back what was written, which costs a copy from memory and has caught file systems that drop a write.
func verify(h *handle, want []byte) error {
	same, more, err := h.holds(want, 0)
	if err == nil && (!same || more) {
		err = &FileError{Op: "verify", Path: h.at.path(), Class: ClassCorrupt}
	}
	return err
}

const (
	smallChunk  = 4 << 10
	verifyChunk = 64 << 10
)

// holds reports whether the file has want at off, and whether it has more behind it.
func (h *handle) holds(want []byte, off int64) (same, more bool, err error) {
	var small [smallChunk]byte // most files fit, and need no memory
	buf := small[:]
	if len(want) >= len(buf) {
		buf = make([]byte, verifyChunk)
	}
	for {
		n, err := h.readAt(buf, off)
		if err != nil {
			return false, false, err
		}
		overlap := min(n, len(want))
		if !bytes.Equal(buf[:overlap], want[:overlap]) || n == 0 && len(want) > 0 {
			return false, false, nil
		}
		if off, want = off+int64(n), want[overlap:]; len(want) == 0 && (n > overlap || n < len(buf)) {
			return true, n > overlap, nil
		}
	}
}

// dress gives the new file what belongs to the path rather than to the bytes.
func (s *Swap) dress(temp *os.File, secret bool) error {
	info, err := fileInfo(temp)
	if err != nil {
		return err
	}
	s.fresh = info
	f := s.txn.folder
	if s.old.Exists {
		return dressLike(temp, info, f.target, s.old.Info, secret, f.opts.AnyOwner)
	}
	if err := f.own(handleOf(temp)); err != nil {
		return err
	}
	return temp.Chmod(0o600)
}

// replacementMode keeps the rights of owner and group, and takes those of others from a file that holds secrets. A file
// that others could read is made private altogether, unless an ACL gives the group bits another meaning.
func replacementMode(mode fs.FileMode, secret, acl bool) fs.FileMode {
	switch {
	case !secret || mode&0o007 == 0:
		return mode
	case acl:
		return mode &^ 0o007
	}
	return 0o600
}
