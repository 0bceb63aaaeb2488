package cfgmerge

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// QuarantineEntry is a text that was set aside. It holds no value.
type QuarantineEntry struct {
	// Name is unique among the file's.
	Name string
	// Time of the setting aside, by the clock of the process that did it.
	Time time.Time
	// Class says why: "damaged", "torn", "removed", "replaced", "rejected".
	Class string
	// Size in bytes.
	Size int64
	// Damage is what is wrong with the text; nil if nothing is.
	Damage *CorruptError
	// Fields are the pointers and groups in which the text, or what is whole
	// in it, differs from the document, sorted. A field that it lacks is none.
	Fields []string
}

// RestoreOptions say what to put back.
type RestoreOptions struct {
	// Name of the entry, or a beginning that no other one has.
	Name string
	// Pointers limit it to these fields and to what is below them; none: all.
	// A group is restored as a whole.
	Pointers []string
	// DryRun: find out what would be done, and do nothing.
	DryRun bool
}

// RestoreReport says what was put back.
type RestoreReport struct {
	// Name of the entry.
	Name string
	// Fields that were written, by pointer or group, sorted.
	Fields []string
	// Torn are the groups of which the text has only a part. They stay as
	// they are.
	Torn []string
	// Changed: the file was changed, or would be.
	Changed bool
}

// Why nothing was restored.
var (
	// ErrNotQuarantined: nothing, or more than one thing, has that name.
	ErrNotQuarantined = errors.New("nothing in quarantine has that name, or several have")
	// ErrNotInText: the text has no field at one of the pointers.
	ErrNotInText = errors.New("the text does not have such a field")
)

// Quarantine lists what was set aside, newest first. The reasons in its *Error
// are *FileError and *VersionError.
func (d *Doc) Quarantine(ctx context.Context) ([]QuarantineEntry, error) {
	entries, err := d.setAsideEntries()
	if err != nil || len(entries) == 0 {
		return entries, d.fail("restore", err)
	}
	doc, err := d.Load(ctx)
	var damaged *CorruptError
	if err != nil && !errors.As(err, &damaged) {
		return nil, err
	}
	for i := range entries {
		e := &entries[i]
		text, err := d.readEntry(e.Name)
		if err != nil {
			return nil, d.fail("restore", err)
		}
		e.Damage = d.damageOf(text)
		if doc != nil {
			plan := d.planRestore(doc, text, nil)
			e.Fields = plan.keys()
		}
	}
	return entries, nil
}

// Restore writes the fields of a text that was set aside into the document, as
// new writes, even if their values were superseded: a person decides. Tokens
// begin a new era, as with a login.
//
// The reasons in its *Error are ErrNotQuarantined, ErrNotInText, lww.ErrHolder
// and those of Update.
func (d *Doc) Restore(ctx context.Context, o RestoreOptions) (RestoreReport, error) {
	name, err := d.entryName(o.Name)
	if err != nil {
		return RestoreReport{}, d.fail("restore", err)
	}
	report := RestoreReport{Name: name}
	text, err := d.readEntry(name)
	if err != nil {
		return report, d.fail("restore", err)
	}
	change := func(_ *state, doc *lww.Document, w lww.Writer) error {
		plan := d.planRestore(doc, text, o.Pointers)
		if plan.unknown {
			return ErrNotInText
		}
		report.Fields, report.Torn = plan.keys(), plan.torn
		return plan.write(doc, w)
	}
	doc, err := d.Load(ctx)
	if err != nil {
		return report, err
	}
	err = change(nil, doc, d.writer())
	report.Changed = len(report.Fields) > 0
	if err == nil && report.Changed && !o.DryRun {
		err = d.commit(ctx, &intent{kind: KindRestore, change: change})
		report.Changed = d.Report().Written
	}
	return report, d.fail("restore", err)
}

// quarantinePath is where an entry of that name lies; the directory itself if it
// is empty.
func (d *Doc) quarantinePath(name string) string {
	return filepath.Join(d.folderPath(), "quarantine", name)
}

// setAsideEntries lists the quarantine, newest first. Other files in it are not
// ours to judge.
func (d *Doc) setAsideEntries() ([]QuarantineEntry, error) {
	dir := d.quarantinePath("")
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, d.mustHaveBeen()
	}
	if err != nil {
		return nil, &FileError{Op: "list", Path: dir, Class: fileio.ClassIO, Err: err}
	}
	var out []QuarantineEntry
	for _, file := range slices.Backward(files) {
		info, err := file.Info()
		parts := strings.Split(file.Name(), "-")
		if err != nil || len(parts) != 3 || !info.Mode().IsRegular() {
			continue
		}
		when, err := time.Parse("20060102T150405.000Z", parts[0])
		if err == nil {
			out = append(out, QuarantineEntry{Name: file.Name(), Time: when, Class: parts[1], Size: info.Size()})
		}
	}
	return out, nil
}

