package conformance

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"
)

// Program is an implementation that answers on its standard output what it
// reads on its standard input. Its Ask starts it if it is not running. It is
// not safe for concurrent use.
type Program struct {
	// Command is the program and its arguments.
	Command []string
	// Timeout is how long an answer may take, the start of the program
	// included; 0 means 10 s.
	Timeout time.Duration
	// MaxLine is the longest answer in bytes; 0 means 16 MiB.
	MaxLine int

	running *process
}

// What a program may do instead of answering.
var (
	errFlood = errors.New("the answer is too long")
	errEnded = errors.New("the program has ended its output")
)

// process is a program that runs.
type process struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	stderr *tail
}

// Ask puts one question. Whatever goes wrong ends the process; the next
// question goes to a new one. The error says how the program failed, with the end of
// what it printed to its standard error.
func (p *Program) Ask(ctx context.Context, r Request) (Answer, error) {
	if p.running == nil {
		if err := p.start(); err != nil {
			return Answer{}, err
		}
	}
	a, err := p.exchange(ctx, r)
	if err != nil {
		return Answer{}, p.stop(err)
	}
	return a, nil
}

// Close ends the program: by the end of its input, and if that is not enough
// by force.
func (p *Program) Close() {
	if p.running == nil {
		return
	}
	_ = p.running.stdin.Close()
	overdue := time.AfterFunc(p.timeout(), func() { _ = p.running.cmd.Process.Kill() })
	_ = p.running.cmd.Wait()
	overdue.Stop()
	p.running = nil
}

func (p *Program) timeout() time.Duration {
	if p.Timeout == 0 {
		return 10 * time.Second
	}
	return p.Timeout
}

func (p *Program) maxLine() int {
	if p.MaxLine == 0 {
		return 16 << 20
	}
	return p.MaxLine
}

func (p *Program) start() error {
	cmd := exec.Command(p.Command[0], p.Command[1:]...)
	q := &process{cmd: cmd, stderr: &tail{}}
	cmd.Stderr = q.stderr
	cmd.WaitDelay = time.Second // a child of it may hold its standard error
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("the program can't be started: %w", err)
	}
	q.stdin, q.stdout = stdin, bufio.NewReader(stdout)
	p.running = q
	return nil
}

// exchange writes a request and reads the answer, in the time that is allowed.
func (p *Program) exchange(ctx context.Context, r Request) (Answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.timeout(), fmt.Errorf("no answer within %v", p.timeout()))
	defer cancel()
	type reply struct {
		line []byte
		err  error
	}
	replies, q := make(chan reply, 1), p.running
	go func() {
		// A program that does not read may have answered all the same, so the
		// error of writing says nothing that that of reading does not.
		_, _ = q.stdin.Write(r.Line())
		line, err := readLine(q.stdout, p.maxLine())
		replies <- reply{line, err}
	}()
	select {
	case <-ctx.Done():
		return Answer{}, context.Cause(ctx)
	case got := <-replies:
		if got.err != nil {
			return Answer{}, got.err
		}
		return checkAnswer(got.line, r.ID)
	}
}

func checkAnswer(line []byte, id string) (Answer, error) {
	a, err := ParseAnswer(line)
	switch {
	case err != nil:
		return a, fmt.Errorf("the answer is none: %w", err)
	case a.ID != id:
		return a, errors.New("the answer has another id")
	}
	return a, nil
}

// readLine reads a line of at most so many bytes, without its end. The error is
// errFlood or errEnded.
func readLine(r *bufio.Reader, most int) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if line = append(line, part...); len(line) > most {
			return nil, errFlood
		}
		switch {
		case err == nil:
			return bytes.TrimSuffix(line, []byte("\n")), nil
		case err != bufio.ErrBufferFull:
			return nil, errEnded
		}
	}
}

// stop ends the process and says how it failed.
func (p *Program) stop(reason error) error {
	q := p.running
	p.running = nil
	patience := time.Duration(0)
	if reason == errEnded {
		patience = lastWords // it is ending, and shall say by itself how
	}
	overdue := time.AfterFunc(patience, func() { _ = q.cmd.Process.Kill() })
	_ = q.stdin.Close()
	_ = q.cmd.Wait() // its state says more
	overdue.Stop()
	if reason == errEnded && q.cmd.ProcessState != nil {
		reason = fmt.Errorf("the program died: %v", q.cmd.ProcessState)
	}
	if said := q.stderr.String(); said != "" {
		return fmt.Errorf("%w: %s", reason, said)
	}
	return reason
}

// lastWords is how long a program may take to end after its output did.
const lastWords = time.Second

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

// maxTail is the number of bytes that a tail keeps.
const maxTail = 2000

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, b[max(0, len(b)-maxTail):]...)
	t.kept = t.kept[max(0, len(t.kept)-maxTail):]
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.kept))
}
