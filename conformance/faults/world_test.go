//go:build faults && linux

package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/cfgmerge/cfgmerge"
)

// world is a directory in which one run of the program takes place: the file
// with its state folder, and what the program may use besides.
type world struct {
	root   string
	binary string
}

func (w world) path() string   { return filepath.Join(w.root, "cfg", "app.json") }
func (w world) folder() string { return filepath.Join(w.root, "cfg", ".app.json.cfgmerge") }
func (w world) temp() string   { return filepath.Join(w.root, "tmp") }

// env has the program run one thread at a time, so that most runs do all their
// work on the first: strace counts calls by thread.
func (w world) env() []string {
	return []string{
		"GOMAXPROCS=1", "HOME=" + filepath.Join(w.root, "home"), "XDG_STATE_HOME=" + filepath.Join(w.root, "state"),
		"TMPDIR=" + w.temp(), "PATH=" + os.Getenv("PATH"),
	}
}

// options are those of the program, for looks from within the test.
func (w world) options() *cfgmerge.Options {
	return &cfgmerge.Options{StateHome: filepath.Join(w.root, "state"), Durability: cfgmerge.NoSync}
}

// create makes an empty world.
func (w world) create() error {
	for _, dir := range []string{"cfg", "tmp", "home", "state"} {
		if err := os.MkdirAll(filepath.Join(w.root, dir), 0o700); err != nil {
			return err
		}
	}
	return nil
}

// become makes the world a copy of another.
func (w world) become(other world) error {
	if err := os.RemoveAll(w.root); err != nil {
		return err
	}
	return filepath.WalkDir(other.root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(other.root, name)
		if err != nil {
			return err
		}
		return copyEntry(name, filepath.Join(w.root, rel), entry)
	})
}

func copyEntry(from, to string, entry fs.DirEntry) error {
	info, err := entry.Info()
	if err != nil {
		return err
	}
	if entry.IsDir() {
		return os.Mkdir(to, info.Mode().Perm())
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return writeFile(to, data, info.Mode().Perm())
}

// writeFile is os.WriteFile, except that no process is started meanwhile: until
// it runs its program it has what is open here open, too, and a save would take
// it for a writer of the file.
func writeFile(name string, data []byte, mode fs.FileMode) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(name, data, mode)
}

// outcome is how a run of the program ended.
type outcome struct {
	code           int
	killed, hung   bool
	stdout, stderr string
	calls          []Call
}

// run runs the program.
func (w world) run(stdin string, args ...string) (outcome, error) {
	return w.start(stdin, append([]string{w.binary}, args...))
}

// patience is how long a run may take before it counts as hanging. Machines that
// do much else have kept one waiting for half a minute.
const patience = 2 * time.Minute

func (w world) start(stdin string, command []string) (outcome, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := w.command(ctx, stdin, command)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return outcome{}, err
	}
	return outcome{code: cmd.ProcessState.ExitCode(), killed: !cmd.ProcessState.Exited(), hung: ctx.Err() != nil,
		stdout: stdout.String(), stderr: stderr.String()}, nil
}

// command runs in a process group of its own, so that what hangs can be ended
// together with its tracer.
func (w world) command(ctx context.Context, stdin string, command []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdin = "/", w.env(), strings.NewReader(stdin)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

// look is what the file says, to a program that knows nothing of cfgmerge.
type look struct {
	exists bool
	bytes  []byte
	view   map[string]any // nil if the file does not parse
}

func (w world) look() (look, error) {
	data, err := os.ReadFile(w.path())
	if errors.Is(err, fs.ErrNotExist) {
		return look{view: map[string]any{}}, nil
	}
	if err != nil {
		return look{}, err
	}
	l := look{exists: true, bytes: data}
	if json.Unmarshal(data, &l.view) == nil {
		delete(l.view, "$cfgmerge")
	} else {
		l.view = nil
	}
	return l, nil
}

func same(a, b map[string]any) bool { return reflect.DeepEqual(a, b) }

// with is a view with one more field.
func with(view map[string]any, key string, value any) map[string]any {
	out := map[string]any{key: value}
	for k, v := range view {
		if k != key {
			out[k] = v
		}
	}
	return out
}

var canaries = regexp.MustCompile(`canary-[a-z0-9-]+`)

// secretsIn are the canaries of a view.
func secretsIn(view map[string]any) map[string]bool {
	text, _ := json.Marshal(view) // made by json.Unmarshal
	found := map[string]bool{}
	for _, c := range canaries.FindAllString(string(text), -1) {
		found[c] = true
	}
	return found
}

// exposed names files with canaries that others may read, and any file in the
// directory for temporary files, where nothing of a save belongs.
func (w world) exposed() (wrong []string, err error) {
	err = w.walk(func(name string, info fs.FileInfo, secrets []string) {
		switch {
		case strings.HasPrefix(name, "tmp/"):
			wrong = append(wrong, name+" is outside of the state folder")
		case len(secrets) > 0 && info.Mode().Perm()&0o077 != 0:
			wrong = append(wrong, fmt.Sprintf("%s holds secrets and has mode %v", name, info.Mode().Perm()))
		}
	})
	return wrong, err
}

// lingering names files that hold secrets which are no longer the present
// ones, and what the state folder should have been swept of.
func (w world) lingering(live map[string]bool, quarantine bool) (wrong []string, err error) {
	err = w.walk(func(name string, _ fs.FileInfo, secrets []string) {
		if tempName.MatchString(name) {
			wrong = append(wrong, tempName.ReplaceAllString(name, "TEMP")+" was not swept")
		}
		if quarantine && strings.Contains(name, "/quarantine/") {
			return
		}
		for _, s := range secrets {
			if !live[s] {
				wrong = append(wrong, tempName.ReplaceAllString(name, "TEMP")+" still holds "+s)
			}
		}
	})
	return wrong, err
}

// walk calls fn for all files, with the canaries that they hold.
func (w world) walk(fn func(name string, info fs.FileInfo, secrets []string)) error {
	return filepath.WalkDir(w.root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(w.root, name)
		fn(rel, info, canaries.FindAllString(string(data), -1))
		return err
	})
}

// errors of check, by code.
func (w world) check() ([]string, error) {
	findings, err := cfgmerge.Check(w.path(), w.options())
	if err != nil {
		return nil, err
	}
	var codes []string
	for _, f := range findings {
		if f.Severity == cfgmerge.SeverityError {
			codes = append(codes, f.Code)
		}
	}
	return codes, nil
}

// lockFile identifies the lock file, which is never deleted.
func (w world) lockFile() os.FileInfo {
	info, err := os.Stat(filepath.Join(w.folder(), "lock"))
	if err != nil {
		return nil
	}
	return info
}
