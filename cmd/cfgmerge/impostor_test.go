package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/cfgmerge/cfgmerge/conformance"
)

// impostor is a program of the scripts that is asked like an implementation,
// and does what its argument says instead.
func impostor() {
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		r, _ := conformance.ParseRequest(line)
		switch os.Args[1] {
		case "hangs":
			time.Sleep(time.Hour) // it shall be killed
		case "dies":
			fmt.Fprintln(os.Stderr, "out of luck")
			os.Exit(3)
		case "lies":
			os.Stdout.Write(conformance.Answer{ID: r.ID, Result: `{"view":"{}"}`}.Line())
		case "shirks":
			os.Stdout.Write(conformance.Answer{ID: r.ID, Skip: "not today"}.Line())
		case "floods":
			for noise := strings.Repeat("x", 1<<16); err == nil; {
				_, err = os.Stdout.WriteString(noise)
			}
		}
	}
}
