package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// demoScreen shows a run while it goes on: the table row by row, and on the
// standard error what is running.
type demoScreen struct {
	*screen
	json   bool
	status io.Writer // nil if it is no terminal, where a line can be taken back
	shown  string    // on status
}

func (a *app) demoScreen(cmd *cobra.Command, output format) *demoScreen {
	s := &demoScreen{screen: a.screen(cmd.OutOrStdout()), json: output == asJSON}
	if stderr := cmd.ErrOrStderr(); isTerminal(stderr) {
		s.status = stderr
	}
	return s
}

func (s *demoScreen) begin(r *demoResult) {
	if s.json {
		return
	}
	each := r.Seconds / float64(len(demoWays()))
	fmt.Fprintf(s.w, `%d processes share one settings file, %.3g s for each of three ways to save it.
One of them rotates the tokens; each other one has loaded the file once and
keeps saving one field of its own.

`, r.Processes, each)
	const heading = "%-22s  %7s  %6s  %6s  %9s  %7s\n"
	fmt.Fprintf(s.w, heading, "", "", "torn", "torn", "tokens", "fields")
	fmt.Fprintf(s.w, heading, "", "saves", "reads", "pairs", "put back", "lost")
}

// running says what is being waited for.
func (s *demoScreen) running(way demoWay) {
	if s.status != nil {
		s.shown = way.title + " …"
		fmt.Fprint(s.status, s.shown)
	}
}

// idle takes that back.
func (s *demoScreen) idle() {
	if s.status != nil {
		fmt.Fprintf(s.status, "\r%*s\r", len(s.shown), "")
	}
}

func (s *demoScreen) ran(way demoWay, t demoTally) {
	if s.json {
		return
	}
	fmt.Fprintf(s.w, "%-22s  %7d  %s  %s  %s  %s\n", way.title, t.Saves,
		s.loss(6, t.TornReads), s.loss(6, t.TornPairs), s.loss(9, t.PutBack), s.loss(7, t.Lost))
}

// loss is a number of the width that ought to be zero.
func (s *demoScreen) loss(width, n int) string {
	text := fmt.Sprintf("%*d", width, n)
	if n > 0 {
		return s.red(text)
	}
	return s.paint("32", text)
}

func (s *demoScreen) end(r *demoResult) error {
	if s.json {
		return printJSON(s.w, r)
	}
	_, err := fmt.Fprintf(s.w, "\n%s\n", strings.Join(r.words(), "\n"))
	return err
}

// words says what the numbers mean, where it was, and where to go on.
func (r *demoResult) words() (lines []string) {
	plain, locked, ours := r.Ways[0], r.Ways[1], r.Ways[2]
	if plain.losses() > 0 {
		lines = append(lines,
			fmt.Sprintf("WriteFile lost %d of %d fields and put old tokens back %d times:", plain.Lost, r.Processes, plain.PutBack),
			"each save writes everything that its process once loaded.")
	}
	if locked.losses() > 0 {
		lines = append(lines,
			fmt.Sprintf("The lock does not help (%d of %d fields): it keeps the writers apart, but", locked.Lost, r.Processes),
			"what they write is as old as their load, and readers do not ask for it.")
	}
	return append(append(lines, ours.words(plain)...), "", r.where(),
		"Read next: README.md, the three lines to change; SPEC.md, what is promised.")
}

// words is what came of cfgmerge's own row.
func (t demoTally) words(plain demoTally) []string {
	if t.losses() > 0 {
		return []string{"cfgmerge LOST something, which it promises not to."}
	}
	lines := []string{
		fmt.Sprintf("cfgmerge lost nothing in %d saves: every field is as its owner last saved it,", t.Saves),
		fmt.Sprintf("and each of the %d reads beside them, without a lock, found the file whole.", t.Reads),
	}
	if t.Saves < plain.Saves {
		lines = append(lines, "Its saves are fewer because each survives a power cut; WriteFile's do not.")
	}
	return lines
}

func (r *demoResult) where() string {
	if !r.Kept {
		return fmt.Sprintf("It ran on %s, in %s (removed).", r.System, printable(r.Directory))
	}
	diff := "cfgmerge diff"
	for _, way := range []string{r.Ways[0].Way, demoOwnWay} {
		diff += " " + demoPath(r.Directory, way)
	}
	return fmt.Sprintf("It ran on %s, and the files are in %s; compare them:\n%s", r.System, printable(r.Directory), printable(diff))
}
