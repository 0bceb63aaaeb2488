// Package fileio replaces one file on disk so that no reader, crash or rival writer can lose its bytes.
//
// Start with [Read] for lock-free reading and [OpenFolder] for everything that writes: a [Folder] is one logical
// file together with the state folder beside it, and [Folder.Lock] returns the [Txn] in which that file is read,
// swapped and settled.
//
// # What is guaranteed
//
// A reader sees the old bytes or the new ones, never a mixture, and needs no lock. A replacement that [Swap.Settle]
// acknowledged survives a kill and, with [Full], the loss of power. What came out of a replacement is looked at, not
// assumed: [Swap.Displaced] is the file that was really there, so a writer that knows no lock loses nothing. The lock
// is fair, can be cancelled, names its holder when it gives up, and is never bypassed.
//
// # What is not
//
// The package knows no JSON and merges nothing: it hands over bytes, and the caller decides. A file mounted on its own
// cannot be replaced; writing into it ([Options].InPlace) excludes nobody outside the mount. The lock is advisory.
//
// # Compatibility
//
// Linux has everything. macOS lacks the check for foreign writers of a displaced file. Windows has no directory fsync
// and replaces with ReplaceFile. File systems without an atomic exchange fall back to check and rename.
package fileio
