package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

type blameFlags struct {
	sort    order
	deleted bool
	html    string
	output  format
}

func newBlameCommand(a *app) *cobra.Command {
	f := blameFlags{sort: byField, output: asTable}
	cmd := &cobra.Command{
		Use:   "blame FILE [POINTER]",
		Short: "Say who wrote which field, and who tried to put old values back",
		Long: `Says of each field, or of those at and below POINTER, when and how it was
written, by which app and process, and what it superseded: a digest, by which
values can be told apart, and never a value. A group of fields that change
together is one line.

  save     by a program that uses cfgmerge
  edit     by an editor, or another program that keeps the history
  rewrite  by a program that drops the history, such as an old version
  import   the field was there before the history
  merge, repair, restore
           by the command of that name

A line that says "refused" is a write that would have put back an old value, and
did not. Programs that know nothing of cfgmerge are "external": for them the
process is the one that noticed, and the time is when it did.

What the journal does not know is said, not guessed: it is kept beside the file,
about the last 2 MiB of it, and says nothing of what was written elsewhere.

Exit status 1 if there is no such field.`,
		Example: `  cfgmerge blame app.json
  cfgmerge blame app.json /auth
  cfgmerge blame app.json --sort time --deleted
  cfgmerge blame app.json --html blame.html`,
		Args:              takes(1, 2),
		ValidArgsFunction: a.completeFields(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			pointer := strings.Join(args[1:], "")
			if _, err := parsePointer(pointer); err != nil {
				return err
			}
			if f.html != "" && cmd.Flags().Changed("output") {
				return &usageError{"blame takes --html or --output, not both", "leave one of them out"}
			}
			return a.blame(cmd, args[0], pointer, f)
		},
	}
	cmd.Flags().Var(&f.sort, "sort", "by field, or newest first")
	cmd.Flags().BoolVar(&f.deleted, "deleted", false, "show deleted fields too")
	cmd.Flags().StringVar(&f.html, "html", "", "write a page to this `file` instead, - for the standard output")
	_ = cmd.RegisterFlagCompletionFunc("sort", cobra.FixedCompletions([]string{string(byField), string(byTime)}, cobra.ShellCompDirectiveNoFileComp))
	outputFlag(cmd, &f.output, "how to print it")
	return cmd
}

// order is the flag --sort.
type order string

const (
	byField order = "field"
	byTime  order = "time"
)

func (o *order) String() string { return string(*o) }

func (o *order) Type() string { return "field|time" }

func (o *order) Set(s string) error {
	if s != string(byField) && s != string(byTime) {
		return fmt.Errorf("must be %s or %s", byField, byTime)
	}
	*o = order(s)
	return nil
}

func (a *app) blame(cmd *cobra.Command, file, pointer string, f blameFlags) error {
	if err := checkPage(f.html, file); err != nil {
		return err
	}
	doc, err := a.open(file)
	if err != nil {
		return err
	}
	defer doc.Close()
	all, err := doc.Blame(cmd.Context())
	if err != nil {
		return err
	}
	a.tell(cmd, file, doc.Report(), false)
	found := slices.DeleteFunc(all, func(b cfgmerge.Attribution) bool {
		return b.Deleted && !f.deleted || !concerns(b.Field, b.Members, pointer)
	})
	if len(found) == 0 && pointer != "" {
		return &foundError{msg: "blame " + file + ": there is no field at or below " + pointer, hint: "a deleted one shows with --deleted"}
	}
	switch {
	case f.html != "":
		return writePage(cmd, f.html, page(file, pointer, blameRows(found, f.sort), f.sort))
	case f.output == asJSON:
		return printJSON(cmd.OutOrStdout(), blamedJSON(found, f.sort))
	}
	return a.printBlame(cmd, blameRows(found, f.sort))
}

// concerns reports whether a field, or a member of a group, is at or below the
// pointer.
func concerns(field string, members []string, pointer string) bool {
	within := func(at string) bool {
		array, _ := lww.ArrayOf(at)
		return at == pointer || array == pointer || strings.HasPrefix(at, pointer+"/")
	}
	return pointer == "" || within(field) || slices.ContainsFunc(members, within)
}

