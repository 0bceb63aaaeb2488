//go:build unix

package cfgmerge

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
)

const seesStopped = runtime.GOOS == "linux"

// play starts a role; the result is what it says first.
func play(t *testing.T, role string, args ...string) (cmd *exec.Cmd, said string) {
	t.Helper()
	cmd = exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _, _ = in.Close(), cmd.Process.Kill(), cmd.Wait() })
	said, _ = bufio.NewReader(out).ReadString('\n')
	return cmd, strings.TrimSpace(said)
}

// pair is a file with secrets that are written together.
type pair struct {
	Access  string `json:"access_token" cfgmerge:"token=auth,access"`
	Refresh string `json:"refresh_token" cfgmerge:"token=auth,refresh"`
	Theme   string `json:"theme"`
}

// saved is a file of that type after a save, in which nothing is found.
func saved(t *testing.T, o *Options) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "app.json")
	seed(t, path, "{\n  \"access_token\": \"CANARY-A\",\n  \"refresh_token\": \"CANARY-R\",\n  \"theme\": \"CANARY\"\n}\n")
	for range 2 { // so that both shadows are there
		saveTheme(t, path, o)
	}
	if got := found(t, path, o); got != nil {
		t.Fatalf("after a save: %q", got)
	}
	return path
}

// saveTheme changes the file as a program of that type does.
func saveTheme(t *testing.T, path string, o *Options) {
	t.Helper()
	f, err := Open[pair](path, o)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Update(context0(), func(p *pair) error { p.Theme += "+"; return nil }); err != nil {
		t.Fatal(err)
	}
}

func inFolder(path, name string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".cfgmerge", name)
}

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Each finding is produced by what users do to files, on a file that has none.
func TestCheckLooksAroundTheFile(t *testing.T) {
	for _, tt := range []struct {
		why  string
		do   func(t *testing.T, path string)
		want []string
	}{
		{"a second name", func(t *testing.T, path string) { try(t, os.Link(path, path+".too")) }, []string{": note: hard-links"}},
		{"a mode for all", func(t *testing.T, path string) { try(t, os.Chmod(path, 0o644)) }, []string{":2:3: warning: secret-readable /access_token"}},
		{"a mode for the group", func(t *testing.T, path string) { try(t, os.Chmod(path, 0o640)) }, nil},
		{"a folder for all", func(t *testing.T, path string) { try(t, os.Chmod(inFolder(path, ""), 0o755)) }, []string{": warning: folder-readable"}},
		{"a folder for a group that may not read the file", func(t *testing.T, path string) { try(t, os.Chmod(inFolder(path, ""), 0o770)) }, []string{": warning: folder-readable"}},
		{"a folder for a group that may", func(t *testing.T, path string) {
			try(t, os.Chmod(path, 0o660))
			try(t, os.Chmod(inFolder(path, ""), 0o770))
		}, nil},
		{"a file in place of the folder", func(t *testing.T, path string) {
			try(t, os.RemoveAll(inFolder(path, "")))
			seed(t, strings.TrimSuffix(inFolder(path, ""), "/"), "")
		}, []string{": error: folder-unopenable"}},
		{"a copy of a whole home directory", func(t *testing.T, path string) { seed(t, inFolder(path, "host"), "elsewhere\n") }, []string{": note: folder-other-host"}},
		{"a directory in place of the lock", func(t *testing.T, path string) {
			try(t, os.Remove(inFolder(path, "lock")))
			try(t, os.Mkdir(inFolder(path, "lock"), 0o700))
		}, []string{": error: folder-entry-misplaced"}},
		{"a link in place of the lock", func(t *testing.T, path string) {
			try(t, os.Remove(inFolder(path, "lock")))
			try(t, os.Symlink("elsewhere", inFolder(path, "lock")))
		}, []string{": error: folder-entry-misplaced"}},
		{"a directory in place of the spent record", func(t *testing.T, path string) { try(t, os.Mkdir(inFolder(path, "spent"), 0o700)) }, []string{": warning: spent-unreadable"}},
		{"damaged shadows", func(t *testing.T, path string) { flip(t, inFolder(path, "shadow.0"), 200) }, []string{": note: shadow-damaged"}},
		{"zeroed shadows", func(t *testing.T, path string) { seed(t, inFolder(path, "shadow.1"), strings.Repeat("\x00", 4096)) }, []string{": note: shadow-damaged"}},
		{"no shadows", func(t *testing.T, path string) {
			try(t, os.Remove(inFolder(path, "shadow.0")))
			try(t, os.Remove(inFolder(path, "shadow.1")))
		}, []string{": note: shadow-missing"}},
		{"a conflict copy", func(t *testing.T, path string) {
			seed(t, filepath.Join(filepath.Dir(path), "app.sync-conflict-20261122-120000-ABCDEFG.json"), text(t, path))
		}, []string{": warning: conflict-copy"}},
		{"a torn conflict copy", func(t *testing.T, path string) {
			seed(t, filepath.Join(filepath.Dir(path), "app (conflicted copy).json"), text(t, path)+"}")
		}, []string{": warning: conflict-copy"}},
		{"a conflict copy of another file", func(t *testing.T, path string) {
			seed(t, filepath.Join(filepath.Dir(path), "app_conflict-1.json"), `{"a":"CANARY"}`)
		}, []string{": note: conflict-copy-other"}},
	} {
		t.Run(tt.why, func(t *testing.T) {
			path := saved(t, impatient())
			tt.do(t, path)
			got, _ := Check(path, impatient())
			if said := summed(t, got); !slices.Equal(said, tt.want) {
				t.Errorf("got %q, want %q", said, tt.want)
			}
		})
	}
}

