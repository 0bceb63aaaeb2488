package fileio

const (
	oNoFollow = 0 // os.Root never follows a link out of the folder
	oNonBlock = 0
)

// Ownership on Windows is a matter of ACLs, which the folder inherits.
func isMine(uint32) bool { return true }

func isForeign(Info) bool { return false }
