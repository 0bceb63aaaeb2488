package fileio

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestAFileWithoutASizeIsReadToItsEnd(t *testing.T) {
	c, err := Read("/proc/self/stat", 0)
	if err != nil || len(c.Data) == 0 {
		t.Errorf("%d bytes, %v", len(c.Data), err)
	}
}

func TestModesFollowTheFileUnlessItHoldsSecrets(t *testing.T) {
	for _, c := range []struct {
		old    fs.FileMode
		secret bool
		want   fs.FileMode
	}{
		{0, false, 0o600}, // a new file
		{0, true, 0o600},
		{0o644, false, 0o644},
		{0o755, false, 0o755},
		{0o644, true, 0o600},
		{0o664, true, 0o600},
		{0o640, true, 0o640},
		{0o660, true, 0o660},
		{0o400, true, 0o400},
	} {
		path := fixture(t, "")
		if c.old != 0 {
			must(t, os.WriteFile(path, []byte("old"), 0o600))
			must(t, os.Chmod(path, c.old))
		}
		txn, old := begin(t, path, Options{})
		s, err := txn.Swap(old, ContentOf([]byte("new")), c.secret)
		must(t, err)
		settle(t, s)
		info, err := os.Stat(path)
		must(t, err)
		if info.Mode() != c.want {
			t.Errorf("%v, secret %v: %v, not %v", c.old, c.secret, info.Mode(), c.want)
		}
	}
}

func TestNobodyCanReadTheNewFileBeforeItIsDressed(t *testing.T) {
	path := fixture(t, "old")
	must(t, os.Chmod(path, 0o644))
	var f *Folder
	seen := map[string]fs.FileMode{}
	o := Options{Fault: func(point string) error {
		if f == nil || point != "write" && point != "verify" && point != "attributes" {
			return nil
		}
		info, err := os.Stat(filepath.Join(f.Path(), temps(t, f)[0]))
		must(t, err)
		seen[point] = info.Mode()
		return nil
	}}
	txn, old := begin(t, path, o)
	f = txn.folder
	swap(t, txn, old, "new")
	for _, point := range []string{"write", "verify", "attributes"} {
		if seen[point] != unfinished {
			t.Errorf("%s: %v", point, seen[point])
		}
	}
}

func TestTheStateFolderIsPrivateAndIgnored(t *testing.T) {
	f := openFolder(t, fixture(t, "old"), Options{})
	info, err := os.Stat(f.Path())
	if err != nil || info.Mode() != fs.ModeDir|0o700 {
		t.Error(info.Mode(), err)
	}
	if want := ".config.json.cfgmerge"; filepath.Base(f.Path()) != want {
		t.Errorf("%s, not %s", f.Path(), want)
	}
	wantFile(t, filepath.Join(f.Path(), ".gitignore"), "*\n")
}

func TestAGroupThatSharesTheFileSharesTheFolder(t *testing.T) {
	path := fixture(t, "old")
	must(t, os.Chmod(path, 0o660))
	f := openFolder(t, path, Options{})
	info, err := os.Stat(f.Path())
	if err != nil || info.Mode().Perm() != 0o770 {
		t.Error(info.Mode(), err)
	}
}