// summed is found for a check that may fail as well.
func summed(t *testing.T, findings []Finding) (out []string) {
	t.Helper()
	for _, f := range findings {
		if strings.Contains(f.Message+f.Hint, "CANARY") {
			t.Errorf("%s gives a value away: %s", f.Code, f.Message)
		}
		at := strings.TrimPrefix(f.String(), f.File)
		out = append(out, strings.TrimSpace(at[:strings.Index(at, ": "+f.Message)]+" "+f.Field))
	}
	return out
}

func flip(t *testing.T, path string, at int) {
	t.Helper()
	data := []byte(text(t, path))
	data[at] ^= 1
	seed(t, path, string(data))
}

func TestCheckSaysWhereALinkDoesNotLead(t *testing.T) {
	dir := t.TempDir()
	one, two, loop, real := filepath.Join(dir, "one"), filepath.Join(dir, "two"), filepath.Join(dir, "loop"), filepath.Join(dir, "real")
	try(t, os.Symlink("nowhere", one))
	try(t, os.Symlink("loop", loop))
	try(t, os.Symlink("real", two))
	seed(t, real, "{}")
	for path, want := range map[string]string{one: ": error: symlink-dangling", loop: ": error: symlink-loop", two: ": note: block-missing"} {
		if got := found(t, path, impatient()); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %q, want %q", filepath.Base(path), got, want)
		}
	}
}

func TestCheckFindsATornGroup(t *testing.T) {
	for _, layout := range []Layout{Embedded, Sidecar} {
		o := impatient()
		o.Layout = layout
		path := saved(t, o)
		whole := text(t, path)
		for _, tt := range []struct {
			why, old, now string
			want          []string
		}{
			{"the refresh token is gone", "  \"refresh_token\": \"CANARY-R\",\n", "", []string{":2:3: error: torn-group auth"}},
			{"one of the pair is edited", `"CANARY-A"`, `"CANARY-B"`, []string{":2:3: warning: digest-mismatch "}},
		} {
			replaceFile(t, path, strings.Replace(whole, tt.old, tt.now, 1))
			got := found(t, path, o)
			if len(got) != 1 || !strings.HasPrefix(got[0], tt.want[0]) {
				t.Errorf("%s: %s: got %q, want %q", layout, tt.why, got, tt.want)
			}
		}
		replaceFile(t, path, strings.Replace(strings.Replace(whole, "  \"refresh_token\": \"CANARY-R\",\n", "", 1), "  \"access_token\": \"CANARY-A\",\n", "", 1))
		for _, got := range found(t, path, o) {
			if strings.Contains(got, "torn") {
				t.Errorf("%s: a group that is gone as a whole: %q", layout, got)
			}
		}
	}
}

