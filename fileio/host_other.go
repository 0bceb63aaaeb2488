//go:build unix && !linux && !darwin

package fileio

func machineID() string { return "" }
