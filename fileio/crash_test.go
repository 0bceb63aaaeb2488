//go:build unix

package fileio

import (
	"os"
	"os/exec"
	"testing"
)

func TestAKilledSaveLeavesTheOldFileOrTheNew(t *testing.T) {
	points := []string{"mkdir", "lock", "slot", "slot-sync", "temp", "write", "verify", "attributes", "sync",
		"exchange", "dir-sync", "unlink"}
	for _, point := range points {
		t.Run(point, func(t *testing.T) {
			path := fixture(t, "old")
			c := start(t, "save", path, func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, pointVar+"="+point) })
			if err := c.Wait(); err == nil {
				t.Fatal("the child was not killed")
			}
			got, err := os.ReadFile(path)
			must(t, err)
			if s := string(got); s != "old" && s != "new" {
				t.Fatalf("the file holds %q", s)
			}
			must(t, replaceOnce(path, "newest", Options{}))
			wantFile(t, path, "newest")
			f := openFolder(t, path, Options{})
			if left := temps(t, f); left != nil {
				t.Error("left behind:", left)
			}
			if _, err := os.Stat(f.in(quarantineName).path()); err == nil {
				t.Error("a copy of our own went to quarantine")
			}
		})
	}
}