func TestWhatOneMemberCreatesTheOthersCanUse(t *testing.T) {
	path := fixture(t, "old")
	must(t, os.Chmod(path, 0o660))
	defer syscall.Umask(syscall.Umask(0o077))
	must(t, replaceOnce(path, "new", Options{}))
	f := openFolder(t, path, Options{})
	for _, name := range []string{lockName, holderOf(lockName), slotName(0)} {
		info, err := os.Stat(filepath.Join(f.Path(), name))
		if err != nil || info.Mode() != 0o660 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestAnotherUsersFolderIsNotTrusted(t *testing.T) {
	needRoot(t)
	path := fixture(t, "old")
	f := openFolder(t, path, Options{})
	must(t, os.Chown(f.Path(), someone, someone))
	_, err := OpenFolder(path, true, Options{})
	wantClass(t, err, ClassOwner)
	if _, err := OpenFolder(path, true, Options{AnyOwner: true}); err != nil {
		t.Error(err)
	}
}

func TestALinkInPlaceOfTheFolderIsRefused(t *testing.T) {
	path := fixture(t, "old")
	must(t, os.Symlink(t.TempDir(), filepath.Join(filepath.Dir(path), ".config.json.cfgmerge")))
	_, err := OpenFolder(path, true, Options{})
	wantClass(t, err, ClassNotRegular)
}

func TestRootLeavesEverythingToTheFilesOwner(t *testing.T) {
	needRoot(t)
	path := fixture(t, "old")
	must(t, os.Chown(path, someone, someone))
	must(t, replaceOnce(path, "new", Options{}))
	txn, _ := begin(t, path, Options{})
	must(t, txn.folder.Append("journal.jsonl", []byte("line"), 0))
	_, err := txn.Quarantine([]byte("bytes"), "torn")
	must(t, err)
	must(t, txn.Unlock())
	for _, root := range []string{path, txn.folder.Path()} {
		must(t, filepath.WalkDir(root, func(p string, _ fs.DirEntry, err error) error {
			must(t, err)
			info, err := entryInfo(place{name: p})
			must(t, err)
			if info.UID != someone || info.GID != someone {
				t.Errorf("%s belongs to %d:%d", filepath.Base(p), info.UID, info.GID)
			}
			return nil
		}))
	}
}

// What he made would be a folder in which the file's owner has no place: the owner could not even read any more.
func TestWhoCanNotSaveMakesNoFolder(t *testing.T) {
	needRoot(t)
	path := openToAll(t)
	must(t, os.WriteFile(path, []byte("old"), 0o644))
	must(t, os.Chmod(path, 0o666))
	c := start(t, "save", path, as(someone))
	if line, _ := c.out.ReadString('\n'); !strings.Contains(line, string(ClassOwner)) {
		t.Errorf("the child said %q", line)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); err != nil || len(left) > 0 {
		t.Error(left, err)
	}
	must(t, replaceOnce(path, "new", Options{}))
}

func TestAnOwnerThatCannotBeKeptIsRefused(t *testing.T) {
	needRoot(t)
	path := openToAll(t)
	must(t, os.WriteFile(path, []byte("old"), 0o644))
	must(t, os.Chown(path, 0, someone))
	must(t, os.Chmod(path, 0o664))
	openFolder(t, path, Options{}) // the owner's, which his group may use
	c := start(t, "save", path, as(someone))
	if line, _ := c.out.ReadString('\n'); !strings.Contains(line, "chown") {
		t.Errorf("the child said %q", line)
	}
	wantFile(t, path, "old")
}

func TestADirectoryThatIsNotWritableUsesTheStateHome(t *testing.T) {
	needRoot(t)
	path := openToAll(t)
	must(t, os.WriteFile(path, []byte("old"), 0o644))
	must(t, os.Chown(path, someone, someone))
	must(t, os.Chmod(filepath.Dir(path), 0o755))
	home := t.TempDir()
	must(t, os.Chown(home, someone, someone))
	must(t, os.Chmod(filepath.Dir(home), 0o755))
	c := start(t, "save", path, as(someone), func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, "XDG_STATE_HOME="+home) })
	if line, _ := c.out.ReadString('\n'); !strings.Contains(line, errUnwritable.Error()) {
		t.Errorf("the child said %q", line)
	}
	if made, err := filepath.Glob(home + "/cfgmerge/*/lock"); err != nil || len(made) != 1 {
		t.Error(made, err)
	}
}

// Without a home, as under cron, and with one that is relative, which would be another one in each working directory, what
// is wrong is that the directory is not writable.
func TestWhereThereIsNoStateHomeTheDirectoryMustBeWritable(t *testing.T) {
	needRoot(t)
	for _, home := range []string{"", "relative"} {
		path := openToAll(t)
		must(t, os.WriteFile(path, []byte("old"), 0o644))
		must(t, os.Chown(path, someone, someone))
		must(t, os.Chmod(filepath.Dir(path), 0o755))
		c := start(t, "save", path, as(someone), func(cmd *exec.Cmd) {
			cmd.Dir = t.TempDir()
			must(t, os.Chmod(filepath.Dir(cmd.Dir), 0o755))
			must(t, os.Chmod(cmd.Dir, 0o777))
			cmd.Env = append(cmd.Env, "XDG_STATE_HOME=", "HOME="+home)
		})
		if line, _ := c.out.ReadString('\n'); !strings.Contains(line, "permission denied") {
			t.Errorf("with the home %q the child said %q", home, line)
		}
	}
}

