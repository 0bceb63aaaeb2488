// Command codag replicates how a coding agent keeps its login: a flat
// config.json that a daemon, an update checker and any number of terminals
// load, change and save. See README.md.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
