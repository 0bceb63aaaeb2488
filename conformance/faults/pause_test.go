//go:build faults && linux

package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// rival is another program that writes while a save stands still.
type rival struct {
	name  string
	locks bool // it waits for the lock, and gives up in the end
	// act returns once the rival has written, or can't before the save goes on;
	// then finish waits for it.
	act func(w world) (timedOut bool, finish func() error, err error)
}

func rivals() []rival {
	return []rival{
		{"saves, too", true, impatient},
		{"waits for the lock", false, patient},
		{"renames over", false, stranger(keepHistory, renameOver)},
		{"writes in place", false, stranger(keepHistory, inPlace)},
		{"drops the history", false, stranger(dropHistory, renameOver)},
	}
}

func nothing() error { return nil }

// impatient saves with the same program, and waits for the lock only shortly.
func impatient(w world) (timedOut bool, finish func() error, err error) {
	out, err := w.run("", "set", w.path(), "/rival", "1", "--lock-timeout", "50ms")
	switch {
	case err != nil || out.code == 0:
		return false, nothing, err
	case out.code == 3 && strings.Contains(out.stderr, "stopped"):
		return true, nothing, nil
	}
	return false, nothing, fmt.Errorf("exit code %d: %s", out.code, out.stderr)
}

// patient saves with the same program, and waits for the lock until it gets it.
func patient(w world) (timedOut bool, finish func() error, err error) {
	log := w.root + ".rival"
	command := []string{"strace", "-f", "-qq", "-o", log, "-e", "trace=flock", "--",
		w.binary, "set", w.path(), "/rival", "1", "--lock-timeout", "1m"}
	_ = os.Remove(log)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	cmd := w.command(ctx, "", command)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		cancel()
		return false, nothing, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	finish = func() error {
		defer cancel()
		if err := <-ended; err != nil {
			return fmt.Errorf("%w: %s", err, stderr.String())
		}
		return nil
	}
	look := time.NewTicker(time.Millisecond) // strace tells nobody but its log
	defer look.Stop()
	for {
		select {
		case err := <-ended:
			ended <- err
			return false, finish, nil
		case <-look.C:
			if text, err := os.ReadFile(log); err == nil && bytes.Contains(text, []byte("EAGAIN")) {
				return false, finish, nil
			}
		}
	}
}

// stranger changes the file as programs do that know nothing of cfgmerge.
func stranger(change func([]byte) ([]byte, error), write func(string, []byte) error) func(world) (bool, func() error, error) {
	return func(w world) (bool, func() error, error) { return false, nothing, w.edit(change, write) }
}

// edit changes the file without a lock.
func (w world) edit(change func([]byte) ([]byte, error), write func(path string, text []byte) error) error {
	text, err := os.ReadFile(w.path())
	if err != nil {
		return err
	}
	if text, err = change(text); err != nil {
		return err
	}
	return write(w.path(), text)
}

func keepHistory(text []byte) ([]byte, error) {
	return bytes.Replace(text, []byte("{"), []byte(`{"rival":1,`), 1), nil
}

func dropHistory(text []byte) ([]byte, error) {
	var view map[string]any
	if err := json.Unmarshal(text, &view); err != nil {
		return nil, err
	}
	delete(view, "$cfgmerge")
	view["rival"] = 1
	return json.Marshal(view)
}

