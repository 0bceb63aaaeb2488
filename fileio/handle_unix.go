//go:build unix

package fileio

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// handle is an open file. It is a bare descriptor because os.File adds calls for its poller to every open, which a
// regular file has no use for, and a finalizer.
type handle struct {
	at place
	fd int
}

// openHandle opens without following a link in the last component and without waiting for a FIFO's writer.
func openHandle(p place) (*handle, error) {
	dir, name := p.at()
	fd, err := again(func() (int, error) {
		return unix.Openat(dir, name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	})
	switch {
	case err == nil:
		return &handle{at: p, fd: fd}, nil
	case errors.Is(err, unix.ENXIO): // a socket
		return nil, &FileError{Op: "open", Path: p.path(), Class: ClassNotRegular}
	default:
		return nil, fail("open", p.path(), err)
	}
}

// openFile opens a file of the directory for writing, without waiting for a FIFO's reader.
func openFile(p place, flag int, mode fs.FileMode) (*handle, error) {
	fd, err := openFD(p, flag|unix.O_NONBLOCK, mode)
	switch {
	case err == nil:
		return &handle{at: p, fd: fd}, nil
	case errors.Is(err, unix.ENXIO): // a FIFO that nobody reads
		return nil, &FileError{Op: "open", Path: p.path(), Class: ClassNotRegular}
	default:
		return nil, err
	}
}

func openFD(p place, flag int, mode fs.FileMode) (fd int, err error) {
	dir, name := p.at()
	return again(func() (int, error) {
		return unix.Openat(dir, name, flag|unix.O_CLOEXEC|unix.O_NOFOLLOW, uint32(mode.Perm()))
	})
}

// again repeats a call that a signal has interrupted.
func again(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}

func (p place) at() (dirFD int, name string) {
	if p.dir == nil {
		return unix.AT_FDCWD, p.name
	}
	return int(p.dir.Fd()), p.name
}

// handleOf reads through a descriptor that the file goes on owning.
func handleOf(f *os.File) *handle { return &handle{at: place{name: f.Name()}, fd: int(f.Fd())} }

func (h *handle) Close() error { return unix.Close(h.fd) }

// file makes an os.File of the handle, which owns its descriptor from now on.
func (h *handle) file() *os.File { return os.NewFile(uintptr(h.fd), h.at.path()) }

func (h *handle) info() (Info, error) {
	var st unix.Stat_t
	if err := unix.Fstat(h.fd, &st); err != nil {
		return Info{}, err
	}
	return infoOf(&st), nil
}

func (h *handle) readAt(p []byte, off int64) (int, error) {
	n, err := again(func() (int, error) { return unix.Pread(h.fd, p, off) })
	return max(n, 0), err
}

// writeAt writes all of p.
func (h *handle) writeAt(p []byte, off int64) error {
	return whole(p, func(rest []byte) (int, error) { return unix.Pwrite(h.fd, rest, off+int64(len(p)-len(rest))) })
}

// write adds p at the end of a file that is open for that.
func (h *handle) write(p []byte) error {
	return whole(p, func(rest []byte) (int, error) { return unix.Write(h.fd, rest) })
}

// whole writes until nothing is left: the system may write less than it was given.
func whole(p []byte, write func(rest []byte) (int, error)) error {
	for len(p) > 0 {
		n, err := again(func() (int, error) { return write(p) })
		if err == nil && n == 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

func (h *handle) chown(uid, gid int) error {
	_, err := again(func() (int, error) { return 0, unix.Fchown(h.fd, uid, gid) })
	return err
}

// chmod sets the permission bits, and no others.
func (h *handle) chmod(mode fs.FileMode) error {
	_, err := again(func() (int, error) { return 0, unix.Fchmod(h.fd, uint32(mode.Perm())) })
	return err
}

// unlink removes a file of the folder.
func (f *Folder) unlink(name string) error {
	dir, name := f.in(name).at()
	_, err := again(func() (int, error) { return 0, unix.Unlinkat(dir, name, 0) })
	return err
}

// entryInfo describes the entry itself, not what a link leads to.
func entryInfo(p place) (Info, error) {
	dir, name := p.at()
	var st unix.Stat_t
	if err := unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return Info{}, err
	}
	return infoOf(&st), nil
}

func fileInfo(f *os.File) (Info, error) {
	return handleOf(f).info()
}

func infoOf(st *unix.Stat_t) Info {
	return Info{
		Size: st.Size, Mtime: mtime(st), Ctime: ctime(st),
		Inode: uint64(st.Ino), Device: uint64(st.Dev), Mode: modeOf(uint32(st.Mode)),
		UID: st.Uid, GID: st.Gid, Links: uint64(st.Nlink),
	}
}

func modeOf(m uint32) fs.FileMode {
	mode := fs.FileMode(m & 0o777)
	switch m & unix.S_IFMT {
	case unix.S_IFREG:
	case unix.S_IFDIR:
		mode |= fs.ModeDir
	case unix.S_IFLNK:
		mode |= fs.ModeSymlink
	case unix.S_IFIFO:
		mode |= fs.ModeNamedPipe
	case unix.S_IFSOCK:
		mode |= fs.ModeSocket
	default:
		mode |= fs.ModeDevice
	}
	return mode
}

// openDir opens a directory that is not a link. os.File asks the poller about every file that it opens by itself, which
// is five more calls each time.
func openDir(path string) (*os.File, error) {
	const flag = unix.O_RDONLY | unix.O_DIRECTORY
	fd, err := openFD(place{name: path}, flag|oNoAtime, 0)
	if oNoAtime != 0 && errors.Is(err, unix.EPERM) {
		fd, err = openFD(place{name: path}, flag, 0) // of another owner
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}

func isNotReparsePoint(error) bool { return false }

func isUnsupported(err error) bool {
	return errors.Is(err, syscall.ENOSYS) || errors.Is(err, syscall.EINVAL) ||
		errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.EOPNOTSUPP)
}
