// Package faults attacks the promises about crashes: it kills, starves, stops
// and cuts the power of the real program at every system call of a save, and
// looks at what is left.
//
// Its code is the planning that needs no attack to be right: Trace reads what
// strace(1) recorded, Points says where a run can be hit, and Disk enumerates
// what a power cut may leave of a recorded save. The attacks themselves are
// tests:
//
//	go test ./conformance/faults                    seconds, no privileges
//	go test -tags faults ./conformance/faults       minutes; strace, root for some
//	go test -tags faults -v -run Survived ./conformance/faults
//
// The last one prints what was survived, in a table. CFGMERGE_KILLS,
// CFGMERGE_POINTS and CFGMERGE_SEQUENCES make the attacks longer or shorter;
// what can't be done on this machine is skipped, and says why.
//
// That the attacks bite is tested, too: PlantedBug builds the program with one
// mistake at a time, and each must be caught.
package faults