// A group may have members that are not always there. Without them it is whole.
func TestAGroupWithoutAnOptionalMemberIsNotTorn(t *testing.T) {
	path := saved(t, impatient())
	f, err := Open[pair](path, impatient())
	try(t, err)
	defer f.Close()
	_, err = f.Doc().SwapGroup(context0(), GroupRef{Name: "auth"}, group(t, f.Doc()), map[string]any{"access_token": "CANARY-C"}, true)
	try(t, err)
	replaceFile(t, path, strings.Replace(text(t, path), `"CANARY-C"`, `"CANARY-D"`, 1))
	if got := found(t, path, impatient()); !slices.Equal(got, []string{":2:3: warning: digest-mismatch auth"}) {
		t.Errorf("got %q", got)
	}
}

func group(t *testing.T, d *Doc) GroupState {
	t.Helper()
	state, err := d.Group(context0(), GroupRef{Name: "auth"})
	try(t, err)
	return state
}

func TestCheckNamesTheHolderOfTheLock(t *testing.T) {
	path := saved(t, impatient())
	cmd, said := play(t, "holder", path)
	if said != "locked <nil>" {
		t.Fatal(said)
	}
	wants := func(what, hint string) {
		t.Helper()
		got, err := Check(path, impatient())
		try(t, err)
		if len(got) != 1 || got[0].Code != codeLock || got[0].Message != what || got[0].Hint != hint {
			t.Errorf("got %+v, want %s", got, what)
		}
	}
	holder := fmt.Sprintf("codag mcp, pid %d", cmd.Process.Pid)
	if !seesStopped {
		wants("this system does not tell whether the lock is held; "+holder+", had it last, and is running", "nothing to do, unless it lasts")
		return
	}
	wants("the lock is held by "+holder, "nothing to do, unless it lasts")
	try(t, cmd.Process.Signal(syscall.SIGSTOP))
	var status syscall.WaitStatus
	_, err := syscall.Wait4(cmd.Process.Pid, &status, syscall.WUNTRACED, nil)
	try(t, err)
	wants("the lock is held by "+holder+", stopped", fmt.Sprintf("continue the stopped process with kill -CONT %d, or end it", cmd.Process.Pid))
	try(t, cmd.Process.Kill())
	_ = cmd.Wait()
	if got := found(t, path, impatient()); got != nil {
		t.Errorf("after its end: %q", got)
	}
}

func TestCheckFindsWhatKilledProcessesLeft(t *testing.T) {
	for point, want := range map[string]string{
		"attributes": "killed processes have left 1 file in the state folder: 1 never finished",
		"exchange":   "killed processes have left 1 file in the state folder: 1 with bytes that the file held or was to hold",
	} {
		path := saved(t, impatient())
		cmd, said := play(t, "victim", path, point)
		if _ = cmd.Wait(); said != "" {
			t.Fatal(said)
		}
		got, err := Check(path, impatient())
		try(t, err)
		if len(got) != 1 || got[0].Code != codeLeftover || got[0].Message != want {
			t.Errorf("killed at %s: %+v", point, got)
		}
		saveTheme(t, path, impatient())
		if got := found(t, path, impatient()); got != nil {
			t.Errorf("after the next save: %q", got)
		}
	}
}

