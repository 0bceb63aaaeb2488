package fileio

import (
	"errors"

	"golang.org/x/sys/unix"
)

// writer asks for a read lease (fcntl(2), F_SETLEASE), which the kernel grants only while nobody has the file open for
// writing, and gives it back at once.
func (h *handle) writer() writerState {
	_, err := unix.FcntlInt(uintptr(h.fd), unix.F_SETLEASE, unix.F_RDLCK)
	switch {
	case err == nil:
		_, _ = unix.FcntlInt(uintptr(h.fd), unix.F_SETLEASE, unix.F_UNLCK)
		return writerNone
	case errors.Is(err, unix.EAGAIN):
		return writerBusy
	}
	return writerUnknown
}
