//go:build unix

package fileio

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// handle is a file open for reading. It is a bare descriptor because os.File adds calls for its poller to every open,
// which a regular file has no use for.
type handle struct {
	at place
	fd int
}

// openHandle opens without following a link in the last component and without waiting for a FIFO's writer.
func openHandle(p place) (*handle, error) {
	dir, name := p.at()
	for {
		fd, err := unix.Openat(dir, name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		switch {
		case err == nil:
			return &handle{at: p, fd: fd}, nil
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.ENXIO): // a socket
			return nil, &FileError{Op: "open", Path: p.path, Class: ClassNotRegular}
		default:
			return nil, fail("open", p.path, err)
		}
	}
}

func (p place) at() (dirFD int, name string) {
	if p.dir == nil {
		return unix.AT_FDCWD, p.path
	}
	return int(p.dir.Fd()), p.name
}

// handleOf reads through a descriptor that the file goes on owning.
func handleOf(f *os.File) *handle { return &handle{at: place{path: f.Name()}, fd: int(f.Fd())} }

func (h *handle) Close() { _ = unix.Close(h.fd) }

func (h *handle) info() (Info, error) {
	var st unix.Stat_t
	if err := unix.Fstat(h.fd, &st); err != nil {
		return Info{}, err
	}
	return infoOf(&st), nil
}

func (h *handle) readAt(p []byte, off int64) (int, error) {
	for {
		n, err := unix.Pread(h.fd, p, off)
		if !errors.Is(err, unix.EINTR) {
			return max(n, 0), err
		}
	}
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

// openFile opens a file of the directory for writing, or the directory itself as ".". os.File asks the poller about
// every file it opens by itself, which is five more calls each time.
func openFile(dir *os.File, name string, flag int, mode fs.FileMode) (*os.File, error) {
	p := place{dir: dir, name: name, path: name}
	if dir != nil {
		p.path = filepath.Join(dir.Name(), name)
	}
	at, name := p.at()
	for {
		fd, err := unix.Openat(at, name, flag|unix.O_CLOEXEC|unix.O_NOFOLLOW, uint32(mode.Perm()))
		switch {
		case err == nil:
			return os.NewFile(uintptr(fd), p.path), nil
		case !errors.Is(err, unix.EINTR):
			return nil, err
		}
	}
}

// openDir opens a directory that is not a link.
func openDir(path string) (*os.File, error) {
	return openFile(nil, path, unix.O_RDONLY|unix.O_DIRECTORY, 0)
}

func isNotReparsePoint(error) bool { return false }

func isUnsupported(err error) bool {
	return errors.Is(err, syscall.ENOSYS) || errors.Is(err, syscall.EINVAL) ||
		errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.EOPNOTSUPP)
}
