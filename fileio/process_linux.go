package fileio

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// ticks is USER_HZ, the unit of process times in /proc; it is 100 on every architecture that Go runs on.
const ticks = 100

// inspect reads /proc/<pid>/stat (proc_pid_stat(5)).
func inspect(pid int) processState {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return processState{}
	}
	// The second field is the program's name in parentheses and may itself hold anything.
	head, rest, ok := cutLast(string(stat), ") ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 20 {
		return processState{}
	}
	_, name, _ := strings.Cut(head, "(")
	state := processState{name: name, alive: fields[0] != "Z", stopped: fields[0] == "T" || fields[0] == "t"}
	if start, err := strconv.ParseInt(fields[19], 10, 64); err == nil {
		state.started = bootTime().Add(time.Duration(start) * time.Second / ticks)
	}
	return state
}

// lockers are the processes that hold the lock, from /proc/locks (proc_locks(5)); empty if it can't be told, as across
// the border of a container. Lines look like `1: FLOCK  ADVISORY  WRITE 4121 fe:00:81 0 EOF`; those of waiters have an
// arrow in the second place.
func (f *Folder) lockers(name string) (pids []int) {
	lock, err := entryInfo(f.in(name))
	if err != nil {
		return nil
	}
	table, err := os.ReadFile("/proc/locks")
	if err != nil {
		return nil
	}
	inode := ":" + strconv.FormatUint(lock.Inode, 10)
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		if len(fields) < 6 || fields[1] != "FLOCK" || !strings.HasSuffix(fields[5], inode) {
			continue
		}
		if pid, err := strconv.Atoi(fields[4]); err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	return pids
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// bootTime is zero if it can't be read; every process then counts as old enough.
func bootTime() time.Time {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return time.Time{}
	}
	_, rest, _ := bytes.Cut(stat, []byte("\nbtime "))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	seconds, err := strconv.ParseInt(string(line), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}