// An editor had the file open when it was replaced, and the process that replaced
// it did not live to take its bytes in.
func TestCheckFindsBytesThatNoSaveHasTakenIn(t *testing.T) {
	path := saved(t, impatient())
	editor, err := os.OpenFile(path, os.O_WRONLY, 0)
	try(t, err)
	edited := strings.Replace(text(t, path), `"theme": "CANARY`, `"theme": "EDITED`, 1)
	cmd, said := play(t, "victim", path, "dir-sync")
	if _ = cmd.Wait(); said != "" {
		t.Fatal(said)
	}
	_, err = editor.WriteAt([]byte(edited), 0)
	try(t, err)
	if seesStopped { // Linux, where writers are seen
		if got := summed(t, must1(Check(path, impatient()))); !slices.Equal(got, []string{": note: leftover"}) {
			t.Errorf("while the editor has it open: %q", got)
		}
	}
	try(t, editor.Close())
	if got := found(t, path, impatient()); !slices.Equal(got, []string{": error: leftover-unadopted"}) {
		t.Errorf("got %q", got)
	}
	saveTheme(t, path, impatient())
	if got := found(t, path, impatient()); got != nil || !strings.Contains(text(t, path), "EDITED") {
		t.Errorf("after the next save: %q", got)
	}
}

func must1(findings []Finding, _ error) []Finding { return findings }

func TestCheckCountsWhatIsInQuarantine(t *testing.T) {
	path := saved(t, impatient())
	for i := range 2 {
		seed(t, path, strings.Repeat("{", i+1)+`"CANARY`)
		saveTheme(t, path, impatient())
	}
	got, err := Check(path, impatient())
	try(t, err)
	if len(got) != 1 || got[0].Code != codeQuarantine || !strings.HasPrefix(got[0].Message, "set aside: 2 versions of the file, the newest at 2") || !strings.HasSuffix(got[0].Message, "Z (damaged)") {
		t.Errorf("got %+v", got)
	}
}

// A save that fails voids its shadow, which is no damage.
func TestAVoidedShadowIsNotDamaged(t *testing.T) {
	path := saved(t, impatient())
	o := impatient()
	o.fault = func(point string) error {
		if point == "exchange" {
			return syscall.ENOSPC
		}
		return nil
	}
	doc, _ := OpenDoc(path, o)
	if err := doc.Update(context0(), setField("/x", "1")); err == nil {
		t.Fatal("the save succeeded")
	}
	if got := found(t, path, impatient()); got != nil {
		t.Errorf("got %q", got)
	}
}

// asUser runs f as a user without rights.
func asUser(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	try(t, syscall.Setreuid(-1, 12345))
	defer func() { try(t, syscall.Setreuid(-1, 0)) }()
	f()
}

// common is a directory that every user can reach.
func common(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "cfgmerge-check-")
	try(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	try(t, os.Chmod(dir, 0o777))
	return dir
}

// The state folder admits only those who may write the file. A daemon that reads
// what root has set is none of them.
func TestWhoMayOnlyReadTheFileGoesByTheFileAlone(t *testing.T) {
	path := filepath.Join(common(t), "app.json")
	seed(t, path, `{"theme":"light"}`)
	try(t, os.Chmod(path, 0o644))
	update(t, open(t, path, nil), "/theme", `"dark"`)
	before := text(t, path)
	asUser(t, func() {
		var v config
		snap, err := Load(path, &v)
		if err != nil || v.Theme != "dark" {
			t.Fatalf("loaded %+v, %v", v, err)
		}
		v.Theme = "other"
		if err := snap.Save(&v); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("the save: %v", err)
		}
	})
	if now := text(t, path); now != before {
		t.Errorf("the file has become %s", now)
	}
	seed(t, path, `{"theme":`)
	asUser(t, func() {
		var damaged *CorruptError
		if _, err := Load(path, &config{}); !errors.As(err, &damaged) {
			t.Errorf("the damaged file: %v", err)
		}
	})
}