func renameOver(path string, text []byte) error {
	if err := writeFile(path+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func inPlace(path string, text []byte) error { return writeFile(path, text, 0o600) }

// stoppedRun is a run that stands still after a system call.
type stoppedRun struct {
	cmd    *exec.Cmd
	stderr *bytes.Buffer
	log    string
	cancel context.CancelFunc
	done   chan error
}

// stopAt starts the scenario and returns once it stands still. It returns nil
// if the run has ended without, because another thread did its work.
func (t *trial) stopAt(at Point) (*stoppedRun, error) {
	log := t.world.root + ".trace"
	command := append([]string{"strace", "-o", log}, traceOptions...)
	command = append(command, Fault{Kind: "STOP"}.Injection(at), "--", t.world.binary)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	r := &stoppedRun{log: log, stderr: &bytes.Buffer{}, cancel: cancel, done: make(chan error, 1)}
	_ = os.Remove(log)
	r.cmd = t.world.command(ctx, t.stdin, append(command, t.command(t.world)...))
	r.cmd.Stderr = r.stderr
	if err := r.cmd.Start(); err != nil {
		cancel()
		return nil, err
	}
	go func() { r.done <- r.cmd.Wait() }()
	look := time.NewTicker(time.Millisecond) // strace tells nobody but its log
	defer look.Stop()
	for {
		select {
		case err := <-r.done:
			cancel()
			return nil, err
		case <-look.C:
			if text, err := os.ReadFile(log); err == nil && bytes.Contains(text, []byte("stopped by SIGSTOP")) {
				return r, nil
			}
		}
	}
}

// points are those that it has passed.
func (r *stoppedRun) points(dir string) []Point {
	text, _ := os.ReadFile(r.log) // what can't be read is no hit
	return Points(Trace(string(text)), dir)
}

// goOn lets it run to its end. strace counts by thread, so it may stop again.
func (r *stoppedRun) goOn() error {
	defer r.cancel()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		_ = syscall.Kill(-r.cmd.Process.Pid, syscall.SIGCONT)
		select {
		case err := <-r.done:
			if err != nil {
				err = fmt.Errorf("the stopped save: %w: %s", err, r.stderr)
			}
			return err
		case <-again.C:
		}
	}
}

// pause stops the run at a point while a rival writes, and returns what is
// wrong in the end.
func (t *trial) pause(at Point, r rival) (string, error) {
	for range tries {
		if err := t.world.become(t.template); err != nil {
			return "", err
		}
		run, err := t.stopAt(at)
		if err != nil {
			return "", err
		}
		if run != nil && (Fault{Kind: "STOP"}).Hit(t.clean, at, run.points(t.world.root)) {
			return t.overtake(run, at, r)
		}
		if run != nil {
			_ = run.goOn() // it stopped elsewhere
		}
	}
	return "the run was never stopped here", nil
}

// overtake has the rival write, lets the stopped run go on, and looks at what
// both have made of the file.
func (t *trial) overtake(run *stoppedRun, at Point, r rival) (string, error) {
	timedOut, finish, rivalErr := r.act(t.world)
	if err := run.goOn(); err != nil {
		_ = finish()
		return err.Error(), nil
	}
	if err := errors.Join(rivalErr, finish()); err != nil {
		return "the rival: " + err.Error(), nil
	}
	if r.locks && timedOut != at.Locked {
		return fmt.Sprintf("the rival timed out: %v; the stopped save has the lock: %v", timedOut, at.Locked), nil
	}
	if timedOut {
		if again, _, err := impatient(t.world); again || err != nil {
			return fmt.Sprintf("the rival's second try: %v", err), nil
		}
	}
	if out, err := t.world.run("", "set", t.world.path(), "/next", "1"); err != nil || out.code != 0 {
		return "the next save fails: " + out.stderr, err
	}
	now, err := t.world.look()
	if want := with(with(t.want, "rival", 1.0), "next", 1.0); err == nil && !same(now.view, want) {
		return "not both changes are there", nil
	}
	return "", err
}

// pausesIn stops the scenario everywhere, with each rival.
func pausesIn(dir, binary string) (*tally, error) {
	t, err := rehearse(scenarios()[0], filepath.Join(dir, "paused"), binary)
	if err != nil {
		return nil, err
	}
	y := &tally{name: t.name, points: len(t.clean)}
	var mu sync.Mutex
	err = inParallel(2*runtime.GOMAXPROCS(0), slices.Values(t.clean), func(worker int) func(Point) error {
		own := *t
		own.world.root = fmt.Sprint(t.world.root, worker)
		return func(p Point) error {
			for _, r := range rivals() {
				bad, err := own.pause(p, r)
				if err != nil {
					return err
				}
				mu.Lock()
				y.runs++
				if bad != "" {
					y.add(violation{lost, bad}, fmt.Sprintf("stopped after %d %s, a rival %s", p.Index, p.What, r.name))
				}
				mu.Unlock()
			}
			return nil
		}
	})
	return y, err
}

func TestSaveIsStoppedEverywhereWhileARivalWrites(t *testing.T) {
	needStrace(t)
	binary := build(t)
	for place, dir := range places(t) {
		t.Run(place, func(t *testing.T) {
			y, err := pausesIn(dir, binary)
			if err != nil {
				t.Fatal(err)
			}
			y.report(t)
			t.Logf("%d points, %d runs", y.points, y.runs)
		})
	}
}
