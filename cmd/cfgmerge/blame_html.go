package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// blamePage is what the template shows.
type blamePage struct {
	File    string
	Pointer string
	Fields  int
	Refused int
	Columns []pageColumn
	Rows    []pageRow
	Style   template.CSS
	Script  template.JS
	// Policy lets the browser run and apply just these two.
	Policy string
}

// pageColumn is a column that the page can be sorted by.
type pageColumn struct {
	Key, Name string
	Sorted    string // ascending, descending, or empty
}

// pageRow is a row as the page shows it: control characters and what turns the
// direction of the text are spelled out, as on a terminal.
type pageRow struct {
	Field   string
	Members []string
	Secret  bool
	Refused bool
	Cells   []pageCell
	Note    string
}

type pageCell struct {
	Key, Name, Text string
	Order           string // what the script sorts by
	Time            string // in the form of RFC 3339, if it is a time
}

func page(file, pointer string, rows []blameRow, o order) blamePage {
	p := blamePage{File: printable(filepath.Base(file)), Pointer: printable(pointer), Style: pageStyle, Script: pageScript}
	p.Policy = fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'", hashOf(pageStyle), hashOf(pageScript))
	p.Columns = []pageColumn{
		{Key: "field", Name: "Field"}, {Key: "when", Name: "When"}, {Key: "how", Name: "How"}, {Key: "by", Name: "By"},
		{Key: "process", Name: "Process"}, {Key: "host", Name: "Host"}, {Key: "was", Name: "Was"}, {Key: "note", Name: "Note"},
	}
	sorted := map[order]int{byField: 0, byTime: 1}[o]
	p.Columns[sorted].Sorted = []string{"ascending", "descending"}[sorted]
	for _, r := range rows {
		p.Rows = append(p.Rows, rowOfPage(r, p.Columns))
		if r.Refused {
			p.Refused++
		} else {
			p.Fields++
		}
	}
	return p
}

func rowOfPage(r blameRow, columns []pageColumn) pageRow {
	out := pageRow{Field: printable(r.Field), Secret: r.Secret, Refused: r.Refused, Note: printable(r.Note)}
	for _, m := range r.Members {
		out.Members = append(out.Members, printable(m))
	}
	out.Cells = append(out.Cells, timeCell(r.When, columns[1]))
	for i, text := range []string{r.How, r.By, r.Process, r.Host, r.Was} {
		c, text := columns[i+2], printable(text)
		out.Cells = append(out.Cells, pageCell{Key: c.Key, Name: c.Name, Text: text, Order: text})
	}
	return out
}

func timeCell(t time.Time, c pageColumn) pageCell {
	cell := pageCell{Key: c.Key, Name: c.Name, Text: unknown, Order: unknown}
	if !t.IsZero() {
		t = t.UTC()
		cell.Text, cell.Time, cell.Order = t.Format(time.DateTime), timeText(t), t.Format("2006-01-02T15:04:05.000000")
	}
	return cell
}

// hashOf names a style or a script in a content security policy.
func hashOf[T ~string](text T) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// renderPage makes the page. What comes from the file is escaped for where it
// stands.
func renderPage(p blamePage) ([]byte, error) {
	t, err := template.New("blame").Parse(pageText)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, p)
	return b.Bytes(), err
}

// checkPage refuses to put the page in the place of the file itself, and of
// what is no file.
func checkPage(out, file string) error {
	if out == "" || out == "-" {
		return nil
	}
	if dir := filepath.Base(filepath.Dir(out)); strings.HasPrefix(dir, ".") && strings.HasSuffix(dir, ".cfgmerge") {
		return &usageError{"the page would lie in a state folder", "name a file elsewhere, such as blame.html"}
	}
	info, err := os.Stat(out)
	if err != nil {
		return nil // there is nothing yet, or writing will say what is wrong
	}
	self, err := os.Stat(file)
	switch {
	case err == nil && os.SameFile(info, self):
		return &usageError{"the page would replace the file itself", "name another file, such as blame.html"}
	case !info.Mode().IsRegular():
		return &usageError{"the page would replace what is no regular file", "use --html - to write to the standard output"}
	}
	return nil
}

// writePage writes the page whole or not at all, for this user's eyes: field
// names tell things too.
func writePage(cmd *cobra.Command, out string, p blamePage) error {
	text, err := renderPage(p)
	if err != nil {
		return err
	}
	if out == "-" {
		_, err = cmd.OutOrStdout().Write(text)
		return err
	}
	if resolved, err := filepath.EvalSymlinks(out); err == nil {
		out = resolved
	}
	temp, err := os.CreateTemp(filepath.Dir(out), "."+filepath.Base(out)+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(text)
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temp.Name(), out)
	}
	return err
}
