// Package faults attacks the promises about crashes: it kills, starves and stops
// the real program at every system call of a save, and looks at what is left.
//
// Its code is the planning that needs no attack to be right: Trace reads what
// strace(1) recorded, Points says where a run can be hit, and Disorder what is
// wrong with the order of its steps. A Log follows what a run did to a directory,
// and its Cuts are the states that a power cut may leave. The attacks themselves
// are tests:
//
//	go test ./conformance/faults                                           seconds
//	go test -tags faults -run PowerIsCut ./conformance/faults              a minute, and strace
//	go test -tags faults -timeout 1h -v -run Survived ./conformance/faults minutes
//	go test -tags faults -timeout 3h ./conformance/faults                  an hour
//
// Survived makes all attacks, of errors a sample, and prints a table of what
// was survived. CFGMERGE_KILLS=10000 and CFGMERGE_POINTS=all make the attacks
// longer; what can't be done on this machine is skipped, and says why.
//
// That the attacks bite is tested, too: PlantedBug builds the program with one
// mistake at a time, and each must be caught.
package faults
