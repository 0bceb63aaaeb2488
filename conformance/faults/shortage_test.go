//go:build faults && linux

package faults

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// shortage is a file system on which a save runs out of room.
type shortage struct {
	name string
	// user: whoever saves is not root, whom no quota stops.
	user  bool
	mount string // options of a tmpfs
}

func shortages() []shortage {
	return []shortage{
		{"file system full", false, "size=64k"},
		{"file system full, by another user than root", true, "size=64k"},
		{"quota used up", true, "size=1m,usrquota,usrquota_block_hardlimit=64k"},
	}
}

// script fills a file system around a save. It has namespaces of its own, so that
// nobody else sees what it mounts. $1 is with which options, $2 the program; the
// rest is the command that runs commands as the user in question.
const script = `
mount -t tmpfs -o mode=0755 none /mnt && mkdir /mnt/short && cp "$2" /mnt/program &&
mount -t tmpfs -o mode=0777,"$1" none /mnt/short 2>/dev/null && cd /mnt/short || { echo "no mount"; exit 0; }
program=/mnt/program before=/mnt/before; shift 2
"$@" mkdir cfg && "$@" "$program" set cfg/app.json /theme light || exit 1
cp cfg/app.json "$before"
"$@" sh -c 'cat /dev/zero > fill' 2>/dev/null
"$@" "$program" set cfg/app.json /theme dark 2>/dev/null; echo "short: exit code $?"
cmp -s cfg/app.json "$before" && echo "short: bytes intact"
"$@" "$program" get cfg/app.json /theme | sed 's/^/short: /'
"$@" "$program" check cfg/app.json -o json | grep -q '"severity": *"error"' || echo "short: check finds no error"
rm fill
"$@" "$program" set cfg/app.json /theme dark; echo "room: exit code $?"
"$@" "$program" get cfg/app.json /theme | sed 's/^/room: /'
ls -a cfg/.app.json.cfgmerge | grep -c '^\..*-.*-' | sed 's/^/left over: /'
`

// asItShouldBe is what the script says.
const asItShouldBe = `short: exit code 2
short: bytes intact
short: "light"
short: check finds no error
room: exit code 0
room: "dark"
left over: 0
`

// suffer has a program save where there is no room. The reason says why that
// can't be done here.
func (s shortage) suffer(binary string) (y *tally, reason string, err error) {
	command := []string{"unshare", "-Urm"}
	if os.Geteuid() == 0 {
		command[1] = "-m" // quotas are not for the root of a namespace of one's own
	}
	command = append(command, "sh", "-c", script, "sh", s.mount, binary, "env")
	if s.user {
		command = append(command, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
	}
	for _, tool := range []string{"unshare", "setpriv"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, "there is no " + tool + "(1)", nil
		}
	}
	if s.user && os.Geteuid() != 0 {
		return nil, "only root can become another user", nil
	}
	out, err := exec.Command(command[0], command[1:]...).CombinedOutput()
	switch {
	case strings.Contains(string(out), "no mount"), strings.HasPrefix(string(out), "unshare:"):
		return nil, "the kernel does not make such a file system here", nil
	case err != nil:
		return nil, "", fmt.Errorf("%w: %s", err, out)
	}
	y = &tally{name: s.name, runs: 2}
	if string(out) != asItShouldBe {
		y.add(violation{lost, string(out)}, "the script says")
	}
	return y, "", nil
}

func TestASaveThatRunsOutOfRoomFailsAndWorksAgainOnceThereIsRoom(t *testing.T) {
	for _, s := range shortages() {
		t.Run(s.name, func(t *testing.T) {
			y, reason, err := s.suffer(build(t))
			if err != nil {
				t.Fatal(err)
			}
			if reason != "" {
				t.Skip("skipped: " + reason)
			}
			y.report(t)
		})
	}
}
