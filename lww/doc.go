// Package lww is the state of a settings file as a mergeable document: for
// every field the newest write wins, and copies of a file that are merged
// anywhere, any number of times, in any order, come to the same result.
//
// Start with [Document] and its methods Write, View and Merge; [Decode] and
// [Document.Encode] lead from a file's text to a document and back, and [Adopt]
// takes in what a program has written that knows nothing of all this.
//
//	doc.Write(writer, lww.Change{Path: path, Want: view}) // a stamp for what changed
//	doc.Merge(other)                                      // the greater register for each field
//	view, block := doc.Encode()                           // what the file shows, and what it says of its history
//
// A document has a [Register] for every leaf that was ever written, one for
// each instance of a group of fields that only make sense together, and one for
// each element of an array that is merged by element. A register holds a value,
// or says that it was deleted, under a [Stamp]. Which of two registers wins is
// said by the [Kind] of its [Policy], and for the default by the stamp alone.
//
// # Laws
//
// Merge is commutative, associative and idempotent on every input, hostile
// ones included: it takes the maximum of a total order ([Register.Compare])
// for each register, refuses nothing, looks at no clock, and drops nothing.
//
// A file merges like the state that it was written from, and equal states are
// encoded equally:
//
//	view(merge(decode(encode(a)), b)) = view(merge(a, b))
//
// A write shows what was wanted, and wins over all that it saw, whatever the
// clocks say: one that is set back costs nothing. Nothing else changes. The one
// exception is [First], which keeps the value that it has.
//
// Adopt depends on its arguments alone, so that all devices that see a file
// which another program has written come to one state.
//
// # What is not
//
// The package is pure: no files, no clock, no randomness. [Writer] brings the
// time and who it is; whether stamps from the future are let in, and documents
// of two ids joined, is decided by the caller before Merge. Nothing is forgotten
// unless [Document.Prune] is called, after which a replica that was silent for
// longer may bring back what was deleted. What a program meant that drops the
// block can only be inferred; SPEC.md section 5 says how, and how often that is
// right.
//
// # Compatibility
//
// The text of stamps, the block and the order of registers are sections 2 to 4
// of SPEC.md, version 1. Decode refuses newer blocks with a [*VersionError].
package lww
