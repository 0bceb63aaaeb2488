// Command codex replicates how a coding agent keeps its login: an auth.json
// with the tokens of one account, which idle windows hold in memory for days.
// See README.md.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
