//go:build faults && linux

package faults

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
)

// TestSurvived makes all attacks with strace on both file systems and prints
// what was survived.
func TestSurvived(t *testing.T) {
	needStrace(t)
	binary := build(t)
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "on\tattack\tcalls\truns\tlost\ttorn\treset\tacknowledged, missing\tsecrets left\tother")
	where := places(t)
	for _, place := range slices.Sorted(maps.Keys(where)) {
		for _, s := range scenarios() {
			y, err := attack(s, where[place], binary, false)
			row(t, w, place, y, err)
		}
		y, err := pausesIn(where[place], binary)
		row(t, w, place, y, err)
	}
	_ = w.Flush()
	t.Log("\n" + table.String())
}

func row(t *testing.T, w *tabwriter.Writer, place string, y *tally, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(w, "%s\t%s\t%d\t%d", place, y.name, y.points, y.runs)
	for _, class := range []string{lost, torn, reset, missing, secret, wrong} {
		fmt.Fprintf(w, "\t%d", len(y.found[class]))
	}
	fmt.Fprintln(w)
	y.report(t)
}
