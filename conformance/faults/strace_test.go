//go:build faults && linux

package faults

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// traceOptions make strace record what touches files, with the paths of
// descriptors, and no contents.
var traceOptions = []string{"-f", "-qq", "-y", "-s", "0", "-e", "trace=%file,%desc"}

// untraceable says why nothing can be attacked by way of strace, if so.
func untraceable() string {
	if _, err := exec.LookPath("strace"); err != nil {
		return "there is no strace; it comes with the package strace of Debian and others"
	}
	if out, err := exec.Command("strace", "-qq", "-e", "trace=none", "true").CombinedOutput(); err != nil {
		return "strace may not trace here: " + firstLine(string(out))
	}
	return ""
}

// needStrace skips the test where there is no strace, or it may not trace.
func needStrace(t testing.TB) {
	t.Helper()
	if reason := untraceable(); reason != "" {
		t.Skip("skipped: " + reason)
	}
}

// traced runs the program under strace, with more options for it.
func (w world) traced(options []string, stdin string, args ...string) (outcome, error) {
	log := filepath.Join(filepath.Dir(w.root), filepath.Base(w.root)+".trace")
	command := append([]string{"strace", "-o", log}, traceOptions...)
	if !slices.ContainsFunc(options, func(o string) bool { return strings.Contains(o, "signal=") }) {
		command = append(command, "--seccomp-bpf") // faster, but strace(1) delivers no signals with it
	}
	command = append(append(command, options...), "--", w.binary)
	out, err := w.start(stdin, append(command, args...))
	if err != nil {
		return out, err
	}
	text, err := os.ReadFile(log)
	out.calls = Trace(string(text))
	return out, err
}
