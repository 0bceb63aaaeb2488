//go:build faults && linux

package faults

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// build builds the program, with more arguments for the go command.
func build(t testing.TB, args ...string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "cfgmerge")
	args = append([]string{"build", "-o", binary}, args...)
	out, err := exec.Command("go", append(args, "github.com/cfgmerge/cfgmerge/cmd/cfgmerge")...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return binary
}

// places are directories on the file systems on which the attacks take place.
func places(t testing.TB) map[string]string {
	t.Helper()
	found := map[string]string{"disk": t.TempDir()}
	dir, err := os.MkdirTemp("/dev/shm", "cfgmerge-faults-")
	if err != nil {
		t.Logf("left out: there is no tmpfs at /dev/shm: %v", err)
		return found
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	found["tmpfs"] = dir
	return found
}
