//go:build unix && !linux

package fileio

// writer has no answer: these systems have no leases.
func (h *handle) writer() writerState { return writerUnknown }
