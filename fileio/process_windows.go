package fileio

import (
	"time"

	"golang.org/x/sys/windows"
)

func inspect(pid int) processState {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return processState{}
	}
	defer windows.CloseHandle(h)
	var created, exited, kernel, user windows.Filetime
	if windows.GetProcessTimes(h, &created, &exited, &kernel, &user) != nil {
		return processState{alive: true}
	}
	return processState{alive: exited.Nanoseconds() <= 0, started: time.Unix(0, created.Nanoseconds())}
}

// lockers has no answer here.
func (f *Folder) lockers(string) []int { return nil }
