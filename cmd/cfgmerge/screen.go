package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"unicode"
	"unicode/utf8"
)

// screen is where people read: a stream, coloured if it is a terminal.
type screen struct {
	w     io.Writer
	color bool
}

func (g *globals) screen(w io.Writer) *screen {
	plain := g.noColor || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" || runtime.GOOS == "windows"
	return &screen{w: w, color: !plain && isTerminal(w)}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (s *screen) paint(code, text string) string {
	if !s.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s *screen) bold(text string) string   { return s.paint("1", text) }
func (s *screen) dim(text string) string    { return s.paint("2", text) }
func (s *screen) red(text string) string    { return s.paint("31", text) }
func (s *screen) yellow(text string) string { return s.paint("33", text) }
func (s *screen) cyan(text string) string   { return s.paint("36", text) }

// note tells people on the standard error what they did not ask for.
func (s *screen) note(format string, args ...any) {
	fmt.Fprintf(s.w, "%s: %s\n", programName, printable(fmt.Sprintf(format, args...)))
}

// printable escapes what a terminal would obey: keys and paths hold anything.
func printable(s string) string {
	if strings.IndexFunc(s, obeyed) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case obeyed(r) && r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		case obeyed(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func obeyed(r rune) bool { return !unicode.IsPrint(r) }

// table prints rows in columns, as wide as they need be. The last one is not
// padded. Cells are made printable; paint, if not nil, colours one.
type table struct {
	head  []string
	rows  [][]string
	paint func(column int, cell, padded string) string
}

func (t *table) add(cells ...string) {
	for i := range cells {
		cells[i] = printable(cells[i])
	}
	t.rows = append(t.rows, cells)
}

func (t *table) print(s *screen) error {
	if len(t.rows) == 0 {
		return nil
	}
	widths := make([]int, len(t.head))
	for _, row := range append([][]string{t.head}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	t.line(&b, t.head, widths, func(_ int, _, padded string) string { return s.bold(padded) })
	for _, row := range t.rows {
		t.line(&b, row, widths, t.paint)
	}
	_, err := io.WriteString(s.w, b.String())
	return err
}

func (t *table) line(b *strings.Builder, row []string, widths []int, paint func(int, string, string) string) {
	var line strings.Builder
	for i, cell := range row {
		padded := cell
		if i < len(row)-1 {
			padded += strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2)
		}
		if paint != nil {
			padded = paint(i, cell, padded)
		}
		line.WriteString(padded)
	}
	b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
}
