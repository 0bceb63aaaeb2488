package faults

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
)

// left are the different contents of a file after cuts at or after the end of
// the first n programs; "-" stands for no file.
func left(log *Log, name string, acked int) []string {
	found := map[string]bool{}
	for _, c := range log.Cuts() {
		if c.Acked < acked {
			continue
		}
		f, ok := c.Tree[name]
		if !ok {
			f.Data = "-"
		}
		found[f.Data] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// How programs replace a file, and what a power cut leaves after they have
// ended: it is from these that the model is known.
func TestWhatAPowerCutLeavesOfAReplacedFile(t *testing.T) {
	const (
		open   = `openat(AT_FDCWD</>, "/w", O_RDONLY|O_DIRECTORY) = 3</w>`
		create = `openat(3</w>, "t", O_WRONLY|O_CREAT|O_EXCL, 0600) = 4</w/t>`
		write  = `write(4</w/t>, "NEW!", 4) = 4`
		fsync  = `fsync(4</w/t>) = 0`
		rename = `renameat(3</w>, "t", 3</w>, "a") = 0`
		dir    = `fsync(3</w>) = 0`
	)
	for name, row := range map[string]struct {
		lines []string
		want  []string
	}{
		"all of it":       {[]string{open, create, write, fsync, rename, dir}, []string{"NEW!"}},
		"fdatasync":       {[]string{open, create, write, `fdatasync(4</w/t>) = 0`, rename, dir}, []string{"NEW!"}},
		"no fsync":        {[]string{open, create, write, rename, dir}, []string{"", "\x00\x00\x00\x00", "\x00\x00W!", "NE", "NEW!"}},
		"a late fsync":    {[]string{open, create, write, rename, dir, fsync}, []string{"NEW!"}},
		"an early fsync":  {[]string{open, create, fsync, write, rename, dir}, []string{"", "\x00\x00\x00\x00", "\x00\x00W!", "NE", "NEW!"}},
		"no dir fsync":    {[]string{open, create, write, fsync, rename}, []string{"NEW!", "old"}},
		"early dir fsync": {[]string{open, create, write, fsync, dir, rename}, []string{"NEW!", "old"}},
		"in place": {[]string{`openat(AT_FDCWD</>, "/w/a", O_WRONLY|O_TRUNC) = 4</w/a>`, `write(4</w/a>, "NEW!", 4) = 4`},
			[]string{"", "\x00\x00\x00\x00", "\x00\x00W!", "NE", "NEW!", "old"}},
	} {
		if got := left(logOf(t, withFile, row.lines...), "a", 1); !slices.Equal(got, row.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func names(c Cut) string {
	return strings.Join(slices.Sorted(maps.Keys(c.Tree)), " ")
}

func TestTheLastNamesOfADirectoryMayBeMissingAndEachOneAlone(t *testing.T) {
	log := logOf(t, withFile,
		`openat(AT_FDCWD</>, "/w", O_RDONLY|O_DIRECTORY) = 3</w>`,
		`mkdirat(3</w>, "d", 0700) = 0`, `fsync(3</w>) = 0`,
		`mkdirat(3</w>, "d/x", 0700) = 0`,
		`mkdirat(3</w>, "p", 0700) = 0`, `mkdirat(3</w>, "q", 0700) = 0`, `mkdirat(3</w>, "r", 0700) = 0`)
	found := map[string]bool{}
	for _, c := range log.Cuts() {
		if c.Acked == 1 {
			found[strings.TrimPrefix(names(c), ". a d")] = true
		}
	}
	want := []string{
		"", " d/x", " d/x p", " d/x p q", " d/x p q r", " d/x p r", " d/x q r", " p", " p q", " p q r",
	}
	if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestAnExchangeBetweenDirectoriesIsDurableWithTheSecondOne(t *testing.T) {
	before := Tree{".": withFile["."], "a": {Mode: 0o600, Data: "old"}, "d": {Mode: fs.ModeDir | 0o700}, "d/t": {Mode: 0o600, Data: "new"}}
	log := logOf(t, before,
		`openat(AT_FDCWD</>, "/w", O_RDONLY|O_DIRECTORY) = 3</w>`, `openat(AT_FDCWD</>, "/w/d", O_RDONLY|O_DIRECTORY) = 4</w/d>`,
		`renameat2(4</w/d>, "t", 3</w>, "a", RENAME_EXCHANGE) = 0`, `fsync(4</w/d>) = 0`)
	if got := left(log, "a", 1); !slices.Equal(got, []string{"new", "old"}) {
		t.Errorf("%q", got)
	}
	for _, c := range log.Cuts() {
		if c.Tree["a"] == c.Tree["d/t"] {
			t.Errorf("half of the exchange: %s", c.Lost)
		}
	}
	log = logOf(t, before,
		`openat(AT_FDCWD</>, "/w", O_RDONLY|O_DIRECTORY) = 3</w>`,
		`renameat2(3</w>, "d/t", 3</w>, "a", RENAME_EXCHANGE) = 0`, `fsync(3</w>) = 0`)
	if got := left(log, "a", 1); !slices.Equal(got, []string{"new"}) {
		t.Errorf("%q", got)
	}
}

func TestAModeIsDurableAfterFsyncButNotAfterFdatasync(t *testing.T) {
	for call, want := range map[string]int{"fsync": 1, "fdatasync": 2} {
		log := logOf(t, withFile,
			`openat(AT_FDCWD</>, "/w/a", O_RDONLY) = 3</w/a>`, `fchmod(3</w/a>, 0644) = 0`, call+`(3</w/a>) = 0`)
		modes := map[fs.FileMode]bool{}
		for _, c := range log.Cuts() {
			if c.Acked == 1 {
				modes[c.Tree["a"].Mode] = true
			}
		}
		if len(modes) != want {
			t.Errorf("%s: %v", call, modes)
		}
	}
}

func TestACutKnowsWhatHadEndedAndWhatHadBegun(t *testing.T) {
	log := NewLog("/w", withFile)
	for _, text := range []string{"1st", "2nd"} {
		if err := log.Run(Trace(inHex(
			"9 openat(AT_FDCWD</>, \"/w/a\", O_WRONLY) = 3</w/a>\n9 write(3</w/a>, \"" + text + "\", 3) = 3\n9 fsync(3</w/a>) = 0\n"))); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string][2]int{"old": {0, 0}, "1st": {1, 1}, "2nd": {2, 2}}
	for _, c := range log.Cuts() {
		if w, ok := want[c.Tree["a"].Data]; ok && w != [2]int{c.Acked, c.Begun} {
			t.Errorf("%q: acknowledged %d, begun %d", c.Tree["a"].Data, c.Acked, c.Begun)
		}
		if c.Acked > c.Begun {
			t.Errorf("%s: more acknowledged than begun", c.Lost)
		}
	}
}
