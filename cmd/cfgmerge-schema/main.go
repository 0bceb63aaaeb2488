// Command cfgmerge-schema compares a file with a JSON Schema, for cfgmerge check
// --schema: one request on the standard input, one answer on the standard output,
// as package validate has them. It is a program of its own because the library
// behind it starts slowly, and because what a hostile schema costs can be ended
// with it.
package main

import (
	"fmt"
	"os"

	"github.com/cfgmerge/cfgmerge/validate"
)

func main() {
	if err := validate.Serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "cfgmerge-schema:", err, "(cfgmerge check --schema runs this program)")
		os.Exit(2)
	}
}
