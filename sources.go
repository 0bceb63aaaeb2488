package cfgmerge

import (
	"errors"
	"path/filepath"

	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// Why a source is left out of a repair.
const (
	skipUnreadable = "it can't be read"
	skipNothing    = "nothing in it is whole"
	skipOther      = "it is another document"
	skipPlain      = "it has no history to join by"
	skipUnsettled  = "the save that wrote it never finished"
	skipFuture     = "it has stamps from the future"
	skipNewer      = "its history is of a newer format"
	skipUnknown    = "the file no longer says which document it is, and there are copies of several"
)

// joinFile names the file as the first source and, if there is a last good
// state, joins what is whole in it.
func (r *repair) joinFile(st *state, doc *lww.Document) error {
	source := RepairSource{Name: "file"}
	var err error
	if r.file, err = r.doc.salvage(st.main.Data, st.kept()); err != nil {
		return err
	}
	switch {
	case r.file.file == nil:
		source.Skipped = skipNothing
	case st.origin == fromMemory && r.file.isOther(doc):
		return ErrOtherDocument
	default:
		if st.origin == fromMemory {
			a := r.adopt(st.main.Data, st.kept(), doc, st.past)
			r.report.Rejected = append(r.report.Rejected, a.Rejected...)
		}
		source.doc = r.alone(st.main.Data, st.kept())
	}
	r.report.Sources = append(r.report.Sources, source)
	return r.joinTheirs(st, doc)
}

// adopt adopts what is whole in a text into doc. That consumes what it was
// taken apart into, which the caller may still need: so it is done here once more.
func (r *repair) adopt(text []byte, block string, doc *lww.Document, past *lww.History) lww.Adoption {
	left, err := r.doc.salvage(text, block)
	if err != nil || left.file == nil {
		return lww.Adoption{}
	}
	return lww.Adopt(doc, past, left.file)
}

// alone is the document of one source by itself.
func (r *repair) alone(text []byte, block string) *lww.Document {
	doc := &lww.Document{}
	r.adopt(text, block, doc, nil)
	return doc
}

// kept is the block that was kept beside exactly this file, if any.
func (st *state) kept() string {
	if m := st.matching(); m != nil {
		return m.Block
	}
	return ""
}

func (r remains) isOther(doc *lww.Document) bool {
	return r.file.Doc.ID != "" && isOther(r.file, doc)
}

// joinTheirs joins the other side of a git conflict. Unless both sides say what
// they are, a person must decide.
func (r *repair) joinTheirs(st *state, doc *lww.Document) error {
	if r.report.Damage == nil || r.report.Damage.Class != string(strictjson.ConflictMarkers) {
		return nil
	}
	_, theirs, ok := conflictSides(string(st.main.Data))
	if !ok || r.file.file == nil || r.file.file.Block != lww.Intact {
		return ErrConflict
	}
	r.join("file (theirs)", []byte(theirs), "", r.file.file.Doc.ID, st, doc)
	if r.report.Sources[len(r.report.Sources)-1].Skipped != "" {
		return ErrConflict
	}
	return nil
}

// joinMemories joins the versions that the state folder remembers.
func (r *repair) joinMemories(st *state, doc *lww.Document) {
	for i, m := range st.memories {
		name := [...]string{"shadow", "older shadow"}[min(i, 1)]
		r.progress(name)
		if !m.committed && m.describes != st.main.Digest {
			r.skip(name, skipUnsettled)
			continue
		}
		r.join(name, m.Text, m.Block, doc.ID, st, doc)
	}
}

func (r *repair) skip(name, why string) {
	r.report.Sources = append(r.report.Sources, RepairSource{Name: name, Skipped: why})
}

// copyOf is a text that claims to be a copy of the file.
type copyOf struct {
	name string
	text []byte
}

// joinCopies joins conflict copies, and on request what was set aside.
func (r *repair) joinCopies(st *state, doc *lww.Document) {
	copies := r.read(copiesOf(r.doc.path), "")
	if r.options.Quarantined {
		copies = append(copies, r.read(r.doc.quarantinePaths(), "quarantine/")...)
	}
	id, lost := doc.ID, doc.ID == "" && r.report.Damage != nil
	if lost {
		id = r.onlyID(copies)
	}
	known := doc
	if lost {
		known = &lww.Document{}
	}
	for _, c := range copies {
		r.join(c.name, c.text, "", id, st, known)
	}
	if lost && known.ID != "" {
		// The file has lost its stamps, but not its say: what is whole in it
		// was there last.
		r.adopt(st.main.Data, "", known, nil)
		doc.Merge(known)
	}
}

// onlyID returns the id of the copies, if they agree on it.
func (r *repair) onlyID(copies []copyOf) string {
	ids := map[string]bool{}
	only := ""
	for _, c := range copies {
		if left, err := r.doc.salvage(c.text, ""); err == nil && left.file != nil && left.file.Block == lww.Intact && left.file.Doc.ID != "" {
			only = left.file.Doc.ID
			ids[only] = true
		}
	}
	if len(ids) != 1 {
		return ""
	}
	return only
}

func (r *repair) read(paths []string, prefix string) []copyOf {
	var out []copyOf
	for _, path := range paths {
		name := prefix + filepath.Base(path)
		r.progress(name)
		c, err := fileio.Read(path, r.doc.opts.MaxSize)
		if err != nil || !c.Exists {
			r.skip(name, skipUnreadable)
			continue
		}
		out = append(out, copyOf{name, c.Data})
	}
	return out
}

// join joins one source into doc if it is the document with the given id.
func (r *repair) join(name string, text []byte, block, id string, st *state, doc *lww.Document) {
	source := RepairSource{Name: name}
	left, err := r.doc.salvage(text, block)
	if source.Skipped = r.objection(left, err, id, doc); source.Skipped == "" {
		source.doc = r.alone(text, block)
		lww.Adopt(doc, st.past, left.file)
	}
	r.report.Sources = append(r.report.Sources, source)
}

// objection says why a source is left out.
func (r *repair) objection(left remains, err error, id string, doc *lww.Document) string {
	switch {
	case err != nil:
		return skipNewer
	case left.file == nil:
		return skipNothing
	case left.file.Block != lww.Intact || left.file.Doc.ID == "":
		return skipPlain
	case id == "" && r.report.Damage != nil:
		return skipUnknown
	case left.file.Doc.ID != id:
		return skipOther
	}
	var future *FutureError
	if !r.options.Clock && errors.As((MergeRules{Force: true}).admit(doc, doc.Delta(left.file.Doc), r.doc.opts.now()), &future) {
		return skipFuture
	}
	return ""
}

// leftovers are the texts that killed processes left and nobody has adopted.
func (d *Doc) leftovers() [][]byte {
	folder, err := fileio.OpenFolder(d.path, false, d.opts.files())
	if err != nil {
		return nil
	}
	defer folder.Close()
	found, err := folder.Unsettled(d.isSound)
	if err != nil {
		return nil
	}
	var texts [][]byte
	for _, l := range found {
		texts = append(texts, l.Data)
	}
	return texts
}

// joinLeftovers names the leftovers as sources. They are part of the state
// already.
func (r *repair) joinLeftovers(doc *lww.Document) {
	for _, text := range r.doc.leftovers() {
		source := RepairSource{Name: "leftover"}
		left, err := r.doc.salvage(text, "")
		switch {
		case err != nil || left.file == nil:
			source.Skipped = skipNewer
		case left.isOther(doc):
			source.Skipped = skipOther
		default:
			source.doc = r.alone(text, "")
		}
		r.report.Sources = append(r.report.Sources, source)
	}
}

// sweep adopts a leftover as the next save will.
func (r *repair) sweep(st *state, text []byte) {
	left, err := r.doc.salvage(text, "")
	if err == nil && left.file != nil && !left.isOther(st.doc) {
		lww.Adopt(st.doc, st.past, left.file)
	}
}

// quarantinePaths returns the paths of what was set aside, newest first.
func (d *Doc) quarantinePaths() []string {
	entries, _ := d.setAsideEntries() // what can't be listed is no source
	dir := d.quarantinePath("")
	var paths []string
	for _, e := range entries {
		paths = append(paths, filepath.Join(dir, e.Name))
	}
	return paths
}
