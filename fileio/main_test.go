//go:build unix

package fileio

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// The tests that need other processes run this binary again, with the part to play in the environment.
const (
	partVar  = "FILEIO_TEST_PART"
	pathVar  = "FILEIO_TEST_PATH"
	pointVar = "FILEIO_TEST_POINT"
	userVar  = "FILEIO_TEST_USER"
)

func TestMain(m *testing.M) {
	parts := map[string]func(path string) error{"hold": holdLock, "write": writeInPlace, "save": saveOnce, "count": count}
	addSystemParts(parts)
	part, ok := parts[os.Getenv(partVar)]
	if !ok {
		os.Exit(m.Run())
	}
	if err := errors.Join(becomeUser(), part(os.Getenv(pathVar))); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

// becomeUser drops root here rather than at the start, because another user may not be allowed to run this binary.
func becomeUser() error {
	id, err := strconv.Atoi(os.Getenv(userVar))
	if err != nil {
		return nil
	}
	return errors.Join(syscall.Setgroups([]int{}), syscall.Setgid(id), syscall.Setuid(id))
}

// child is another process that says on stdout what it has done and waits on stdin for leave to go on.
type child struct {
	*exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func start(t *testing.T, part, path string, adjust ...func(*exec.Cmd)) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), partVar+"="+part, pathVar+"="+path)
	cmd.Stderr = os.Stderr
	for _, f := range adjust {
		f(cmd)
	}
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { _, _ = cmd.Process.Kill(), cmd.Wait() })
	return &child{Cmd: cmd, in: in, out: bufio.NewReader(out)}
}

// expect waits for the child to say so.
func (c *child) expect(t *testing.T, want string) {
	t.Helper()
	line, err := c.out.ReadString('\n')
	if err != nil || line != want+"\n" {
		t.Fatalf("the child said %q (%v), not %q", line, err, want)
	}
}

// release lets the child go on; it does not wait for what it does then.
func (c *child) release() { _ = c.in.Close() }

func waitForRelease() { _, _ = io.Copy(io.Discard, os.Stdin) }

func holdLock(path string) error {
	f, err := OpenFolder(path, true, Options{App: "codag mcp"})
	if err != nil {
		return err
	}
	txn, err := f.Lock(tContext())
	if err != nil {
		return err
	}
	fmt.Println("locked")
	waitForRelease()
	return txn.Unlock()
}

// writeInPlace is the foreign program that truncates and writes, with its hand on the file for a while.
func writeInPlace(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	fmt.Println("open")
	waitForRelease()
	if err := file.Truncate(0); err != nil {
		return err
	}
	if _, err := file.WriteString("foreign"); err != nil {
		return err
	}
	return file.Close()
}

// saveOnce saves "new" and kills itself at the point that the environment names.
func saveOnce(path string) error {
	point := os.Getenv(pointVar)
	o := Options{Fault: func(p string) error {
		if p == point {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
		return nil
	}}
	err := replaceOnce(path, "new", o)
	if err == nil {
		fmt.Println("saved")
	}
	return err
}

func replaceOnce(path, data string, o Options) error {
	return change(path, o, func(string) string { return data })
}

// change is a whole save by a program that merges nothing.
func change(path string, o Options, edit func(old string) string) error {
	f, err := OpenFolder(path, true, o)
	if err != nil {
		return err
	}
	defer f.Close()
	txn, err := f.Lock(tContext())
	if err != nil {
		return err
	}
	defer txn.Unlock()
	if _, err := txn.Leftovers(func([]byte) bool { return false }); err != nil {
		return err
	}
	old, err := txn.Read()
	if err != nil {
		return err
	}
	next := ContentOf([]byte(edit(string(old.Data))))
	if err := txn.WriteSlot(next.Digest, append([]byte("shadow of "), next.Data...), old.Digest, true); err != nil {
		return err
	}
	s, err := txn.Swap(old, next, false)
	if err != nil {
		return err
	}
	_, err = s.Settle(tContext())
	return err
}

const countTo = 20

// count adds one to the number in the file, again and again.
func count(path string) error {
	for range countTo {
		if err := change(path, Options{LockTimeout: time.Minute}, increment); err != nil {
			return err
		}
	}
	fmt.Println("counted")
	return nil
}

func increment(old string) string {
	n, _ := strconv.Atoi(old)
	return strconv.Itoa(n + 1)
}

// fixture is a file in a directory of its own.
func fixture(t *testing.T, data string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.json")
	if data != "" {
		must(t, os.WriteFile(path, []byte(data), 0o600))
	}
	return path
}

func openFolder(t *testing.T, path string, o Options) *Folder {
	t.Helper()
	if o.StateHome == "" {
		o.StateHome = t.TempDir()
	}
	f, err := OpenFolder(path, true, o)
	must(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

// begin locks and reads.
func begin(t *testing.T, path string, o Options) (*Txn, Content) {
	t.Helper()
	txn, err := openFolder(t, path, o).Lock(t.Context())
	must(t, err)
	t.Cleanup(func() { txn.Unlock() })
	old, err := txn.Read()
	must(t, err)
	return txn, old
}

func swap(t *testing.T, txn *Txn, old Content, data string) *Swap {
	t.Helper()
	s, err := txn.Swap(old, ContentOf([]byte(data)), false)
	must(t, err)
	return s
}

func settle(t *testing.T, s *Swap) Settled {
	t.Helper()
	done, err := s.Settle(t.Context())
	must(t, err)
	return done
}

func wantFile(t *testing.T, path, data string) {
	t.Helper()
	got, err := os.ReadFile(path)
	must(t, err)
	if string(got) != data {
		t.Fatalf("%s holds %q, not %q", filepath.Base(path), got, data)
	}
}

func wantClass(t *testing.T, err error, c Class) {
	t.Helper()
	if !is(err, c) {
		t.Fatalf("got %v, not a FileError of class %q", err, c)
	}
}

// temps are the temp files in the state folder.
func temps(t *testing.T, f *Folder) (found []string) {
	t.Helper()
	names, err := f.names()
	must(t, err)
	for _, name := range names {
		if _, ok := parseTemp(name); ok {
			found = append(found, name)
		}
	}
	return found
}

// failAt makes every step of that name fail.
func failAt(point string, err error) func(string) error {
	return func(p string) error {
		if p == point {
			return err
		}
		return nil
	}
}

var errInjected = errors.New("injected")

// eventually is for states of other goroutines that nothing announces.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("never: " + what)
		}
	}
}
