package main

import (
	"cmp"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge"
)

type logFlags struct {
	field  string
	app    string
	since  moment
	until  moment
	most   int
	output format
}

func newLogCommand(a *app) *cobra.Command {
	f := logFlags{output: asTable}
	cmd := &cobra.Command{
		Use:   "log FILE",
		Short: "Show the journal of a file's writes, newest first",
		Long: `Shows which writes changed the file, newest first: when, how, by which app and
process, and which fields. It holds no values. Writes that would have put back
old values are listed with the fields for which they were refused.

The journal is kept beside the file, about the last 2 MiB of it. Programs that
know nothing of cfgmerge are "external", and are logged when the next save
notices what they did; see cfgmerge help blame for the kinds of writes.

Times are RFC 3339, such as 2026-11-22T13:00:00Z, or how long ago: 90m, 2h.`,
		Example: `  cfgmerge log app.json
  cfgmerge log app.json --field /auth --since 2h
  cfgmerge log app.json --app external -n 5 -o json`,
		Args: takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return a.log(cmd, args[0], f)
		},
	}
	cmd.Flags().StringVar(&f.field, "field", "", "only writes of fields at or below this `pointer`, or of a group by its name")
	cmd.Flags().StringVar(&f.app, "app", "", "only writes by the app of this `name`")
	cmd.Flags().Var(&f.since, "since", "only writes at or after this time")
	cmd.Flags().Var(&f.until, "until", "only writes before this time")
	cmd.Flags().IntVarP(&f.most, "max-count", "n", 0, "at most so many writes; 0 for all")
	outputFlag(cmd, &f.output, "how to print it")
	return cmd
}

func (f logFlags) check() error {
	switch {
	case f.most < 0:
		return &usageError{"-n is negative", "leave it out to see all writes"}
	case f.field == "" || groupName.MatchString(f.field):
		return nil
	}
	_, err := parsePointer(f.field)
	return err
}

// groupName fits the name of a group, and of an instance of one.
var groupName = regexp.MustCompile(`^[a-z][a-z0-9_-]*(/|$)`)

// moment is a flag: a time, or how long ago it was.
type moment struct {
	time time.Time
	text string
}

func (m *moment) String() string { return m.text }

func (m *moment) Type() string { return "time" }

func (m *moment) Set(s string) error {
	ago, err := time.ParseDuration(s)
	if err == nil && ago >= 0 {
		m.time, m.text = time.Now().Add(-ago), s
		return nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return errors.New("must be a time such as 2026-11-22T13:00:00Z, or how long ago: 2h")
	}
	m.time, m.text = at, s
	return nil
}

func (a *app) log(cmd *cobra.Command, file string, f logFlags) error {
	doc, err := a.open(file)
	if err != nil {
		return err
	}
	defer doc.Close()
	entries, err := doc.Journal(cmd.Context())
	if err != nil {
		return err
	}
	shown := f.pick(entries, groupMembers(cmd, doc, f.field))
	switch s := a.screen(cmd.ErrOrStderr()); {
	case len(entries) == 0:
		s.note("%s has no journal: nothing was saved by a program that keeps one", file)
	case len(shown) == 0:
		s.note("no write in the journal of %s is like that", file)
	}
	if f.output == asJSON {
		return printJSON(cmd.OutOrStdout(), loggedJSON(shown))
	}
	return a.printLog(cmd, shown)
}

// groupMembers returns the pointers of the members of the file's groups, by
// instance. Those of a file that can't be read are found by name only.
func groupMembers(cmd *cobra.Command, doc *cfgmerge.Doc, field string) map[string][]string {
	members := map[string][]string{}
	if !strings.HasPrefix(field, "/") {
		return members
	}
	all, err := doc.Blame(cmd.Context())
	if err != nil {
		return members
	}
	for _, b := range all {
		members[b.Field] = b.Members
	}
	return members
}

// pick returns the entries that were asked for, newest first, with the fields
// that were asked for.
func (f logFlags) pick(entries []cfgmerge.Entry, members map[string][]string) []cfgmerge.Entry {
	var out []cfgmerge.Entry
	for _, e := range slices.Backward(entries) {
		if f.most > 0 && len(out) == f.most {
			break
		}
		if f.fits(&e, members) {
			out = append(out, e)
		}
	}
	return out
}

// fits reports whether the entry was asked for, and leaves of its fields only
// those that were.
func (f logFlags) fits(e *cfgmerge.Entry, members map[string][]string) bool {
	switch {
	case f.app != "" && e.App != f.app,
		!f.since.time.IsZero() && e.Time.Before(f.since.time),
		!f.until.time.IsZero() && !e.Time.Before(f.until.time):
		return false
	case f.field == "":
		return true
	}
	maps.DeleteFunc(e.Fields, func(field string, _ cfgmerge.FieldWrite) bool {
		return !concerns(field, members[field], f.field)
	})
	e.Omitted = 0
	return len(e.Fields) > 0
}

// fieldsOf returns the fields that an entry changed, or those for which it was
// refused.
func fieldsOf(e cfgmerge.Entry, refused bool) []string {
	var out []string
	for field, w := range e.Fields {
		if w.Rejected == refused {
			out = append(out, field)
		}
	}
	slices.Sort(out)
	return out
}

func (a *app) printLog(cmd *cobra.Command, entries []cfgmerge.Entry) error {
	t := &table{head: []string{"WHEN", "HOW", "BY", "PROCESS", "HOST", "FIELDS", "REFUSED"}}
	for _, e := range entries {
		changed := someOf(fieldsOf(e, false))
		if e.Omitted > 0 {
			changed += "; not listed: " + counted(e.Omitted, "field")
		}
		t.add(timeText(e.Time), string(e.Kind), cmp.Or(e.App, unknown), process(e), cmp.Or(e.Host, unknown),
			cmp.Or(changed, unknown), cmp.Or(someOf(fieldsOf(e, true)), unknown))
	}
	return t.print(a.screen(cmd.OutOrStdout()))
}

// entryJSON is one write.
type entryJSON struct {
	byJSON
	Changed []literal `json:"changed"`
	Refused []literal `json:"refused"`
	Omitted int       `json:"omitted,omitempty"` // further fields
}

func loggedJSON(entries []cfgmerge.Entry) []entryJSON {
	out := []entryJSON{}
	for _, e := range entries {
		out = append(out, entryJSON{*writeJSON(&e), literals(fieldsOf(e, false)), literals(fieldsOf(e, true)), e.Omitted})
	}
	return out
}
