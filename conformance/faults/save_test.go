//go:build faults && linux

package faults

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// build builds the program, with more arguments for the go command.
func build(t testing.TB, args ...string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "cfgmerge")
	args = append([]string{"build", "-buildvcs=false", "-o", binary}, args...)
	out, err := exec.Command("go", append(args, "github.com/cfgmerge/cfgmerge/cmd/cfgmerge")...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return binary
}
