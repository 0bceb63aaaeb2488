// Package scenarios is tests only: behaviours of the file itself, over which
// users of well-known tools have lost data, and which belong to no single tool
// of the examples. Each test is named for what is right; beside it stands what
// the usual way of saving makes of the same file.
package scenarios
