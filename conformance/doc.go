// Package conformance holds the vectors that any implementation of SPEC.md has
// to pass, and asks implementations for their answers.
//
// Start with [Vectors] and [Run]. What is asked, and how, is in README.md.
//
// # Guarantees
//
// [Run] ends, whatever the implementation does: [Program] bounds the time and
// the length of each answer, and starts a program that died anew. A vector that
// was skipped or not tried never counts as passed.
//
// # What it is not
//
// It knows no implementation, this module's included: vectors are for other
// languages too, and must not depend on the code that they judge.
package conformance