func TestTheFallbackNeedsLeaveToWriteInPlace(t *testing.T) {
	path := fixture(t, "a longer old file")
	home := t.TempDir()
	f := fallbackFolder(t, path, Options{StateHome: home})
	txn, err := f.Lock(t.Context())
	must(t, err)
	old, err := txn.Read()
	must(t, err)
	_, err = txn.Swap(old, ContentOf([]byte("new")), false)
	wantClass(t, err, ClassMount)
	must(t, txn.Unlock())

	f = fallbackFolder(t, path, Options{StateHome: home, InPlace: true})
	txn, err = f.Lock(t.Context())
	must(t, err)
	defer txn.Unlock()
	s := swap(t, txn, old, "new")
	if !s.inPlace || !f.Fallback() {
		t.Error("not in place")
	}
	settle(t, s)
	wantFile(t, path, "new")
	must(t, s.Undo())
	wantFile(t, path, "a longer old file")
}

func TestALockBesideTheFileAlsoTakesTheFallbacksLock(t *testing.T) {
	path := fixture(t, "old")
	home := t.TempDir()
	fallback, err := fallbackFolder(t, path, Options{StateHome: home}).Lock(t.Context())
	must(t, err)
	defer fallback.Unlock()
	// Time enough for the lock beside the file, which is free.
	e := lockError(t, t.Context(), openFolder(t, path, Options{StateHome: home, LockTimeout: 100 * shortPause}))
	if e.Holder.PID != os.Getpid() {
		t.Errorf("holder %+v", e.Holder)
	}
}

func TestInPlaceDoesNotOverwriteAForeignChange(t *testing.T) {
	path := fixture(t, "old")
	f := fallbackFolder(t, path, Options{StateHome: t.TempDir(), InPlace: true})
	txn, err := f.Lock(t.Context())
	must(t, err)
	defer txn.Unlock()
	old, err := txn.Read()
	must(t, err)
	must(t, os.WriteFile(path, []byte("foreign"), 0o600))
	_, err = txn.Swap(old, ContentOf([]byte("new")), false)
	wantClass(t, err, ClassChanged)
	wantFile(t, path, "foreign")
}

func TestAFileThatCannotBeOpenedForWritingIsAPlainError(t *testing.T) {
	path := fixture(t, "")
	f := fallbackFolder(t, path, Options{StateHome: t.TempDir(), InPlace: true})
	txn, err := f.Lock(t.Context())
	must(t, err)
	defer txn.Unlock()
	must(t, os.Mkdir(path, 0o700))
	_, err = txn.Swap(Content{}, ContentOf([]byte("new")), false)
	wantClass(t, err, ClassNotRegular)
}

func TestAFailedOverwriteIsUndone(t *testing.T) {
	path := fixture(t, "old")
	o := Options{StateHome: t.TempDir(), InPlace: true}
	f := fallbackFolder(t, path, o)
	f.opts.Fault = failAt("sync", syscall.ENOSPC)
	txn, err := f.Lock(t.Context())
	must(t, err)
	defer txn.Unlock()
	old, err := txn.Read()
	must(t, err)
	_, err = txn.Swap(old, ContentOf([]byte("new")), false)
	wantClass(t, err, ClassNoSpace)
	wantFile(t, path, "old")
}

func TestExtendedAttributesAreKept(t *testing.T) {
	path := fixture(t, "old")
	if err := unix.Setxattr(path, "user.note", []byte("keep"), 0); err != nil {
		t.Skip("no extended attributes here:", err)
	}
	must(t, replaceOnce(path, "new", Options{}))
	got := make([]byte, 16)
	n, err := unix.Getxattr(path, "user.note", got)
	if err != nil || string(got[:n]) != "keep" {
		t.Errorf("%q, %v", got[:max(n, 0)], err)
	}
}

