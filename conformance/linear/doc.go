// Package linear holds tests only: what several processes do to the fields of
// one file must be explained by some order of the operations in which each takes
// place at one moment between its call and its return. Such an order is looked for
// by github.com/anishathalye/porcupine, as "Testing for Linearizability" (Lowe,
// 2017) describes it.
//
// Reads take no lock. Processes are killed, which leaves operations of which
// nobody knows whether they took place, and their clocks are set back and forth.
// The same is shown to find three programs that are not right.
//
// It is a module of its own, so that nobody who uses the library gets what it
// needs.
//
//	go test .                       seconds
//	CFGMERGE_OPERATIONS=1000 go test .  so many of each process
package linear