// blameRow is one line of the table and of the page: a field, or a write of it
// that was refused.
type blameRow struct {
	Field   string
	Members []string // of a group, their keys
	Secret  bool
	When    time.Time // zero if not known
	How     string
	Refused bool
	By      string
	Process string
	Host    string
	Was     string
	Note    string
}

// unknown stands in cells of which nothing is known.
const unknown = "–"

func blameRows(found []cfgmerge.Attribution, o order) []blameRow {
	var rows []blameRow
	for _, b := range found {
		rows = append(rows, rowOf(b))
		for _, r := range slices.Backward(b.Refused) {
			rows = append(rows, refusedRow(b, r))
		}
	}
	if o == byTime {
		slices.SortStableFunc(rows, func(x, y blameRow) int { return y.When.Compare(x.When) })
	}
	return rows
}

func rowOf(b cfgmerge.Attribution) blameRow {
	row := newRow(b, b.By)
	row.When, row.Was = b.When(), cmp.Or(b.Was, unknown)
	if b.By == nil {
		row.How, row.By = howUnknown(b.Gap)
	}
	row.Note = strings.Join(notes(b), "; ")
	return row
}

func refusedRow(b cfgmerge.Attribution, r cfgmerge.Refusal) blameRow {
	row := newRow(b, r.By)
	row.When, row.Was, row.Refused = r.By.Time, unknown, true
	row.How += ", refused"
	row.Note = "would have put back an old value"
	if by := r.Replaced; by != nil {
		row.Note = fmt.Sprintf("would have put back what %s replaced at %s", cmp.Or(by.App, unknown), timeText(by.Time))
	}
	return row
}

func newRow(b cfgmerge.Attribution, by *cfgmerge.Entry) blameRow {
	row := blameRow{Field: b.Field, Secret: isSecretField(b), By: unknown, How: unknown, Process: unknown, Host: unknown}
	for _, m := range b.Members {
		row.Members = append(row.Members, lastKey(m))
	}
	if by != nil {
		row.How, row.By = string(by.Kind), cmp.Or(by.App, unknown)
		row.Process, row.Host = process(*by), cmp.Or(by.Host, unknown)
	}
	return row
}

func lastKey(pointer string) string {
	path, err := strictjson.SplitPointer(pointer)
	if err != nil || len(path) == 0 {
		return pointer
	}
	return path[len(path)-1]
}

// isSecretField goes by the policies, and by what things are called.
func isSecretField(b cfgmerge.Attribution) bool {
	return b.Secret || slices.ContainsFunc(append(b.Members, b.Field), func(at string) bool {
		path, err := strictjson.SplitPointer(at)
		return err == nil && soundsSecret(path)
	})
}

// process names the process of an entry. That of an external program is not
// known, only who noticed.
func process(e cfgmerge.Entry) string {
	name := fmt.Sprintf("%s[%d]", cmp.Or(e.Exe, "?"), e.PID)
	if e.External() {
		return "noticed by " + name
	}
	return name
}

func howUnknown(g cfgmerge.Gap) (how, by string) {
	switch g {
	case cfgmerge.GapImported:
		return string(cfgmerge.KindImport), unknown
	case cfgmerge.GapPending, cfgmerge.GapForeign:
		return "edit or rewrite", "external"
	}
	return unknown, unknown
}

func notes(b cfgmerge.Attribution) []string {
	var out []string
	for _, n := range []struct {
		applies bool
		text    string
	}{
		{b.Deleted, "deleted"},
		{b.Empty, "empty, as after a logout"},
		{b.Returning, "the file holds an old value, which does not count"},
		{b.By != nil && b.By.Kind == cfgmerge.KindMerge, "written to another copy"},
		{b.Gap != "", gapText(b.Gap)},
	} {
		if n.applies {
			out = append(out, n.text)
		}
	}
	return out
}

