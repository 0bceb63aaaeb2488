package main

import (
	"os/exec"
	"syscall"
)

// separate gives the program a process group of its own: Ctrl-C does not reach
// it.
func separate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
