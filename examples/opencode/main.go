// Command opencode replicates how a coding agent keeps one credential per
// provider in auth.json: a map at the root, whose keys are names and URLs. See
// README.md.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
