package fosite

import (
	"os"
	"syscall"
)

func syncData(file *os.File) { _ = syscall.Fdatasync(int(file.Fd())) }
