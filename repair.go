package cfgmerge

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// RepairOptions say how far a repair may go. The zero value joins what the
// file, the state folder and the conflict copies beside the file still hold.
type RepairOptions struct {
	// DryRun: say what would be done, and do nothing.
	DryRun bool
	// Quarantined: join what was set aside earlier, too.
	Quarantined bool
	// Clock: stamp anew what is stamped more than MaxSkew ahead of the clock.
	Clock bool
}

// RepairReport says what a repair found and did.
type RepairReport struct {
	// Damage is the class of the file's damage; empty if it has none.
	Damage string
	// Sources are what was looked at, in the order in which they are trusted.
	Sources []RepairSource
	// Fields are all fields of the result, by pointer or instance name, with
	// the first source that has them as they are.
	Fields []RepairedField
	// Lost are the fields of which only a part was left, and that no source
	// has.
	Lost []string
	// Restamped are the fields whose stamps came from the future.
	Restamped []string
	// Changed: the file was changed, or would be.
	Changed bool
}

// RepairSource is one place that a repair looked at.
type RepairSource struct {
	// Name is "file", "shadow", "leftover", or a file's base name.
	Name string
	// Skipped is why it was left out; empty if it was joined.
	Skipped string

	doc *lww.Document
}

// RepairedField is one field of the result.
type RepairedField struct {
	Field string
	// From is the name of a source.
	From string
	// Deleted: what is known of the field is that it was removed.
	Deleted bool
}

// ErrNothingLeft refuses a repair that would replace a damaged file by an empty
// one.
var ErrNothingLeft = errors.New("nothing could be salvaged")

// Repair joins everything that survives and writes it back as a sound file.
// The damaged bytes go to quarantine first. Fields that are whole in the file
// are kept; the rest comes from the last versions that the state folder
// remembers. The reasons in its *Error are ErrNothingLeft, *VersionError,
// *FileError, *LockError and *DurabilityError.
func (d *Doc) Repair(ctx context.Context, o RepairOptions) (RepairReport, error) {
	r := &repair{doc: d, options: o}
	if o.DryRun {
		return r.report, d.fail("repair", r.rehearse())
	}
	err := d.commit(ctx, intent{kind: KindRepair, salvage: true, change: r.run})
	r.report.Changed = d.Report().Written
	return r.report, d.fail("repair", err)
}

// repair is one repair under way.
type repair struct {
	doc     *Doc
	options RepairOptions
	report  RepairReport
}

// rehearse does all but writing, without the lock.
func (r *repair) rehearse() error {
	now, err := r.doc.sight()
	if err != nil {
		return err
	}
	st, err := assembleDamaged(now, r.doc.limits())
	if err != nil {
		return err
	}
	doc := st.doc.Clone()
	if err := r.run(st, doc, r.doc.writer()); err != nil {
		return err
	}
	r.report.Changed = st.origin == fromMemory || st.origin == fromSalvage || len(st.doc.Delta(doc).Keys()) > 0 || len(st.Rejected) > 0
	return nil
}

// assembleDamaged is assemble for files that may be beyond recovery: then the
// state is what can be salvaged of them.
func assembleDamaged(s sighting, limits strictjson.Limits) (*state, error) {
	st, err := assemble(s, limits)
	var damaged *CorruptError
	if !errors.As(err, &damaged) {
		return st, err
	}
	tree, losses := strictjson.Salvage(s.main.Data, limits)
	if tree == nil {
		return st, ErrNothingLeft
	}
	st.tree, st.losses, st.origin = tree, losses, fromSalvage
	return st, st.decode(limits)
}

// run joins the sources into doc, which holds what st shows.
func (r *repair) run(st *state, doc *lww.Document, w lww.Writer) error {
	r.report = RepairReport{Damage: st.damage()}
	r.add("file", st.main.Data, st, doc)
	for _, m := range st.memories {
		r.add("shadow", []byte(m.Text), st, doc, m.Block)
	}
	r.addFiles(copiesOf(r.doc.path), st, doc)
	if r.options.Quarantined {
		r.addFiles(r.doc.quarantined(), st, doc)
	}
	if r.options.Clock {
		r.report.Restamped = doc.Restamp(w, MaxSkew)
	}
	if len(doc.View().Kids) == 0 && r.report.Damage != "" && st.origin == fromSalvage {
		return ErrNothingLeft
	}
	r.attribute(doc)
	r.report.Lost = lostFields(st.losses, doc)
	return nil
}