// gapText says in words why it is not known who wrote a field.
func gapText(g cfgmerge.Gap) string {
	switch g {
	case cfgmerge.GapPending:
		return "no save has taken it in yet"
	case cfgmerge.GapImported:
		return "there before the history"
	case cfgmerge.GapForeign:
		return "not in the journal of this file"
	case cfgmerge.GapOlder:
		return "older than the journal"
	}
	return "written elsewhere, or by a process that ended before it could log"
}

// timeText is how times are shown, and may be given to --since.
func timeText(t time.Time) string {
	if t.IsZero() {
		return unknown
	}
	return t.UTC().Format(time.RFC3339)
}

// printBlame puts the field last, as log does: some are long.
func (a *app) printBlame(cmd *cobra.Command, rows []blameRow) error {
	s := a.screen(cmd.OutOrStdout())
	t := &table{head: []string{"WHEN", "HOW", "BY", "PROCESS", "HOST", "WAS", "FIELD"}, paint: paintRefused(s)}
	for _, r := range rows {
		t.add(timeText(r.When), r.How, r.By, r.Process, r.Host, r.Was, r.words())
	}
	return t.print(s)
}

func paintRefused(s *screen) func(int, string, string) string {
	return func(column int, cell, padded string) string {
		if column == 1 && strings.HasSuffix(cell, "refused") {
			return s.yellow(padded)
		}
		return padded
	}
}

// words are the field, or the group with its members, and what there is to say.
func (r blameRow) words() string {
	words := cmp.Or(r.Field, "the root")
	if len(r.Members) > 0 {
		words += " (" + strings.Join(r.Members, ", ") + ")"
	}
	note := r.Note
	if r.Secret {
		note = strings.TrimSuffix("secret; "+note, "; ")
	}
	if note != "" {
		words += ": " + note
	}
	return words
}

// blameJSON is what is known of one field.
type blameJSON struct {
	Field     literal      `json:"field"`
	Members   []literal    `json:"members,omitempty"`
	Deleted   bool         `json:"deleted,omitempty"`
	Empty     bool         `json:"empty,omitempty"`
	Secret    bool         `json:"secret,omitempty"`
	When      *time.Time   `json:"when"` // null if not known
	By        *byJSON      `json:"by"`   // null if not known, for the reason in Unknown
	Unknown   cfgmerge.Gap `json:"unknown,omitempty"`
	Was       string       `json:"was,omitempty"`
	Stamp     string       `json:"stamp"`
	Returning bool         `json:"returning,omitempty"`
	Refused   []byJSON     `json:"refused,omitempty"`
}

// byJSON is one write: of an external program, the process is the one that
// noticed.
type byJSON struct {
	Time     time.Time          `json:"time"`
	Kind     cfgmerge.WriteKind `json:"kind"`
	App      string             `json:"app"`
	PID      int                `json:"pid"`
	Exe      string             `json:"exe"`
	Host     string             `json:"host"`
	PutsBack *byJSON            `json:"puts_back_what_was_replaced_by,omitempty"`
}

func writeJSON(e *cfgmerge.Entry) *byJSON {
	if e == nil {
		return nil
	}
	return &byJSON{Time: e.Time.UTC(), Kind: e.Kind, App: e.App, PID: e.PID, Exe: e.Exe, Host: e.Host}
}

func blamedJSON(found []cfgmerge.Attribution, o order) []blameJSON {
	if o == byTime {
		slices.SortStableFunc(found, func(x, y cfgmerge.Attribution) int { return y.When().Compare(x.When()) })
	}
	out := []blameJSON{}
	for _, b := range found {
		j := blameJSON{
			Field: literal(b.Field), Members: literals(b.Members), Deleted: b.Deleted, Empty: b.Empty, Secret: isSecretField(b),
			By: writeJSON(b.By), Unknown: b.Gap, Was: b.Was, Stamp: b.Stamp, Returning: b.Returning,
		}
		if when := b.When().UTC(); !when.IsZero() {
			j.When = &when
		}
		for _, r := range b.Refused {
			by := writeJSON(r.By)
			by.PutsBack = writeJSON(r.Replaced)
			j.Refused = append(j.Refused, *by)
		}
		out = append(out, j)
	}
	return out
}
