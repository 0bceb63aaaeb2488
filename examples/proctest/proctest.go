// Package proctest runs parts of a test as processes of their own, by running
// the test binary again. Tests and processes talk through pipes, line by line,
// so that their steps interleave in one certain order.
//
// Start with [Main] and [Start].
package proctest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// roleVar names the part that a process plays.
const roleVar = "PROCTEST_ROLE"

// Role is what a process does instead of running tests: it gets the arguments
// and returns the exit status.
type Role func(args []string) int

// Main is for TestMain. It runs the tests or, in a process that Start has
// made, the role; it does not return.
func Main(m *testing.M, roles map[string]Role) {
	name, ok := os.LookupEnv(roleVar)
	if !ok {
		os.Exit(m.Run())
	}
	role, ok := roles[name]
	if !ok {
		fmt.Fprintln(os.Stderr, "proctest: no role", name)
		os.Exit(2)
	}
	os.Exit(role(os.Args[1:]))
}

// Meet says a line to the test and waits for one from it. Roles call it where
// they are to be overtaken.
func Meet(in *bufio.Reader, line string) error {
	fmt.Println(line)
	_, err := in.ReadString('\n')
	if errors.Is(err, io.EOF) {
		return nil // the test lets go of the process
	}
	return err
}

// Process is a role under way. A test that ends kills it.
type Process struct {
	t    testing.TB
	name string
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	said strings.Builder // on stderr
}

// Start runs the role with these arguments.
func Start(t testing.TB, role string, args ...string) *Process {
	t.Helper()
	p := &Process{t: t, name: strings.Join(append([]string{role}, args...), " ")}
	p.cmd = exec.CommandContext(t.Context(), os.Args[0], args...)
	// The race detector would keep each process for a second after its end.
	p.cmd.Env = append(os.Environ(), roleVar+"="+role, "GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	p.cmd.Stderr = &p.said
	in, inErr := p.cmd.StdinPipe()
	out, outErr := p.cmd.StdoutPipe()
	if err := errors.Join(inErr, outErr, p.cmd.Start()); err != nil {
		t.Fatal(err)
	}
	p.in, p.out = in, bufio.NewReader(out)
	t.Cleanup(func() { _, _ = p.cmd.Process.Kill(), p.cmd.Wait() })
	return p
}

// Expect waits for the process to say this line, and nothing before it.
func (p *Process) Expect(want string) {
	p.t.Helper()
	line, err := p.out.ReadString('\n')
	if got := strings.TrimRight(line, "\r\n"); got != want {
		p.t.Fatalf("%s said %q (%v), not %q\n%s", p.name, got, err, want, p.errors(err))
	}
}

// errors returns what the process said on stderr, if it has ended.
func (p *Process) errors(err error) string {
	if err == nil {
		return ""
	}
	_ = p.cmd.Wait()
	return p.said.String()
}

// Say sends the process a line: leave to go on, if nothing else.
func (p *Process) Say(line string) {
	p.t.Helper()
	if _, err := io.WriteString(p.in, line+"\n"); err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
}

// Finish lets the process go on to its end, which must be a good one, and
// returns the rest of what it said.
func (p *Process) Finish() string {
	p.t.Helper()
	out, said, code := p.End()
	if code != 0 {
		p.t.Fatalf("%s: exit status %d\n%s%s", p.name, code, out, said)
	}
	return out
}

// End lets the process go on to its end and returns the rest of what it said,
// on stdout and on stderr, and its exit status.
func (p *Process) End() (stdout, stderr string, code int) {
	p.t.Helper()
	_ = p.in.Close()
	out, err := io.ReadAll(p.out)
	if err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
	_ = p.cmd.Wait()
	return string(out), p.said.String(), p.cmd.ProcessState.ExitCode()
}
