//go:build !linux

package fosite

import "os"

func syncData(file *os.File) { _ = file.Sync() }
