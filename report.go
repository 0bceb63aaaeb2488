package cfgmerge

// Report says what the last operation on a file found and did. Fields are
// given as JSON Pointers, groups by the name of their instance.
type Report struct {
	// New: there was no file, or an empty one.
	New bool
	// Recovered: the file could not be read, and the last good state was
	// taken instead. The next save mends the file.
	Recovered bool
	// Replaced: the file is another document than the one that the state
	// folder remembers.
	Replaced bool
	// Written: the file was changed. A save that changes nothing writes
	// nothing.
	Written bool
	// Durable: the change survives a power cut.
	Durable bool
	// Layout of the file.
	Layout Layout
	// Folder is the state folder, if it could not lie beside the file.
	Folder string
	// LinksBroken: the file had further hard links, which keep the old bytes.
	LinksBroken bool
	// Changed fields are those that the caller changed.
	Changed []string
	// Kept fields hold an older value of this process than the last one that
	// it saved: they are taken for stale, not for changed, and not written.
	Kept []string
	// Adopted fields were changed by programs that know nothing of cfgmerge.
	Adopted []string
	// Rejected fields would have put back a superseded value, and did not.
	Rejected []string
}

// EventKind says what an Event is about.
type EventKind string

// The kinds of events.
const (
	// EventRecovered: the file is damaged; the last good state was taken instead.
	EventRecovered EventKind = "recovered"
	// EventAdopted: foreign writes became part of the document.
	EventAdopted EventKind = "adopted"
	// EventRejected: foreign writes would have put back old values.
	EventRejected EventKind = "rejected"
	// EventReplaced: the file is another document than before.
	EventReplaced EventKind = "replaced"
	// EventQuarantined: bytes were moved to the state folder's quarantine.
	EventQuarantined EventKind = "quarantined"
	// EventUncached: the state folder's copy could not be written. Nothing is
	// lost, but there is nothing to recover from if the file is damaged.
	EventUncached EventKind = "uncached"
	// EventUnreadable is of Watch alone: the file can't be read for now.
	EventUnreadable EventKind = "unreadable"
)

// Event is something that happened besides what was asked for. It never
// carries a value.
type Event struct {
	Kind EventKind
	// Path of the file.
	Path string
	// Fields that it is about, as in Report.
	Fields []string
	// Err is the reason, if there is one.
	Err error
}
