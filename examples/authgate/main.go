// Command authgate replicates how an OAuth command-line client keeps its
// tokens: one file, a token for each client id, and any number of processes
// that refresh. See README.md.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
