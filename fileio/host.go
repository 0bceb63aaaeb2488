package fileio

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"sync"
)

// hostID tells hosts apart without revealing what identifies them.
type hostID [16]byte

func (h hostID) String() string { return hex.EncodeToString(h[:]) }

// Self is what this process knows of itself and of its host, found out when it is first needed. Folders that are opened
// one after the other share it, through Options.
type Self struct {
	host func() hostID
	exe  func() string
}

// NewSelf finds out nothing yet.
func NewSelf() *Self {
	return &Self{host: sync.OnceValue(thisHost), exe: sync.OnceValue(thisExecutable)}
}

// thisExecutable is the base name of the program that runs.
func thisExecutable() string {
	path, _ := os.Executable()
	return filepath.Base(path)
}

// thisHost prefers the machine's own id: host names change with the network, and containers share a machine's files
// under names of their own only if they share no id either.
func thisHost() hostID {
	id := machineID()
	if id == "" {
		id, _ = os.Hostname()
	}
	d := Sum([]byte("cfgmerge host\x00" + id))
	return hostID(d[:16])
}
