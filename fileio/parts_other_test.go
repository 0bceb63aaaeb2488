//go:build unix && !linux

package fileio

func addSystemParts(map[string]func(string) error) {}
