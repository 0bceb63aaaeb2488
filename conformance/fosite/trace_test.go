//go:build faults && linux

package fosite

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/conformance/faults"
)

func needStrace(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("skipped: there is no strace; it comes with the package strace of Debian and others")
	}
}

// traced are the calls at which a fault makes a difference: those on files,
// descriptors and connections. The others are the business of Go's runtime.
const traced = "trace=%file,%desc,%network"

// run is a process of the stage under strace(1).
type run struct {
	told
	calls  []faults.Call
	pid    int
	said   string // on the standard error
	err    error  // it did not end by itself, or badly
	hung   bool
	root   string // of the stage
	log    string
	cmd    *exec.Cmd
	stderr bytes.Buffer
	done   chan error
	cancel context.CancelFunc
	ctx    context.Context
}

// patience is how long a process may take, under strace and on a busy machine,
// before it counts as hanging.
const patience = 2 * time.Minute

// newTarget is a stage on which the process is to be hit at a call. What is to
// be waited for then is not waited for as long as usual.
func newTarget(t testing.TB, part string) *stage {
	t.Helper()
	s := newStage(t)
	s.Aimed, s.Timeout = part, 20*time.Second
	return s
}

// trace runs the process to its end, with more options for strace.
func (s *stage) trace(t testing.TB, options ...string) *run {
	t.Helper()
	r := s.launchTraced(t, options...)
	r.wait()
	return r
}

func (s *stage) launchTraced(t testing.TB, options ...string) *run {
	t.Helper()
	r := &run{root: s.root, log: filepath.Join(t.TempDir(), "trace"), done: make(chan error, 1)}
	r.ctx, r.cancel = context.WithTimeout(context.Background(), patience)
	args := append([]string{"-f", "-qq", "-y", "-s", "0", "-o", r.log, "-e", traced}, options...)
	r.cmd = exec.CommandContext(r.ctx, "strace", append(args, "--", os.Args[0])...)
	p := s.part
	p.Told = r.log + ".told"
	r.cmd.Env = append(p.env(), "GOMAXPROCS=1", "TMPDIR="+filepath.Join(s.root, "tmp"))
	r.cmd.Stderr = &r.stderr
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	r.cmd.Cancel = func() error { return syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL) }
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { r.done <- r.cmd.Wait() }()
	return r
}

// wait takes what the process has left.
func (r *run) wait() {
	if r.err = <-r.done; r.err == nil {
		var text string
		if text, r.err = os.Readlink(r.log + ".told"); r.err == nil {
			r.err = json.Unmarshal([]byte(text), &r.told)
		}
	}
	r.hung = r.ctx.Err() != nil
	r.cancel()
	r.said = r.stderr.String()
	if r.calls = r.soFar(); len(r.calls) > 0 {
		r.pid = r.calls[0].Thread // the first one has the number of the process
	}
}

// soFar are the calls that were recorded by now.
func (r *run) soFar() []faults.Call {
	text, _ := os.ReadFile(r.log) // what can't be read is no hit
	return faults.Trace(string(text))
}

var sockets = regexp.MustCompile(`socket:\[[0-9]+\]`)

// points are the calls of a part.
func (r *run) points(part string) []faults.Point {
	if part == onFiles {
		return faults.Points(r.calls, r.root)
	}
	var named []faults.Call
	for _, c := range r.calls {
		if c.Name == "close" {
			continue // by any thread, when all is done
		}
		if sockets.MatchString(c.Args) || c.Name == "socket" {
			c.Args = "/net/socket" // the numbers of sockets and ports differ from run to run
		}
		named = append(named, c)
	}
	return faults.Points(named, "/net")
}

// crashed: the fault has hit the runtime, or what loads the program, and that
// has ended the process; it may not have been able to say so.
func (r *run) crashed() bool {
	var exit *exec.ExitError
	if errors.As(r.err, &exit) && exit.ExitCode() == 2 && r.said == "" {
		return true
	}
	return strings.Contains(r.said, "fatal error: runtime: ") || strings.Contains(r.said, "error while loading")
}
