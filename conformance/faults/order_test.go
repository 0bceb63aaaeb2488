package faults

import (
	"slices"
	"strings"
	"testing"
)

// order of a save that is as it should be.
var sound = []string{
	`flock(4</w/cfg/.app.json.cfgmerge/lock>, LOCK_EX|LOCK_NB) = 0`,
	`openat(7</w/cfg>, "app.json", O_RDONLY) = 5</w/cfg/app.json>`,
	`write(6</w/cfg/.app.json.cfgmerge/` + temp + `>, ""..., 20) = 20`,
	`fsync(6</w/cfg/.app.json.cfgmerge/` + temp + `>) = 0`,
	`renameat2(8</w/cfg/.app.json.cfgmerge>, "` + temp + `", 7</w/cfg>, "app.json", RENAME_EXCHANGE) = 0`,
	`fsync(7</w/cfg>) = 0`,
	`unlinkat(8</w/cfg/.app.json.cfgmerge>, "` + temp + `", 0) = 0`,
	`flock(4</w/cfg/.app.json.cfgmerge/lock>, LOCK_UN) = 0`,
}

const temp = ".00112233445566778899aabbccddeeff-00112233445566778899aabbccddeeff-42"

func disorderOf(lines []string) []string {
	return Disorder(Points(Trace("9 "+strings.Join(lines, "\n9 ")+"\n"), "/w"))
}

func TestASoundOrderIsNotComplainedOf(t *testing.T) {
	if got := disorderOf(sound); len(got) > 0 {
		t.Error(got)
	}
}

func TestEachStepThatIsLeftOutOrMovedIsNamed(t *testing.T) {
	for name, row := range map[string]struct {
		change func(lines []string) []string
		want   string
	}{
		"no lock":      {func(l []string) []string { return l[1:7] }, "without the lock"},
		"early read":   {func(l []string) []string { l[0], l[1] = l[1], l[0]; return l }, "not read under the lock"},
		"no sync":      {func(l []string) []string { return slices.Delete(l, 3, 4) }, "not synced before"},
		"late sync":    {func(l []string) []string { l[3], l[4] = l[4], l[3]; return l }, "not synced before"},
		"no dir sync":  {func(l []string) []string { return slices.Delete(l, 5, 6) }, "directory was not synced"},
		"no rename":    {func(l []string) []string { return slices.Delete(l, 4, 5) }, "in the file's place"},
		"lock deleted": {func(l []string) []string { l[6] = strings.Replace(l[6], temp, "lock", 1); return l }, "lock file was deleted"},
		"temp elsewhere": {func(l []string) []string {
			return append(l, `openat(AT_FDCWD</>, "/w/tmp/x", O_RDWR|O_CREAT) = 9</w/tmp/x>`)
		}, "outside of the state folder"},
	} {
		got := disorderOf(row.change(slices.Clone(sound)))
		if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, row.want) }) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
