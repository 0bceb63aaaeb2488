// Package cfgmerge keeps settings and rotating tokens in one JSON file that
// any number of processes load, change and save, without one of them putting
// back what another has changed.
//
// Start with [Load] and [Snapshot.Save], which replace os.ReadFile and
// os.WriteFile; long-lived programs want [Open] and [File.Update].
//
//	var cfg Config
//	snap, err := cfgmerge.Load(path, &cfg)
//	cfg.LastCheck = time.Now()
//	err = snap.Save(&cfg) // writes last_check, and nothing else
//
// The newest write wins in each field. Struct tags say where that is not what
// is meant: fields that only make sense together, tokens that rotate, values
// that only grow or are made once, arrays whose elements merge. Package schema
// lists them.
//
//	Access  string `json:"access_token"  cfgmerge:"token=login,access"`
//	Refresh string `json:"refresh_token" cfgmerge:"token=login,refresh"`
//
// [Doc] is the same without a Go type. The rest is for tools: what is wrong with
// a file ([Check], [Doc.Repair], [Doc.Restore]), who wrote a field ([Doc.Blame],
// [Doc.Journal]), and how copies become one ([Merge]).
//
// # What is guaranteed
//
// A field that a process did not change is never written by it, whatever it
// holds in memory. An acknowledged save survives a kill, a power cut, a full
// disk and any concurrent writer. Readers need no lock and never see a torn
// file, nor half of a group of fields that belong together. A file that can't
// be read is never taken for an empty one.
//
// # What is not
//
// Two processes that change the same field at the same time both succeed; the
// later write wins. A program that writes the file without this package is
// merged and not fought, but it can only be guessed what it meant: SPEC.md
// says how, and what no algorithm can tell apart. Nothing here keeps two
// processes from spending one refresh token; package refresh does. Nothing is
// encrypted.
//
// # What lies on the disk
//
// The file stays ordinary JSON with one additional key, "$cfgmerge", or none
// ([Sidecar]). Beside it, in the state folder .<name>.cfgmerge, lie the lock, the
// last versions of the file, a journal of who wrote what, and what was set aside
// instead of being overwritten. Without the folder a file with that key has lost
// nothing but its past.
//
// # Compatibility
//
// The format is described in SPEC.md and versioned; newer versions are refused,
// with the bytes untouched.
package cfgmerge
