//go:build faults && linux

package faults

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSurvived makes all attacks and prints a table of what they did and found.
// It takes minutes: of the errors there is a sample, on a file system in memory
// if there is one. With CFGMERGE_POINTS=all it makes them all, on both file
// systems, and takes hours.
func TestSurvived(t *testing.T) {
	s := survey{T: t, binary: build(t), dirs: []string{fastest(t)}, pick: sample}
	if allPoints() {
		s.dirs, s.pick = slices.Collect(maps.Values(places(t))), every
	}
	for _, attack := range []func(*survey){
		(*survey).hits, (*survey).pauses, (*survey).outages, (*survey).kills, (*survey).shortages, (*survey).planted,
	} {
		attack(&s)
	}
	t.Log("\n| attack | runs | lost | torn | reset | acknowledged, missing | secrets | other |\n|---|---|---|---|---|---|---|---|\n" +
		s.table.String())
}

// sample takes every kill, and of the errors at a call one in eight, at the next
// call the next ones.
func sample(h hit) bool {
	return h.fault.Kind == "KILL" || (slices.Index(Faults(h.at.Name), h.fault)+h.at.Index)%8 == 0
}

// survey makes attacks and the rows of a table.
type survey struct {
	*testing.T
	binary string
	dirs   []string
	pick   func(hit) bool
	table  strings.Builder
}

// row prints what an attack has done, and reports what it found.
func (s *survey) row(attack string, y *tally) {
	fmt.Fprintf(&s.table, "| %s | %d", attack, y.runs)
	for _, class := range []string{lost, torn, reset, missing, secret, wrong} {
		fmt.Fprintf(&s.table, " | %d", len(y.found[class]))
	}
	s.table.WriteString(" |\n")
	y.name = attack
	s.Logf("%s: %d runs", attack, y.runs)
	if y.missed > 0 {
		s.Log(y.misses())
	}
	y.report(s)
}

// skip prints why an attack was not made.
func (s *survey) skip(attack, reason string) {
	fmt.Fprintf(&s.table, "| %s | skipped: %s ||||||| \n", attack, reason)
}

// isTraced reports whether attacks that need strace can be made.
func (s *survey) isTraced(attacks ...string) bool {
	reason := untraceable()
	if reason != "" {
		for _, a := range attacks {
			s.skip(a, reason)
		}
	}
	return reason == ""
}

func (s *survey) hits() {
	rows := []struct{ way, attack string }{
		{killed, "killed at each system call of a save or repair"},
		{failedOnce, "one of 8 errors there, once"},
		{failing, "one of 8 errors from there on"},
	}
	if !s.isTraced(rows[0].attack, rows[1].attack, rows[2].attack) {
		return
	}
	sum := map[string]*tally{killed: {}, failedOnce: {}, failing: {}}
	for _, dir := range s.dirs {
		for _, c := range scenarios() {
			found, err := attack(c, dir, s.binary, s.pick)
			if err != nil {
				s.Fatal(err)
			}
			for way, y := range found {
				sum[way].join(y)
			}
		}
	}
	for _, r := range rows {
		s.row(r.attack, sum[r.way])
	}
}

func (s *survey) pauses() {
	const attack = "stopped at each, while one of 5 rivals writes"
	if !s.isTraced(attack) {
		return
	}
	sum := &tally{}
	for _, dir := range s.dirs {
		y, err := pausesIn(dir, s.binary)
		if err != nil {
			s.Fatal(err)
		}
		sum.join(y)
	}
	s.row(attack, sum)
}

func (s *survey) outages() {
	const attack = "power cut: each state that it may leave"
	if !s.isTraced(attack) {
		return
	}
	sum := &tally{}
	for _, o := range outages() {
		y, err := cutPower(o, s.dirs[0], s.binary, false)
		if err != nil {
			s.Fatal(err)
		}
		sum.join(y)
	}
	s.row(attack, sum)
}

func (s *survey) kills() {
	sum := &tally{}
	for _, dir := range s.dirs {
		y, _, err := killAll(filepath.Join(dir, "killed.json"), max(killings(), 200))
		if err != nil {
			s.Fatal(err)
		}
		sum.join(y)
	}
	s.row("4 writers, kill -9 at random", sum)
}

func (s *survey) shortages() {
	for _, sh := range shortages() {
		y, reason, err := sh.suffer(s.binary)
		switch {
		case err != nil:
			s.Fatal(err)
		case reason != "":
			s.skip(sh.name, reason)
		default:
			s.row(sh.name, y)
		}
	}
}

func (s *survey) planted() {
	const attack = "planted bugs that these attacks and the tests name"
	if !s.isTraced(attack) {
		return
	}
	caught, all := 0, plantedBugs()
	for _, p := range all {
		s.Run("planted: "+p.name, func(t *testing.T) {
			if p.caught(t, overlay(t, p.edits)) {
				caught++
			} else {
				t.Error("nobody noticed")
			}
		})
	}
	fmt.Fprintf(&s.table, "| %s | %d of %d ||||||| \n", attack, caught, len(all))
}
