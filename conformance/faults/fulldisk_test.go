//go:build faults && linux

package faults

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// script fills a file system of 64 KiB around a save. $1 is where to mount it,
// $2 the program, $3 a file elsewhere.
const script = `
mount -t tmpfs -o size=64k none "$1" && cd "$1" && mkdir cfg || { echo "no mount"; exit 0; }
"$2" set cfg/app.json /theme light || exit 1
cp cfg/app.json "$3"
cat /dev/zero > fill 2>/dev/null
"$2" set cfg/app.json /theme dark 2>/dev/null; echo "full: exit code $?"
cmp -s cfg/app.json "$3" && echo "full: bytes intact"
"$2" get cfg/app.json /theme | sed 's/^/full: /'
"$2" check cfg/app.json -o json | grep -q '"severity": *"error"' || echo "full: check finds no error"
rm fill
"$2" set cfg/app.json /theme dark; echo "freed: exit code $?"
"$2" get cfg/app.json /theme | sed 's/^/freed: /'
ls -a cfg/.app.json.cfgmerge | grep -c '^\..*-.*-' | sed 's/^/left over: /'
`

func TestASaveIntoAFullDiskFailsAndWorksAgainOnceThereIsRoom(t *testing.T) {
	if _, err := exec.LookPath("unshare"); err != nil {
		t.Skip("skipped: there is no unshare(1) to make a file system of one's own")
	}
	dir := t.TempDir()
	mount := filepath.Join(dir, "mount")
	if err := os.Mkdir(mount, 0o700); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("unshare", "-Urm", "sh", "-c", script, "sh", mount, build(t), filepath.Join(dir, "before")).CombinedOutput()
	if strings.Contains(string(out), "no mount") || strings.HasPrefix(string(out), "unshare:") {
		t.Skipf("skipped: no file system of one's own is allowed here: %s", out)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := `full: exit code 2
full: bytes intact
full: "light"
full: check finds no error
freed: exit code 0
freed: "dark"
left over: 0
`
	if string(out) != want {
		t.Errorf("got\n%s", out)
	}
}
