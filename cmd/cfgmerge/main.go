// Command cfgmerge reads, changes and checks JSON settings files that several
// processes share. Start with `cfgmerge help`.
package main

import "os"

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
