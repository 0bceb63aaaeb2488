package fileio

import (
	"errors"

	"golang.org/x/sys/windows"
)

// writer opens the file once more without sharing writes, which fails while a writer has it open.
func (h *handle) writer() writerState {
	name, err := windows.UTF16PtrFromString(h.at.path())
	if err != nil {
		return writerUnknown
	}
	second, err := windows.CreateFile(name, windows.GENERIC_READ, windows.FILE_SHARE_READ|windows.FILE_SHARE_DELETE, nil,
		windows.OPEN_EXISTING, 0, 0)
	switch {
	case err == nil:
		_ = windows.CloseHandle(second)
		return writerNone
	case errors.Is(err, windows.ERROR_SHARING_VIOLATION):
		return writerBusy
	}
	return writerUnknown
}
