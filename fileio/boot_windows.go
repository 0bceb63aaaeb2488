package fileio

import (
	"strconv"

	"golang.org/x/sys/windows/registry"
)

// BootID names the run of the system that this process is part of: process ids of another run say nothing. Empty if the
// system does not tell. The prefetcher counts them.
func BootID() string {
	const path = `SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters`
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, path, registry.QUERY_VALUE)
	if err != nil {
		return ""
	}
	defer key.Close()
	n, _, err := key.GetIntegerValue("BootId")
	if err != nil {
		return ""
	}
	return strconv.FormatUint(n, 10)
}