// mustHaveBeen is the error for a path at which there is neither a file nor what
// one has left.
func (d *Doc) mustHaveBeen() error {
	if _, err := os.Stat(d.folderPath()); err == nil {
		return nil
	}
	return mustExist(d.path)
}

// entryName completes a name.
func (d *Doc) entryName(name string) (string, error) {
	entries, err := d.setAsideEntries()
	if err != nil {
		return "", err
	}
	var found []string
	for _, e := range entries {
		if e.Name == name {
			return name, nil
		}
		if name != "" && strings.HasPrefix(e.Name, name) {
			found = append(found, e.Name)
		}
	}
	if len(found) != 1 {
		return "", ErrNotQuarantined
	}
	return found[0], nil
}

func (d *Doc) readEntry(name string) ([]byte, error) {
	c, err := fileio.Read(d.quarantinePath(name), d.opts.MaxSize)
	if err == nil && !c.Exists {
		err = ErrNotQuarantined
	}
	return c.Data, err
}

// restoration is what a text would write into a document.
type restoration struct {
	changes []lww.Change
	// groups are the tuples to be written, by instance name.
	groups map[string]groupRestoration
	torn   []string
	// unknown: a pointer leads to nothing in the text.
	unknown bool
}

type groupRestoration struct {
	name string
	keys []string
	view *lww.View
}

// planRestore compares a text with the document, limited to pointers if there
// are any.
func (d *Doc) planRestore(doc *lww.Document, text []byte, pointers []string) restoration {
	plan := restoration{groups: map[string]groupRestoration{}}
	doc.Lift()
	left, err := d.salvage(text, "")
	if err != nil || left.file == nil {
		plan.unknown = len(pointers) > 0
		return plan
	}
	fields := left.fields()
	wanted := func(path []string) bool { return len(pointers) == 0 }
	if len(pointers) > 0 {
		wanted, plan.unknown = selection(doc, fields, pointers)
	}
	for _, path := range fields {
		if wanted(path) && !doc.At(path).Equal(left.file.View.At(path)) {
			plan.add(doc, left, path)
		}
	}
	return plan
}

// selection returns what the pointers select, and whether one of them selects
// nothing. In a group they select all of it.
func selection(doc *lww.Document, fields [][]string, pointers []string) (selected func([]string) bool, unknown bool) {
	keys := map[string]bool{}
	for _, pointer := range pointers {
		at, err := strictjson.SplitPointer(pointer)
		found := false
		for _, path := range fields {
			if err == nil && len(path) >= len(at) && slices.Equal(path[:len(at)], at) {
				keys[doc.KeyOf(path)], found = true, true
			}
		}
		unknown = unknown || !found
	}
	return func(path []string) bool { return keys[doc.KeyOf(path)] }, unknown
}

// add plans the field at path, or the group that it is in.
func (p *restoration) add(doc *lww.Document, left remains, path []string) {
	key, view := doc.KeyOf(path), left.file.View
	holder, members, grouped := doc.GroupAt(path)
	if !grouped {
		p.changes = append(p.changes, lww.Change{Path: path, Want: view.At(path)})
		return
	}
	if _, planned := p.groups[key]; planned || slices.Contains(p.torn, key) {
		return
	}
	g := groupRestoration{view: &lww.View{}}
	for _, m := range members {
		at := append(slices.Clone(holder), m)
		switch v := view.At(at); {
		case v != nil:
			g.view.Put(m, v)
		case !left.whole && doc.At(at) != nil:
			p.torn = append(p.torn, key)
			return
		}
	}
	g.name, _, _ = strings.Cut(key, "/")
	g.keys = doc.Policies[g.name].At.Keys(holder)
	p.groups[key] = g
}

// keys are the fields and groups, sorted.
func (p *restoration) keys() []string {
	var out []string
	for _, c := range p.changes {
		out = append(out, strictjson.JoinPointer(c.Path...))
	}
	for key := range p.groups {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// write makes the writes.
func (p *restoration) write(doc *lww.Document, w lww.Writer) error {
	for _, c := range p.changes {
		// Of the policy first the earlier write stays, unless it was removed.
		if r, ok := doc.Register(strictjson.JoinPointer(c.Path...)); ok && r.Policy == lww.First && !r.Dead {
			if err := doc.Write(w, lww.Change{Path: c.Path}); err != nil {
				return err
			}
		}
	}
	if err := doc.Write(w, p.changes...); err != nil {
		return err
	}
	for _, g := range p.groups {
		doc.WriteTuple(w, g.name, g.keys, g.view, true)
	}
	return nil
}
