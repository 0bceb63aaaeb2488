//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The token was handed to a program, and who handed it over was killed: nobody
// knows whether the server has seen it, so nobody sends it again.
func TestATokenThatAKilledExecHandedOutIsNotSpentAgain(t *testing.T) {
	dir := t.TempDir()
	file, started := filepath.Join(dir, "app.json"), filepath.Join(dir, "started")
	held := filepath.Join(dir, "held")
	for _, fifo := range []string{started, held} {
		if err := syscall.Mkfifo(fifo, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	token := `{"access_token": "AT-1", "refresh_token": "RT-1", "expires_in": 0}`
	said, code := runProgram(t, token, "token", "login", file, "login", "--at", "/auth",
		"--member", "access=access_token", "--member", "refresh=refresh_token", "--member", "expiry=expires_at")
	if code != 0 {
		t.Fatal(said)
	}
	first := program("token", "exec", file, "login", "--", "sh", "-c", "echo >"+started+"; cat "+held)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadFile(started); err != nil {
		t.Fatal(err)
	}
	_, _ = first.Process.Kill(), first.Wait()

	// The program goes on, and has the lock.
	said, code = runProgram(t, "", "token", "exec", file, "login", "--lock-timeout", "50ms", "--", "touch", filepath.Join(dir, "spent"))
	if code != exitLocked {
		t.Errorf("status %d: %s", code, said)
	}
	if err := os.WriteFile(held, []byte("end\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	said, code = runProgram(t, "", "token", "exec", file, "login", "--", "touch", filepath.Join(dir, "spent"))
	if code != exitFailed || !strings.Contains(said, "rotation interrupted") {
		t.Errorf("status %d: %s", code, said)
	}
	if _, err := os.Stat(filepath.Join(dir, "spent")); err == nil {
		t.Error("the token was spent again")
	}
	said, code = runProgram(t, "", "token", "status", file, "login")
	if code != exitFound || !strings.Contains(said, "interrupted") {
		t.Errorf("status %d: %s", code, said)
	}
}

// program is cfgmerge as a process: the test binary, under the name by which
// it runs as the program.
func program(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Args[0] = programName
	return cmd
}

func runProgram(t *testing.T, stdin string, args ...string) (said string, code int) {
	t.Helper()
	var out bytes.Buffer
	code = run(args, strings.NewReader(stdin), &out, &out)
	return out.String(), code
}
