//go:build unix

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
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