func TestCheckSaysWhatThisUserMayNotDo(t *testing.T) {
	dir := common(t)
	path := filepath.Join(dir, "app.json")
	asUser(t, func() {
		seed(t, path, "{}")
		saveTheme(t, path, impatient())
		if got := found(t, path, impatient()); got != nil {
			t.Errorf("at first: %q", got)
		}
		try(t, os.Chmod(inFolder(path, ""), 0o500))
		if got := found(t, path, impatient()); !slices.Equal(got, []string{": warning: folder-unwritable"}) {
			t.Errorf("unwritable: %q", got)
		}
		try(t, os.Chmod(inFolder(path, ""), 0o700))
		seed(t, inFolder(path, "spent"), "x\n")
		try(t, os.Chmod(inFolder(path, "spent"), 0))
		try(t, os.Chmod(inFolder(path, "lock.holder"), 0))
		if got := found(t, path, impatient()); !slices.Equal(got, []string{": warning: spent-unreadable", ": warning: folder-entry-unreadable"}) {
			t.Errorf("unreadable: %q", got)
		}
		try(t, os.Chmod(inFolder(path, ""), 0))
		got, err := Check(path, impatient())
		if said := summed(t, got); !slices.Equal(said, []string{": error: folder-unopenable"}) || err != nil {
			t.Errorf("closed: %q, %v", said, err)
		}
		try(t, os.Chmod(inFolder(path, ""), 0o700))
	})
}

func TestCheckSaysWhoseTheFolderIs(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	path := saved(t, impatient())
	try(t, os.Chown(path, 12345, 12345))
	if got := found(t, path, impatient()); !slices.Equal(got, []string{": warning: folder-owner"}) {
		t.Errorf("a file of another user: %q", got)
	}
	try(t, os.Chown(inFolder(path, ""), 54321, 54321))
	got, err := Check(path, impatient())
	if said := summed(t, got); !slices.Contains(said, ": error: folder-foreign-owner") || err == nil {
		t.Errorf("a folder of a third user: %q, %v", said, err)
	}
	anyone := impatient()
	anyone.AnyOwner = true
	if got := found(t, path, anyone); !slices.Equal(got, []string{": warning: folder-owner"}) {
		t.Errorf("a folder of a third user, permitted: %q", got)
	}
}

// A process that may not write beside the file keeps its state elsewhere. Once
// one may, there are two.
func TestCheckFindsTwoStateFolders(t *testing.T) {
	dir := common(t)
	path, o := filepath.Join(dir, "app.json"), impatient()
	o.StateHome, o.InPlace = filepath.Join(common(t), "state"), true
	asUser(t, func() {
		seed(t, path, "{}")
		try(t, os.Mkdir(o.StateHome, 0o700))
	})
	try(t, os.Chmod(dir, 0o755))
	asUser(t, func() {
		saveTheme(t, path, o)
		if got := found(t, path, o); got != nil {
			t.Errorf("one folder: %q", got)
		}
	})
	try(t, os.Chmod(dir, 0o777))
	asUser(t, func() {
		try(t, os.Mkdir(inFolder(path, ""), 0o700))
		saveTheme(t, path, o)
		if got := found(t, path, o); !slices.Equal(got, []string{": warning: folder-twice"}) {
			t.Errorf("two: %q", got)
		}
	})
}

// Columns are counted for people in bytes, and for SARIF in characters.
func TestFindingsCountCharacters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.json")
	seed(t, path, "{\n\"ä\": \"😀\", \"é\": 1, \"$cfgmerge\": {\"v\":1,\"at\":{}}}")
	got, err := Check(path, impatient())
	try(t, err)
	var columns []string
	for _, f := range got {
		columns = append(columns, fmt.Sprintf("%s %d %d", f.Field, f.Column, f.Character))
	}
	if want := []string{"/ä 1 1", "/é 15 11"}; !slices.Equal(columns, want) {
		t.Errorf("got %q, want %q", columns, want)
	}
	seed(t, path, "{\"\xe4\xe4ä\": tru}")
	got, err = Check(path, impatient())
	if try(t, err); got[0].Character != 3 || got[0].Column != 3 {
		t.Errorf("of bytes that are no UTF-8: %+v", got[0])
	}
}
