package strictjson

import (
	"syscall"
	"testing"
	"time"
)

// spent is the CPU time that the process has taken. The clock also counts what
// others do in between.
func spent(t *testing.T) time.Duration {
	t.Helper()
	self, err := syscall.GetCurrentProcess()
	if err != nil {
		t.Fatal(err)
	}
	var created, exited, kernel, user syscall.Filetime
	if err := syscall.GetProcessTimes(self, &created, &exited, &kernel, &user); err != nil {
		t.Fatal(err)
	}
	ticks := func(f syscall.Filetime) time.Duration { // a duration, of 100 ns each
		return time.Duration(int64(f.HighDateTime)<<32+int64(f.LowDateTime)) * 100
	}
	return ticks(kernel) + ticks(user)
}
