//go:build unix

package scenarios

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/examples/proctest"
)

func addUnixRoles(roles map[string]proctest.Role) {
	roles["create"], roles["flock"], roles["fcntl"] = create, flock, fcntl
}

func stat(t *testing.T, path string) fs.FileInfo {
	t.Helper()
	info, err := os.Lstat(path)
	must(t, err)
	return info
}

func wantMode(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	if got := stat(t, path).Mode().Perm(); got != want {
		t.Errorf("%s has mode %04o, not %04o", filepath.Base(path), got, want)
	}
}

// create is a process without a umask that makes a new file, again and again:
// the arguments are the directory and the way.
func create(args []string) int {
	syscall.Umask(0)
	if err := proctest.Meet(bufio.NewReader(os.Stdin), "ready"); err != nil {
		return report(err)
	}
	for i := range 40 {
		path := filepath.Join(args[0], fmt.Sprint(i, ".json"))
		if args[1] == "usual" {
			if err := os.WriteFile(path, []byte("RT-1"), 0o644); err != nil {
				return report(err)
			}
			continue
		}
		s := Settings{}
		snap, err := cfgmerge.Load(path, &s)
		s = loggedIn
		if err := errors.Join(err, snap.Save(&s)); err != nil {
			return report(err)
		}
	}
	return 0
}

// isPublic names what lies in a state folder and says nothing of the file.
func isPublic(name string) bool { return name == ".gitignore" || name == "host" }

// widest returns the union of the modes of all regular files that a watcher
// saw below dir while the process ran, and of its subdirectories.
func widest(t *testing.T, dir string, p *proctest.Process) (files, folders fs.FileMode) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if out, said, code := p.End(); code != 0 {
			t.Errorf("%s%s", out, said)
		}
	}()
	for last := false; ; {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || path == dir {
				return nil // gone again
			}
			info, err := d.Info()
			switch {
			case err != nil:
			case info.Mode().IsRegular() && !isPublic(d.Name()):
				files |= info.Mode().Perm()
			case info.IsDir():
				folders |= info.Mode().Perm()
			}
			return nil
		})
		if last {
			return files, folders
		}
		select {
		case <-ended:
			last = true // once more, when nothing moves
		default:
		}
	}
}

// Scenario 13: without a umask, and at every moment that a watcher sees.
func TestAFileWithSecretsIsPrivateFromItsCreation(t *testing.T) {
	for _, row := range []struct {
		way            string
		files, folders fs.FileMode
	}{
		{"cfgmerge", 0o600, 0o700},
		{"usual", 0o644, 0},
	} {
		t.Run(row.way, func(t *testing.T) {
			dir := t.TempDir()
			p := proctest.Start(t, "create", dir, row.way)
			p.Expect("ready")
			if files, folders := widest(t, dir, p); files != row.files || folders != row.folders {
				t.Errorf("files had mode %04o, folders %04o", files, folders)
			}
		})
	}
}

// Scenario 13: what others may do with the file ends where it holds a secret.
func TestARewriteTakesAFileWithSecretsFromOthers(t *testing.T) {
	for _, row := range []struct {
		reason       string
		mode, secret fs.FileMode
	}{
		{"world-readable", 0o644, 0o600},
		{"world-writable", 0o666, 0o600},
		{"private", 0o600, 0o600},
		{"of a group, on purpose", 0o640, 0o640},
		{"of a group that writes", 0o660, 0o660},
	} {
		t.Run(row.reason, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config.json")
			write(t, path, `{"theme":"light"}`)
			must(t, os.Chmod(path, row.mode))
			var plain struct {
				Theme string `json:"theme"`
			}
			snap, err := cfgmerge.Load(path, &plain)
			must(t, err)
			plain.Theme = "dark"
			must(t, snap.Save(&plain))
			wantMode(t, path, row.mode) // nothing secret in it: not ours to judge
			set(t, path, logIn)
			wantMode(t, path, row.secret)
		})
	}
}

// Scenario 13, for a file that has held secrets since long ago.
func TestAnyRewriteOfAWorldReadableFileWithSecretsTakesItFromOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	write(t, path, `{"theme":"light","access_token":"AT-1","refresh_token":"RT-1"}`)
	must(t, os.Chmod(path, 0o644))
	set(t, path, func(s *Settings) { s.Theme = "dark" })
	wantMode(t, path, 0o600)
	wantMode(t, stateFolder(path), 0o700)
	must(t, filepath.WalkDir(stateFolder(path), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && stat(t, path).Mode().Perm()&0o077 != 0 && !isPublic(d.Name()) {
			t.Errorf("%s has mode %v", d.Name(), stat(t, path).Mode())
		}
		return err
	}))
}

// Scenario 13: sudo must not take the file from its user.
func TestRootSavesTheFileOfAUserForThatUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can save another user's file")
	}
	const owner = 1000
	dir := t.TempDir()
	must(t, os.Chown(dir, owner, owner))
	path, usual := filepath.Join(dir, "config.json"), filepath.Join(dir, "usual.json")
	for _, p := range []string{path, usual} {
		write(t, p, `{"theme":"light"}`)
		must(t, os.Chown(p, owner, owner))
	}
	set(t, path, logIn)
	set(t, path, func(s *Settings) { s.Theme = "blue" })
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if got := stat(t, path).Sys().(*syscall.Stat_t); err == nil && (got.Uid != owner || got.Gid != owner) {
			t.Errorf("%s belongs to %d:%d", d.Name(), got.Uid, got.Gid)
		}
		return err
	}))
	renameOver(t, usual, "{}")
	if got := stat(t, usual).Sys().(*syscall.Stat_t); got.Uid == owner {
		t.Error("the usual way has kept the owner") // it is the bug
	}
}

// Scenario 13: a file that root makes in a user's directory is the user's.
func TestRootMakesAFileInTheDirectoryOfAUserForThatUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can save another user's file")
	}
	const owner = 1000
	dir := t.TempDir()
	must(t, os.Chown(dir, owner, owner))
	set(t, filepath.Join(dir, "config.json"), logIn)
	folder := stateFolder(filepath.Join(dir, "config.json"))
	if got := stat(t, folder).Sys().(*syscall.Stat_t); got.Uid != owner {
		t.Errorf("the state folder belongs to %d: the user is locked out", got.Uid)
	}
}
