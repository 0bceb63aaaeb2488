package cfgmerge

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// Attribution says who wrote one field, as far as can be known.
type Attribution struct {
	// Field is a pointer, or the name of a group's instance.
	Field string
	// Members are the pointers of a group's members that are present, or, of
	// one that is empty, of those that it may have. Nil for single fields.
	Members []string
	// Empty: the group has no members, as after a logout.
	Empty bool
	// Stamp of the field's register, in text form.
	Stamp string
	// Written is the stamp's time. Zero for imports, and for external
	// programs, whose stamps say only what they have superseded.
	Written time.Time
	// Actor is the stamp's: processes of one run share it.
	Actor string
	// Deleted: the field was removed.
	Deleted bool
	// Secret: the policy says that the value must not be shown.
	Secret bool
	// By is the journal's entry of that write; nil if there is none.
	By *Entry
	// Gap is why there is none; empty otherwise.
	Gap Gap
	// Was is the digest of the value that it superseded.
	Was string
	// Refused are the writes that would have put back a superseded value of
	// the field, oldest first.
	Refused []Refusal
	// Returning: the file holds such a value at this moment, and no save has
	// put that right yet.
	Returning bool
}

// Refusal is a write that would have put back a superseded value.
type Refusal struct {
	// By is the journal's entry.
	By *Entry
	// Replaced is the entry of the write that had superseded the value before;
	// nil if the journal does not say.
	Replaced *Entry
}

// Gap is why the journal does not say who wrote a field.
type Gap string

// The gaps.
const (
	// GapPending: a program that knows nothing of cfgmerge wrote it, and no
	// save has taken that in yet.
	GapPending Gap = "pending"
	// GapImported: the field was there before the history, and the journal
	// does not say since when.
	GapImported Gap = "imported"
	// GapForeign: a program that knows nothing of cfgmerge wrote it; the
	// journal does not reach back, or another machine noticed.
	GapForeign Gap = "foreign"
	// GapOlder: it was written before the journal begins.
	GapOlder Gap = "older"
	// GapElsewhere: it was written while the journal was kept, to another
	// copy of the file, or by a process that ended before it could log.
	GapElsewhere Gap = "elsewhere"
)

// When is when the field came to be what it is: as its writer's clock had it,
// or else when the write was noticed. Zero if it is not known.
func (a Attribution) When() time.Time {
	brought := a.By != nil && (a.By.Kind == KindMerge || a.By.Kind == KindRepair)
	if a.By == nil || brought && !a.Written.IsZero() {
		return a.Written
	}
	return a.By.Time
}

// Blame says for each field who wrote it, sorted by field. Deleted fields are
// among them. The reasons in its *Error are those of LoadExisting and Journal.
func (d *Doc) Blame(ctx context.Context) ([]Attribution, error) {
	st, err := d.lookExisting(ctx)
	if err != nil {
		return nil, err
	}
	entries, err := d.Journal(ctx)
	if err != nil {
		return nil, err
	}
	log := indexJournal(entries)
	var out []Attribution
	for key, r := range st.doc.Showing() {
		a := log.attribute(key, r, st.doc)
		a.Returning = slices.Contains(st.Rejected, key)
		if slices.Contains(st.Adopted, key) {
			a.Gap = GapPending
		}
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b Attribution) int { return strings.Compare(a.Field, b.Field) })
	return out, nil
}

// journalIndex finds the entries about a field.
type journalIndex struct {
	about map[string][]*Entry // oldest first
	// partial are the entries that omit fields, by the stamps in them.
	partial map[string]*Entry
	begins  time.Time // zero if there is no journal
}

func indexJournal(entries []Entry) journalIndex {
	log := journalIndex{about: map[string][]*Entry{}, partial: map[string]*Entry{}}
	for i := range entries {
		e := &entries[i]
		if i == 0 {
			log.begins = e.Time
		}
		for key, w := range e.Fields {
			log.about[key] = append(log.about[key], e)
			if e.Omitted > 0 && !w.Rejected {
				log.partial[w.Stamp] = e
			}
		}
	}
	return log
}

// attribute says who wrote a register, as far as the entries tell.
func (log journalIndex) attribute(key string, r lww.Register, doc *lww.Document) Attribution {
	a := Attribution{Field: key, Stamp: r.Stamp.String(), Actor: r.Stamp.Actor().String(), Deleted: r.Dead, Secret: doc.IsSecret(key)}
	a.Members, a.Empty = membersOf(doc, key, r)
	if !r.Stamp.IsZero() && r.Stamp.Actor() != lww.Foreign {
		a.Written = r.Stamp.Time()
	}
	replaced := map[string]*Entry{"": nil}
	for _, e := range log.about[journalKey(key)] {
		w := e.Fields[journalKey(key)]
		switch {
		case w.Rejected:
			a.Refused = append(a.Refused, Refusal{By: e, Replaced: replaced[w.Put]})
			continue
		case w.Stamp == a.Stamp && (!r.Stamp.IsZero() || e.Doc == doc.ID):
			a.By, a.Was = e, w.Was
		}
		if w.Was != "" {
			replaced[w.Was] = e
		}
	}
	if a.By == nil {
		a.By = log.omitting(r.Stamp, doc.ID)
	}
	if a.By == nil {
		a.Gap = log.gap(r.Stamp)
	}
	return a
}

// membersOf returns the pointers of a group's members. A group that is empty
// has those that it may have.
func membersOf(doc *lww.Document, key string, r lww.Register) (members []string, empty bool) {
	p, holder, isGroup := doc.Policies.GroupOf(key)
	if !isGroup {
		return nil, false
	}
	empty = r.Value == "{}" || r.Value == ""
	shown := doc.At(holder)
	for _, m := range p.Members {
		if empty || shown.Kid(m) != nil {
			members = append(members, strictjson.JoinPointer(append(slices.Clone(holder), m)...))
		}
	}
	return members, empty
}

// omitting returns the entry of a write of so many fields that this one was
// left out: all fields of a write share a stamp, as do those of an import.
func (log journalIndex) omitting(s lww.Stamp, id string) *Entry {
	if s.Actor() == lww.Foreign && !s.IsZero() {
		return nil // a successor, which differs from field to field
	}
	if e := log.partial[s.String()]; e != nil && (!s.IsZero() || e.Doc == id) {
		return e
	}
	return nil
}

// gap says why there is no entry.
func (log journalIndex) gap(s lww.Stamp) Gap {
	switch {
	case s.IsZero():
		return GapImported
	case s.Actor() == lww.Foreign:
		return GapForeign
	case log.begins.IsZero() || s.Time().Before(log.begins.Truncate(time.Millisecond)):
		return GapOlder
	}
	return GapElsewhere
}