// damage is the class of what is wrong with the file.
func (st *state) damage() string {
	if !st.main.Exists {
		return ""
	}
	var syntax *strictjson.SyntaxError
	if _, err := strictjson.ParseObject(st.main.Data, strictjson.Limits{}); errors.As(err, &syntax) {
		return string(syntax.Class)
	}
	return ""
}

func (r *repair) addFiles(paths []string, st *state, doc *lww.Document) {
	for _, path := range paths {
		c, err := fileio.Read(path, r.doc.opts.MaxSize)
		if err != nil || !c.Exists {
			r.report.Sources = append(r.report.Sources, RepairSource{Name: filepath.Base(path), Skipped: "it can't be read"})
			continue
		}
		r.add(filepath.Base(path), c.Data, st, doc)
	}
}

// add joins one source into doc, unless it is another document.
func (r *repair) add(name string, text []byte, st *state, doc *lww.Document, block ...string) {
	source := RepairSource{Name: name, doc: &lww.Document{}}
	file, whole := r.decode(text, block)
	switch {
	case file == nil:
		source.Skipped = "nothing in it is whole"
	case file.Block == lww.Intact && doc.ID != "" && file.Doc.ID != doc.ID:
		source.Skipped = "it is another document"
	case file.Block != lww.Intact && name != "file":
		source.Skipped = "it has no history to join by"
	default:
		file.Partial = !whole
		lww.Adopt(source.doc, nil, file)
		file, _ = r.decode(text, block) // an adoption consumes what it is given
		file.Partial = !whole
		lww.Adopt(doc, st.past, file)
	}
	r.report.Sources = append(r.report.Sources, source)
}

// decode takes a source apart; nil if nothing in it is whole.
func (r *repair) decode(text []byte, block []string) (file *lww.Decoded, whole bool) {
	tree, err := strictjson.ParseObject(text, r.doc.limits())
	if whole = err == nil; !whole {
		if tree, _ = strictjson.Salvage(text, r.doc.limits()); tree == nil {
			return nil, false
		}
	}
	file, err = decodeText(tree, strings.Join(block, ""))
	if err != nil {
		return nil, false
	}
	return file, whole
}

// attribute says for each field of the result which source has it.
func (r *repair) attribute(doc *lww.Document) {
	shown := doc.Showing()
	for _, key := range doc.Keys() {
		reg, ok := shown[key]
		if !ok {
			continue
		}
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
	return "leftover"
}

// lostFields returns the losses that no source made up for.
func lostFields(losses []strictjson.Loss, doc *lww.Document) []string {
	var out []string
	for _, l := range losses {
		if doc.At(l.Path) == nil && (len(l.Path) == 0 || l.Path[0] != lww.BlockKey) {
			out = append(out, strictjson.JoinPointer(l.Path...))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// quarantined returns the paths of what was set aside, newest first.
func (d *Doc) quarantined() []string {
	folder, err := fileio.OpenFolder(d.path, false, d.opts.files())
	if err != nil {
		return nil
	}
	defer folder.Close()
	if !folder.Exists() {
		return nil
	}
	names, _ := filepath.Glob(filepath.Join(escapeGlob(folder.Path()), "quarantine", "*"))
	slices.Sort(names)
	slices.Reverse(names)
	return names
}

// copiesOf returns the conflict copies of a file that sync tools have left
// beside it. The name is a hint; whether it is a copy, its id decides.
func copiesOf(path string) []string {
	resolved, err := fileio.Resolve(path)
	if err != nil {
		return nil
	}
	entries, err := os.ReadDir(filepath.Dir(resolved))
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if isConflictName(filepath.Base(resolved), e.Name()) && e.Type().IsRegular() {
			out = append(out, filepath.Join(filepath.Dir(resolved), e.Name()))
		}
	}
	return out
}

// isConflictName knows how Syncthing, Dropbox, Nextcloud, OneDrive, rclone and
// Seafile name a copy that they could not merge.
func isConflictName(base, name string) bool {
	stem := strings.TrimSuffix(base, filepath.Ext(base))
	if name == base || !strings.HasPrefix(name, stem) {
		return false
	}
	rest := strings.ToLower(name[len(stem):])
	for _, mark := range []string{".sync-conflict-", "conflicted copy", "conflict-", ".conflict", "_conflict", "(sfconflict"} {
		if strings.Contains(rest, mark) {
			return true
		}
	}
	return false
}

func escapeGlob(path string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
