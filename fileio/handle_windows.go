package fileio

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// handle is an open file. One that is open for reading others may meanwhile replace or delete.
type handle struct {
	at place
	f  *os.File
}

func openHandle(p place) (*handle, error) {
	name, err := windows.UTF16PtrFromString(p.path())
	if err != nil {
		return nil, fail("open", p.path(), err)
	}
	var h windows.Handle
	err = patiently(func() (err error) {
		h, err = windows.CreateFile(name, windows.GENERIC_READ,
			windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, nil,
			windows.OPEN_EXISTING, windows.FILE_FLAG_BACKUP_SEMANTICS|windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
		return err
	})
	if err != nil {
		return nil, fail("open", p.path(), err)
	}
	return &handle{at: p, f: os.NewFile(uintptr(h), p.path())}, nil
}

// handleOf reads through a file that goes on owning its descriptor.
func handleOf(f *os.File) *handle { return &handle{at: place{name: f.Name()}, f: f} }

func (h *handle) Close() error { return h.f.Close() }

// file makes an os.File of the handle, which owns its descriptor from now on.
func (h *handle) file() *os.File { return h.f }

func (h *handle) info() (Info, error) { return fileInfo(h.f) }

func (h *handle) readAt(p []byte, off int64) (int, error) {
	n, err := h.f.ReadAt(p, off)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// writeAt writes all of p.
func (h *handle) writeAt(p []byte, off int64) error {
	_, err := h.f.WriteAt(p, off)
	return err
}

// write adds p at the end of a file that is open for that.
func (h *handle) write(p []byte) error {
	_, err := h.f.Write(p)
	return err
}

func (h *handle) chown(uid, gid int) error { return h.f.Chown(uid, gid) }

func (h *handle) chmod(mode fs.FileMode) error { return h.f.Chmod(mode) }

// unlink removes a file of the folder.
func (f *Folder) unlink(name string) error { return f.root.Remove(name) }

func entryInfo(p place) (Info, error) {
	h, err := openHandle(p)
	if err != nil {
		return Info{}, err
	}
	defer h.Close()
	return h.info()
}

func fileInfo(f *os.File) (Info, error) {
	var d windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(windows.Handle(f.Fd()), &d); err != nil {
		return Info{}, err
	}
	return Info{
		Size:   int64(d.FileSizeHigh)<<32 | int64(d.FileSizeLow),
		Mtime:  d.LastWriteTime.Nanoseconds(),
		Inode:  uint64(d.FileIndexHigh)<<32 | uint64(d.FileIndexLow),
		Device: uint64(d.VolumeSerialNumber),
		Mode:   modeOf(d.FileAttributes),
		Links:  uint64(d.NumberOfLinks),
	}, nil
}

func modeOf(attributes uint32) fs.FileMode {
	mode := fs.FileMode(0o600)
	if attributes&windows.FILE_ATTRIBUTE_READONLY != 0 {
		mode = 0o400
	}
	if attributes&windows.FILE_ATTRIBUTE_DIRECTORY != 0 {
		mode |= fs.ModeDir
	}
	if attributes&windows.FILE_ATTRIBUTE_REPARSE_POINT != 0 {
		mode |= fs.ModeIrregular
	}
	return mode
}

// openFile opens a file of the directory for writing.
func openFile(p place, flag int, mode fs.FileMode) (*handle, error) {
	var f *os.File
	err := patiently(func() (err error) {
		f, err = os.OpenFile(p.path(), flag, mode)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &handle{at: p, f: f}, nil
}

// openDir opens a directory that is not a link.
func openDir(path string) (*os.File, error) {
	if info, err := os.Lstat(path); err == nil && !info.IsDir() {
		return nil, &FileError{Op: "open", Path: path, Class: ClassNotRegular, Err: errNotFolder}
	}
	return os.Open(path)
}

var errNotFolder = errors.New("the state folder is not a directory of its own")

func isNotReparsePoint(err error) bool {
	return errors.Is(err, windows.ERROR_NOT_A_REPARSE_POINT)
}

// coarseStamps: FAT and network shares have two-second stamps, and asking costs more than assuming.
func coarseStamps(*handle) bool { return true }
