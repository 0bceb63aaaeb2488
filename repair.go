package cfgmerge

import (
	"context"
	"errors"

	"github.com/cfgmerge/cfgmerge/lww"
)

// RepairOptions say how far a repair may go. The zero value joins what the
// file, the state folder and the conflict copies beside the file still hold.
type RepairOptions struct {
	// DryRun: find out what would be done, and do nothing.
	DryRun bool
	// Quarantined: join what was set aside earlier, too.
	Quarantined bool
	// Clock: stamp anew what is stamped more than MaxSkew ahead of the clock.
	Clock bool
	// Progress, if not nil, is called with the name of each source before it
	// is read.
	Progress func(source string)
}

// RepairReport says what a repair found and did. It holds no value.
type RepairReport struct {
	// Damage is what is wrong with the file; nil if nothing is.
	Damage *CorruptError
	// Sources are what was looked at, in the order in which they are trusted.
	Sources []RepairSource
	// Fields are all fields of the result, by pointer or group, sorted.
	Fields []RepairedField
	// Lost are the pointers of what the file still names and no source has,
	// sorted. If something shows there, what is lost was below it.
	Lost []string
	// Incomplete: the file lost bytes, and no source tells what was in them.
	// There may have been fields of which not even the name is left.
	Incomplete bool
	// HistoryLost: which writes are newer is known no more.
	HistoryLost bool
	// Rejected fields of the file were old values that some program had put
	// back.
	Rejected []string
	// Restamped are the fields whose stamps came from the future.
	Restamped []string
	// Changed: the file was changed, or would be.
	Changed bool
}

// RepairSource is one place that a repair looked at.
type RepairSource struct {
	// Name is "file", "shadow", "older shadow", "leftover", the name of a
	// conflict copy, or "quarantine/" and a name.
	Name string
	// Skipped is why it was left out; empty if it was joined.
	Skipped string

	doc *lww.Document
}

// RepairedField is one field of the result.
type RepairedField struct {
	Field string
	// From is the name of the first source that has the field as it is now.
	From string
	// Deleted: what is known of the field is that it was removed.
	Deleted bool
}

// Why a repair is refused. The file keeps its bytes.
var (
	// ErrNothingLeft: a damaged file would become an empty one.
	ErrNothingLeft = errors.New("nothing in it could be salvaged, and nothing else remembers it")
	// ErrOtherDocument: what is left of the damaged file belongs to another
	// document than the one that the state folder remembers.
	ErrOtherDocument = errors.New("what is left of it is another document than the state folder remembers")
	// ErrWouldLose: the result would lack a field that the file still has.
	ErrWouldLose = errors.New("the result would lack fields that the file still has")
	// ErrConflict: the file has git's conflict markers, and its sides are no
	// copies of one document that could be joined.
	ErrConflict = errors.New("git's conflict markers are in it, and its sides can't be joined")
)

// Repair joins everything that survives and writes it back as a sound file.
// Damaged bytes go to quarantine first. What is whole in the file stays; the
// rest comes from the last good state, from what killed processes left, and
// from conflict copies of the same document. A missing file stays missing: it
// was removed.
//
// The reasons in its *Error are ErrNothingLeft, ErrOtherDocument, ErrWouldLose,
// ErrConflict, *VersionError, *FileError, *LockError and *DurabilityError.
func (d *Doc) Repair(ctx context.Context, o RepairOptions) (RepairReport, error) {
	r := &repair{doc: d, options: o}
	err := r.rehearse(ctx)
	if err == nil && !o.DryRun && r.report.Changed {
		r.options.Progress = nil
		err = d.commit(ctx, &intent{kind: KindRepair, salvage: true, plain: r.plain, change: r.run})
		r.report.Changed = d.Report().Written
	}
	return r.report, d.fail("repair", err)
}

// repair is one repair under way.
type repair struct {
	doc     *Doc
	options RepairOptions
	report  RepairReport
	// file is what is whole in the file.
	file remains
	// plain: nothing says that the file ever had a history in it, and it
	// gets none.
	plain bool
}

// rehearse does all but writing, without the lock.
func (r *repair) rehearse(ctx context.Context) error {
	r.progress("file")
	st, err := r.doc.lookWith(ctx, r.doc.assembleDamaged)
	if err != nil {
		return err
	}
	left := r.doc.leftovers()
	for _, text := range left {
		r.sweep(st, text)
	}
	doc := st.doc.Clone()
	if err := r.run(st, doc, r.doc.writer()); err != nil {
		return err
	}
	r.report.Changed = st.needs(st.doc.Delta(doc)) || len(left) > 0
	return nil
}

// run joins the sources into doc, which holds what st shows.
func (r *repair) run(st *state, doc *lww.Document, w lww.Writer) error {
	if !st.main.Exists {
		return missing(r.doc.path)
	}
	st.past.Spent = st.spent
	r.report = RepairReport{Damage: r.doc.damageOf(st.main.Data), Rejected: st.Rejected}
	if err := r.joinFile(st, doc); err != nil {
		return err
	}
	r.joinMemories(st, doc)
	r.joinLeftovers(doc)
	r.joinCopies(st, doc)
	if r.options.Clock {
		r.report.Restamped = doc.Restamp(w, MaxSkew)
	}
	return r.judge(st, doc)
}

// judge finds out what became of everything, and refuses what would do harm.
func (r *repair) judge(st *state, doc *lww.Document) error {
	if r.report.Damage != nil && st.origin != fromMemory && doc.View().Len() == 0 {
		return ErrNothingLeft
	}
	r.attribute(doc)
	if r.report.Damage == nil {
		return nil
	}
	r.report.Lost = r.lost(doc)
	if st.origin != fromMemory {
		r.report.Incomplete = r.file.hasHoles(r.report.Damage, st.main.Data)
		r.report.HistoryLost = r.file.historyLost(r.report.Incomplete)
		r.plain = doc.ID == "" && !r.file.namesHistory()
	}
	if r.file.wouldLose(doc) {
		return ErrWouldLose
	}
	return nil
}

func (r *repair) progress(source string) {
	if r.options.Progress != nil {
		r.options.Progress(source)
	}
}

// attribute says for each field of the result which source has it.
func (r *repair) attribute(doc *lww.Document) {
	for _, s := range r.report.Sources {
		if s.doc != nil {
			s.doc.Declare(doc.Policies)
			s.doc.Lift()
		}
	}
	shown := doc.Showing()
	for _, key := range sortedFields(shown) {
		reg := shown[key]
		r.report.Fields = append(r.report.Fields, RepairedField{Field: key, From: r.origin(key, reg), Deleted: reg.Dead})
	}
}

// origin returns the name of the first source that has the value.
func (r *repair) origin(key string, reg lww.Register) string {
	for _, s := range r.report.Sources {
		if s.doc == nil {
			continue
		}
		if theirs, ok := s.doc.Register(key); ok && theirs.Dead == reg.Dead && theirs.Value == reg.Value {
			return s.Name
		}
	}
	return "file" // spelled otherwise there
}