func TestAnACLIsKeptAndOnlyOthersLoseTheirRights(t *testing.T) {
	path := fixture(t, "old")
	if err := unix.Setxattr(path, accessACL, aclFor(someone), 0); err != nil {
		t.Skip("no ACLs here:", err)
	}
	txn, old := begin(t, path, Options{})
	s, err := txn.Swap(old, ContentOf([]byte("new")), true)
	must(t, err)
	settle(t, s)
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o660 || !hasACL(path) {
		t.Error(info.Mode(), hasACL(path), err)
	}
}

func TestAnInheritedACLDoesNotReachTheFolderOrTheFile(t *testing.T) {
	path := fixture(t, "")
	if err := unix.Setxattr(filepath.Dir(path), defaultACL, aclFor(someone), 0); err != nil {
		t.Skip("no ACLs here:", err)
	}
	must(t, replaceOnce(path, "new", Options{}))
	f := openFolder(t, path, Options{})
	info, err := os.Stat(f.Path())
	if err != nil || info.Mode().Perm() != 0o700 || hasACL(f.Path()) || hasACL(path) {
		t.Error(info.Mode(), err)
	}
}

func TestAMountedFileIsRefusedOrWrittenInPlace(t *testing.T) {
	needRoot(t)
	path := fixture(t, "old")
	c := start(t, "mount", path, func(cmd *exec.Cmd) {
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	})
	line, _ := c.out.ReadString('\n')
	if strings.HasPrefix(line, "skip") {
		t.Skip("no mounts here:", line)
	}
	if line != "mounted, then in place\n" {
		t.Errorf("the child said %q", line)
	}
}

func addSystemParts(parts map[string]func(string) error) { parts["mount"] = saveOverMount }

// saveOverMount runs in a mount namespace of its own.
func saveOverMount(path string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		fmt.Println("skip", err)
		return nil
	}
	if err := unix.Mount(path, path, "", unix.MS_BIND, ""); err != nil {
		fmt.Println("skip", err)
		return nil
	}
	if err := replaceOnce(path, "new", Options{}); !is(err, ClassMount) {
		return fmt.Errorf("got %w", err)
	}
	if err := replaceOnce(path, "new", Options{InPlace: true}); err != nil {
		return err
	}
	fmt.Println("mounted, then in place")
	return nil
}

// someone is a user that need not exist.
const someone = 64123

func needRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
}

func as(uid int) func(*exec.Cmd) {
	return func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, userVar+"="+strconv.Itoa(uid)) }
}

// openToAll is a path in a directory that any user may write to.
func openToAll(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must(t, os.Chmod(filepath.Dir(dir), 0o755))
	must(t, os.Chmod(dir, 0o777))
	return filepath.Join(dir, "config.json")
}

// fallbackFolder opens the folder as where nothing may be made beside the file.
func fallbackFolder(t *testing.T, path string, o Options) *Folder {
	t.Helper()
	refused := false
	o.Fault = func(point string) error {
		if point == "mkdir" && !refused {
			refused = true
			return syscall.EACCES
		}
		return nil
	}
	return openFolder(t, path, o)
}

// aclFor encodes user::rw-, user:uid:rw-, group::---, mask::rw-, other::r-- (acl_ea.h in the kernel's source).
func aclFor(uid uint32) []byte {
	const undefined = ^uint32(0)
	acl := binary.LittleEndian.AppendUint32(nil, 2)
	for _, e := range []struct {
		tag, perm uint16
		id        uint32
	}{{0x01, 6, undefined}, {0x02, 6, uid}, {0x04, 0, undefined}, {0x10, 6, undefined}, {0x20, 4, undefined}} {
		acl = binary.LittleEndian.AppendUint16(acl, e.tag)
		acl = binary.LittleEndian.AppendUint16(acl, e.perm)
		acl = binary.LittleEndian.AppendUint32(acl, e.id)
	}
	return acl
}
