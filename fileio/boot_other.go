//go:build unix && !linux && !darwin

package fileio

// BootID has no answer here.
func BootID() string { return "" }
