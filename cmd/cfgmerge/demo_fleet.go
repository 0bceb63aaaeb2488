package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"
)

// demoProcess is a worker, seen from the demo.
type demoProcess struct {
	name   string
	stdin  io.WriteCloser
	stderr bytes.Buffer

	saved  atomic.Int64  // the last number that it said was saved
	loaded chan struct{} // closed when it has loaded the file
	done   chan struct{} // closed at its end
	err    error         // why it ended, once done
}

// startDemoProcess runs the command line, which is killed at the end of ctx.
func startDemoProcess(ctx context.Context, name string, argv []string) (*demoProcess, error) {
	p := &demoProcess{name: name, loaded: make(chan struct{}), done: make(chan struct{})}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stderr = &p.stderr
	cmd.WaitDelay = time.Second
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p.stdin = stdin
	go p.follow(stdout, cmd.Wait)
	return p, nil
}

// follow takes the process's word for what it has done, until its end.
func (p *demoProcess) follow(stdout io.Reader, wait func() error) {
	defer close(p.done)
	words := json.NewDecoder(stdout)
	var w demoWord
	err := words.Decode(&w)
	if w.Loaded {
		close(p.loaded)
	}
	for err == nil {
		if err = words.Decode(&w); err == nil {
			p.saved.Store(int64(w.Saved))
		}
	}
	p.err = wait()
	if p.err == nil && !errors.Is(err, io.EOF) {
		p.err = err
	}
	if said := firstComplaint(p.stderr.String()); p.err != nil && said != "" {
		p.err = errors.New(said)
	}
}

// firstComplaint is what complain has printed, without the hint.
func firstComplaint(stderr string) string {
	line, _, _ := strings.Cut(stderr, "\n")
	return strings.TrimPrefix(line, programName+": ")
}

// begin lets the process save.
func (p *demoProcess) begin() error {
	_, err := io.WriteString(p.stdin, "\n")
	return err
}

// end asks the process to save once more and to end.
func (p *demoProcess) end() { _ = p.stdin.Close() }

// wait returns how the process ended.
func (p *demoProcess) wait() error {
	<-p.done
	if p.err != nil {
		return fmt.Errorf("process %s: %w", p.name, p.err)
	}
	return nil
}

// demoFleet is the processes that share one file: a daemon and its savers.
type demoFleet struct {
	daemon *demoProcess
	savers []*demoProcess
	kill   context.CancelFunc
}

// errDemoSilent: a process ended well and said nothing, so it was no worker.
var errDemoSilent = errors.New("a process of the demo ended before it had loaded the file")

// startDemoFleet starts all processes and returns when all have loaded the
// file: nothing that is saved later is known to any of them.
func startDemoFleet(ctx context.Context, savers []string, argv func(name string) []string) (*demoFleet, error) {
	f := &demoFleet{}
	ctx, f.kill = context.WithCancel(ctx)
	for _, name := range append([]string{demoDaemon}, savers...) {
		p, err := startDemoProcess(ctx, name, argv(name))
		if err != nil {
			f.close()
			return nil, err
		}
		if f.daemon == nil {
			f.daemon = p
		} else {
			f.savers = append(f.savers, p)
		}
	}
	for _, p := range f.all() {
		select {
		case <-p.loaded:
		case <-p.done:
			f.close()
			return nil, cmp.Or(p.wait(), errDemoSilent)
		}
	}
	return f, nil
}

func (f *demoFleet) all() []*demoProcess {
	if f.daemon == nil {
		return nil
	}
	return append([]*demoProcess{f.daemon}, f.savers...)
}

// run lets the processes save for the given time. The daemon ends first, so
// that what the others save at their end comes after its last rotation.
func (f *demoFleet) run(ctx context.Context, d time.Duration) error {
	for _, p := range f.all() {
		if err := p.begin(); err != nil {
			return cmp.Or(p.wait(), err)
		}
	}
	select {
	case <-ctx.Done():
	case <-f.daemon.done:
	case <-time.After(d):
	}
	f.daemon.end()
	err := f.daemon.wait()
	for _, p := range f.savers {
		p.end()
	}
	for _, p := range f.savers {
		err = cmp.Or(err, p.wait())
	}
	return err
}

// close kills what still runs, and returns when nothing does.
func (f *demoFleet) close() {
	f.kill()
	for _, p := range f.all() {
		<-p.done
	}
}
