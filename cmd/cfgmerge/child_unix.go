//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// separate gives the program a process group of its own: what interrupts the
// terminal does not reach it, and its own children end with it.
func separate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
