package main

import (
	"testing"

	"github.com/cfgmerge/cfgmerge/conformance"
)

func TestThisImplementationPassesEveryVector(t *testing.T) {
	vectors, err := conformance.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	passed := 0
	err = conformance.Run(t.Context(), vectors, answer, func(o conformance.Outcome) {
		if o.Verdict == conformance.Passed {
			passed++
			return
		}
		t.Errorf("%s %s (SPEC.md %s): %q", o.Verdict, o.Vector.Name, o.Vector.Spec, o.Reasons)
	})
	if err != nil || passed != len(vectors) {
		t.Errorf("%d of %d passed, %v", passed, len(vectors), err)
	}
}
