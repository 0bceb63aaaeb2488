//go:build unix

package refresh

import (
	"context"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge"
)

// execRole exchanges the token by a program of its own, which inherits the lock
// and goes on until its standard input ends.
func execRole(args []string) error {
	file, err := cfgmerge.Open[config](args[0], nil)
	if err != nil {
		return err
	}
	c, err := New(NewFileStore(file.Doc(), cfgmerge.GroupRef{Name: "auth"}), Options{
		ClientID: "cli", External: true,
		Exchange: func(ctx context.Context, _ Token) (Token, error) {
			lock, err := ShareLock(ctx)
			if err != nil {
				return Token{}, err
			}
			defer lock.Close()
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), roleVariable+"=program")
			cmd.Stdin, cmd.Stdout, cmd.ExtraFiles = os.Stdin, os.Stdout, []*os.File{lock}
			return Token{}, cmd.Run()
		},
	})
	if err != nil {
		return err
	}
	_, err = c.Refresh(context.Background(), "AT-1")
	return err
}

func programRole([]string) error {
	_, _ = os.Stdout.WriteString("running\n")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

func TestAProgramThatOutlivesItsParentKeepsTheLock(t *testing.T) {
	r := newRig(t)
	parent := start(t, "exec", r.path)
	parent.expect("running")
	must(t, parent.Process.Kill())
	_, _ = parent.Process.Wait()

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := r.coordinator().Refresh(ctx, "AT-1")
	fails[*cfgmerge.LockError](t, err)

	must(t, parent.in.Close()) // ends the program
	_, err = r.coordinator().Refresh(t.Context(), "AT-1")
	e := fails[*InterruptedError](t, err)
	equal(t, "pid", e.PID, parent.Process.Pid)
	equal(t, "calls", r.server.count(), 0)
}

func TestAStoppedHolderIsNamedAsStoppedAndNobodyTakesOver(t *testing.T) {
	if _, err := os.Stat("/proc/locks"); err != nil {
		t.Skip("only Linux tells whether a process is stopped")
	}
	r := newRig(t)
	r.write(`{"auth":{"access_token":"AT-1","refresh_token":"RT-1","expires_at":1}}`)
	holder := start(t, "token", r.path, r.server.URL, "locked", "wait")
	holder.expect("waiting")
	must(t, holder.Process.Signal(syscall.SIGSTOP))
	defer holder.Process.Signal(syscall.SIGCONT)
	for stopped := false; !stopped; {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		_, err := r.coordinator().Token(ctx)
		cancel()
		e := fails[*cfgmerge.LockError](t, err)
		equal(t, "holder", e.Holder.PID, holder.Process.Pid)
		stopped = e.Holder.Stopped
	}
	equal(t, "calls", r.server.count(), 0)
}
