package fileio

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Holder is the process that holds a lock. The zero value means that it is not known.
type Holder struct {
	PID     int
	Exe     string // base name of the executable
	App     string // Options.App of the holder
	Stopped bool   // by a signal or a debugger; known on Linux only
}

// String is what a person needs to find the process: "codag mcp, pid 4121, stopped".
func (h Holder) String() string {
	s := fmt.Sprintf("%s, pid %d", h.name(), h.PID)
	if h.Stopped {
		s += ", stopped"
	}
	return s
}

func (h Holder) name() string {
	switch {
	case h.App != "":
		return h.App
	case h.Exe != "":
		return h.Exe
	}
	return "unknown"
}

// holderSize is fixed, so that one write replaces all of the last holder's record.
const holderSize = 256

// announce records who holds a lock. It is for people, so a failure is no obstacle. A record that names this process
// already is left alone: writing it anew would add a block to every save's journal.
func (f *Folder) announce(lock string) {
	file, err := f.create(holderOf(lock), os.O_RDWR)
	if err != nil {
		return
	}
	defer file.Close()
	record := encodeHolder(f.self.exe(), f.opts.App, f.opts.now())
	was := make([]byte, holderSize)
	if n, _ := file.readAt(was, 0); n == holderSize && sameHolder(was, record) {
		return
	}
	_ = file.writeAt(record, 0)
}

// sameHolder compares all but the second line, the times, and the padding.
func sameHolder(a, b []byte) bool {
	pid, rest, _ := bytes.Cut(a, []byte("\n"))
	pid2, rest2, _ := bytes.Cut(b, []byte("\n"))
	when, who, _ := bytes.Cut(rest, []byte("\n"))
	_, who2, _ := bytes.Cut(rest2, []byte("\n"))
	_, err := strconv.ParseInt(string(when), 10, 64)
	return err == nil && bytes.Equal(pid, pid2) && bytes.Equal(bytes.TrimRight(who, " "), bytes.TrimRight(who2, " "))
}

// holderOf names the record beside the lock.
func holderOf(lock string) string { return strings.TrimSuffix(lock, ".lock") + ".holder" }

// encodeHolder writes one line per item: pid, time of locking in milliseconds since 1970, executable, app. The time
// unmasks a later process with the same pid.
func encodeHolder(exe, app string, now time.Time) []byte {
	record := make([]byte, 0, holderSize)
	record = strconv.AppendInt(record, int64(os.Getpid()), 10)
	record = append(record, '\n')
	record = strconv.AppendInt(record, now.UnixMilli(), 10)
	record = fmt.Appendf(record, "\n%.60s\n%.60s\n", oneLine(exe), oneLine(app))
	for len(record) < holderSize {
		record = append(record, ' ')
	}
	return record[:holderSize]
}

func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s)
}

// heldBy asks the system who has the lock and takes the rest from the record. Where the system does not say, a record
// is believed unless its process is gone or younger than it.
func (f *Folder) heldBy(name string) Holder {
	h, locked := f.recorded(name)
	pids := f.lockers(name)
	if len(pids) > 0 && !slices.Contains(pids, h.PID) {
		h = Holder{PID: pids[0]}
	}
	state := inspect(h.PID)
	if !state.alive || len(pids) == 0 && state.started.After(locked.Add(time.Second)) {
		return Holder{}
	}
	if h.Exe == "" {
		h.Exe = state.name
	}
	h.Stopped = state.stopped
	return h
}

// recorded is the zero value if there is no record.
func (f *Folder) recorded(name string) (h Holder, locked time.Time) {
	c, err := readEntry(f.in(holderOf(name)), holderSize)
	if err != nil {
		return Holder{}, time.Time{}
	}
	h, locked, _ = decodeHolder(string(c.Data))
	return h, locked
}

func decodeHolder(record string) (h Holder, locked time.Time, ok bool) {
	lines := strings.SplitN(record, "\n", 5)
	if len(lines) < 5 {
		return Holder{}, time.Time{}, false
	}
	pid, err := strconv.Atoi(lines[0])
	millis, err2 := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || err2 != nil || pid <= 0 {
		return Holder{}, time.Time{}, false
	}
	return Holder{PID: pid, Exe: lines[2], App: lines[3]}, time.UnixMilli(millis), true
}

// processState is what the system says of another process.
type processState struct {
	name    string // of the program, if known
	alive   bool
	stopped bool
	started time.Time // zero if unknown
}

// Alive reports whether the process of that id runs that ran at the given time. A process that was
// started later only has its number.
func Alive(pid int, then time.Time) bool {
	state := inspect(pid)
	return state.alive && !state.started.After(then.Add(time.Second))
}

// HeldBy says who holds a lock of the folder now, without waiting for it; the zero Holder if nobody does, or if that is
// not known.
func (f *Folder) HeldBy(name string) Holder {
	if !f.Exists() || seesLocks() && len(f.lockers(name)) == 0 {
		return Holder{}
	}
	return f.heldBy(name)
}
