package faults

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"strings"
	"testing"
)

// inHex writes quoted texts, and paths between angle brackets, as strace -xx
// does.
func inHex(line string) string {
	return regexp.MustCompile(`"[^"]*"|<[^>]*>`).ReplaceAllStringFunc(line, func(text string) string {
		var b strings.Builder
		for _, c := range []byte(text[1 : len(text)-1]) {
			fmt.Fprintf(&b, `\x%s`, hex.EncodeToString([]byte{c}))
		}
		return text[:1] + b.String() + text[len(text)-1:]
	})
}

func logOf(t *testing.T, before Tree, lines ...string) *Log {
	t.Helper()
	log := NewLog("/w", before)
	if err := log.Run(Trace(inHex("9 " + strings.Join(lines, "\n9 ") + "\n"))); err != nil {
		t.Fatal(err)
	}
	return log
}

// empty is a directory with a file.
var withFile = Tree{".": {Mode: fs.ModeDir | 0o700}, "a": {Mode: 0o600, Data: "old"}}

func TestWhatATraceDoesToADirectoryIsFollowed(t *testing.T) {
	const d = `openat(AT_FDCWD</>, "/w", O_RDONLY|O_DIRECTORY) = 3</w>`
	for name, row := range map[string]struct {
		lines []string
		want  map[string]string // path: mode and data
	}{
		"create and write": {[]string{
			`openat(AT_FDCWD</>, "/w/b", O_WRONLY|O_CREAT|O_EXCL, 0200) = 4</w/b>`,
			`write(4</w/b>, "one", 3) = 3`, `write(4</w/b>, "two", 3) = 3`, `fchmod(4</w/b>, 0600) = 0`},
			map[string]string{"a": "0600 old", "b": "0600 onetwo"}},
		"a short write": {[]string{
			`openat(AT_FDCWD</>, "/w/a", O_WRONLY) = 4</w/a>`, `write(4</w/a>, "XY", 2) = 1`, `write(4</w/a>, "Z", 1) = 1`},
			map[string]string{"a": "0600 XZd"}},
		"append": {[]string{
			`openat(AT_FDCWD</>, "/w/a", O_WRONLY|O_APPEND) = 4</w/a>`, `write(4</w/a>, "er", 2) = 2`},
			map[string]string{"a": "0600 older"}},
		"a hole": {[]string{
			`openat(AT_FDCWD</>, "/w/a", O_WRONLY) = 4</w/a>`, `pwrite64(4</w/a>, "x", 1, 4) = 1`},
			map[string]string{"a": "0600 old\x00x"}},
		"truncate": {[]string{
			`openat(AT_FDCWD</>, "/w/a", O_WRONLY|O_TRUNC) = 4</w/a>`, `ftruncate(4</w/a>, 1) = 0`},
			map[string]string{"a": "0600 \x00"}},
		"a reused descriptor": {[]string{
			`openat(AT_FDCWD</>, "/w/a", O_WRONLY) = 4</w/a>`, `close(4</w/a>) = 0`,
			`openat(AT_FDCWD</>, "/elsewhere", O_WRONLY) = 4</elsewhere>`, `write(4</elsewhere>, "no", 2) = 2`},
			map[string]string{"a": "0600 old"}},
		"a failed call": {[]string{
			`openat(AT_FDCWD</>, "/w/a", O_WRONLY|O_TRUNC) = -1 EACCES (Permission denied)`},
			map[string]string{"a": "0600 old"}},
		"exchange": {[]string{d,
			`mkdirat(3</w>, "d", 0700) = 0`, `openat(3</w>, "d/b", O_WRONLY|O_CREAT, 0600) = 5</w/d/b>`,
			`write(5</w/d/b>, "new", 3) = 3`,
			`renameat2(3</w>, "d/b", AT_FDCWD</>, "/w/a", RENAME_EXCHANGE) = 0`,
			`write(5</w/a>, "er", 2) = 2`},
			map[string]string{"a": "0600 newer", "d": "0700 ", "d/b": "0600 old"}},
		"rename and link": {[]string{d,
			`linkat(3</w>, "a", 3</w>, "b", 0) = 0`, `renameat(3</w>, "a", 3</w>, "c") = 0`, `unlinkat(3</w>, "b", 0) = 0`},
			map[string]string{"c": "0600 old"}},
	} {
		got := map[string]string{}
		for name, f := range logOf(t, withFile, row.lines...).End() {
			if name != "." {
				got[name] = fmt.Sprintf("%04o %s", f.Mode.Perm(), f.Data)
			}
		}
		if !maps.Equal(got, row.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestACallThatTheModelDoesNotKnowIsRefused(t *testing.T) {
	for _, line := range []string{
		`copy_file_range(3</w/a>, NULL, 4</w/b>, NULL, 9, 0) = 9`, `fallocate(3</w/a>, 0, 0, 9) = 0`,
		`openat(AT_FDCWD</>, "/w", O_TMPFILE|O_RDWR, 0600) = 3</w>`, `rename("/w/a", "/w/b") = 0`,
		`renameat(AT_FDCWD</>, "/elsewhere", AT_FDCWD</>, "/w/a") = 0`,
	} {
		err := NewLog("/w", withFile).Run(Trace("9 " + inHex(line) + "\n"))
		if !errors.Is(err, errUnknown) {
			t.Errorf("%s: %v", line, err)
		}
	}
	if err := NewLog("/w", withFile).Run(Trace("9 " + inHex(`fallocate(3</tmp/a>, 0, 0, 9) = 0`) + "\n")); err != nil {
		t.Error(err)
	}
}

func TestATraceWithoutTheBytesIsRefused(t *testing.T) {
	err := NewLog("/w", withFile).Run(Trace(inHex(
		"9 openat(AT_FDCWD</>, \"/w/a\", O_WRONLY) = 3</w/a>\n9 write(3</w/a>, \"\"..., 9) = 9\n")))
	if err == nil {
		t.Error("no error")
	}
}
