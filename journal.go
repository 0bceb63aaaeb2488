package cfgmerge

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// WriteKind says what kind of write changed a field.
type WriteKind string

// The kinds of writes.
const (
	// KindSave: a program that uses this package changed the field.
	KindSave WriteKind = "save"
	// KindEdit: an editor or another program changed it and left the block.
	KindEdit WriteKind = "edit"
	// KindRewrite: a program that drops the block, such as an old binary.
	KindRewrite WriteKind = "rewrite"
	// KindImport: the file had no history when it was first saved.
	KindImport WriteKind = "import"
	// KindMerge: another copy of the document was merged into the file.
	KindMerge WriteKind = "merge"
	// KindRepair: it was salvaged from damage.
	KindRepair WriteKind = "repair"
	// KindRestore: a person put an older or a rejected value back.
	KindRestore WriteKind = "restore"
)

// Entry is one line of the journal: what one write changed, and who wrote. It
// holds no values and no command-line arguments. It is written by the process
// that makes the change or, of a program that knows nothing of cfgmerge, by the
// one that notices it.
type Entry struct {
	// Time of the write, by the writer's clock. Of an external program it is
	// when it was noticed.
	Time time.Time `json:"time"`
	// App is Options.App, or "external" for programs that are not seen.
	App string `json:"app"`
	// PID, Exe (base name) and Host of the process. Of an external program
	// they are those of the process that noticed.
	PID  int    `json:"pid"`
	Exe  string `json:"exe"`
	Host string `json:"host"`
	// Kind of the write.
	Kind WriteKind `json:"kind"`
	// Doc is the document's id: another document may have taken the file's
	// place since.
	Doc string `json:"doc,omitempty"`
	// Fields that it changed, by pointer or instance name. What is no UTF-8
	// in these is replaced by U+FFFD.
	Fields map[string]FieldWrite `json:"fields"`
	// Omitted is the number of further fields, of a write of very many.
	Omitted int `json:"omitted,omitempty"`
}

// External reports whether a program wrote that knows nothing of cfgmerge.
func (e Entry) External() bool { return e.App == external }

// FieldWrite is one field of an Entry.
type FieldWrite struct {
	// Stamp of the new register.
	Stamp string `json:"stamp"`
	// Was is the digest of the value that it superseded; empty if there was
	// none. It tells whether two values are equal, and nothing else.
	Was string `json:"was,omitempty"`
	// Rejected: the write would have put back a superseded value, and did
	// not; Stamp is that of the register that stayed, and Put the digest of
	// the value that did not come back.
	Rejected bool   `json:"rejected,omitempty"`
	Put      string `json:"put,omitempty"`
}

const (
	journalName = "journal.jsonl"
	journalSize = 1 << 20 // bytes; one older file of the same size is kept
	external    = "external"

	// What one entry holds of a write of very many fields: so many, with keys
	// of so many bytes together.
	mostFields   = 1000
	mostKeyBytes = 128 << 10
)

// log adds to what this save will log.
func (c *commit) log(kind WriteKind, before, after *lww.Document, keys []string) {
	c.logWith(kind, before, after, lww.Adoption{Adopted: keys}, nil)
}

// logForeign does so for what another program has left.
func (c *commit) logForeign(file *lww.Decoded, before, after *lww.Document, a lww.Adoption) {
	c.logWith(foreignKind(file), before, after, a, file.View)
}

// foreignKind says what kind of program wrote a text.
func foreignKind(file *lww.Decoded) WriteKind {
	if file.Block == lww.Intact {
		return KindEdit
	}
	return KindRewrite
}

func (c *commit) logWith(kind WriteKind, before, after *lww.Document, a lww.Adoption, file *lww.View) {
	fields, omitted := map[string]FieldWrite{}, 0
	size := 0
	add := func(key string, w func() FieldWrite) {
		if len(fields) == mostFields || size+len(key) > mostKeyBytes {
			omitted++
			return
		}
		size += len(key)
		fields[journalKey(key)] = w()
	}
	for _, key := range a.Rejected { // first: they are few, and what people look for
		add(key, func() FieldWrite { return rejectedWrite(after, file, key) })
	}
	for _, key := range a.Adopted {
		add(key, func() FieldWrite { return fieldWrite(before, after, key) })
	}
	if len(fields)+omitted > 0 {
		c.entries = append(c.entries, c.entry(kind, fields, omitted))
	}
}

func (c *commit) entry(kind WriteKind, fields map[string]FieldWrite, omitted int) Entry {
	e := Entry{
		Time: c.opts.now().UTC(), App: cmp.Or(c.opts.App, c.self().exe), PID: os.Getpid(), Exe: c.self().exe, Host: c.self().host,
		Kind: kind, Fields: fields, Omitted: omitted,
	}
	if kind == KindEdit || kind == KindRewrite || kind == KindImport {
		e.App = external
	}
	return e
}

// logFound logs what a save finds that other programs have written.
func (c *commit) logFound(st *state) {
	switch {
	case st.before == nil:
	case st.file.Block != lww.Intact && len(st.before.Keys()) == 0:
		c.logImport(st.doc)
	default:
		c.logForeign(st.file, st.before, st.doc, st.Adoption)
	}
}

// logImport logs that a file without a history got one: all that it shows.
func (c *commit) logImport(doc *lww.Document) {
	keys := slices.Sorted(maps.Keys(doc.Showing()))
	c.log(KindImport, &lww.Document{}, doc, keys)
}

// journalKey is the key as JSON can spell it.
func journalKey(key string) string { return string([]rune(key)) }

func fieldWrite(before, after *lww.Document, key string) FieldWrite {
	var w FieldWrite
	if r, ok := after.Register(key); ok {
		w.Stamp = r.Stamp.String()
	}
	if r, ok := before.Register(key); ok && !r.Dead {
		w.Was = digestIn(after, key, r.Value)
	}
	return w
}

func rejectedWrite(doc *lww.Document, file *lww.View, key string) FieldWrite {
	w := FieldWrite{Rejected: true}
	if r, ok := doc.Register(key); ok {
		w.Stamp = r.Stamp.String()
	}
	if put := shownBy(doc, file, key); put != nil {
		w.Put = digestIn(doc, key, put.JSON())
	}
	return w
}

// digestIn is the digest of a value, but for a document that has no salt yet:
// that of a secret might be guessed.
func digestIn(doc *lww.Document, key, raw string) string {
	if doc.Salt == "" {
		return ""
	}
	return doc.Digest(key, raw)
}

// shownBy returns what a text shows of a field or of a group, or nil.
func shownBy(doc *lww.Document, file *lww.View, key string) *lww.View {
	p, holder, isGroup := doc.Policies.GroupOf(key)
	if !isGroup {
		path, err := strictjson.SplitPointer(key)
		if err != nil {
			return nil
		}
		return file.At(path)
	}
	tuple := &lww.View{}
	for _, m := range p.Members {
		tuple.Put(m, file.At(holder).Kid(m))
	}
	return tuple
}

// writeJournal appends the entries. Failing to is no error: the journal
// explains, and nothing is decided by it.
func (c *commit) writeJournal() {
	for _, e := range c.entries {
		e.Doc = c.doc.ID
		_ = c.folder.Append(journalName, e.append(make([]byte, 0, 512)), journalSize)
	}
	c.entries = nil
}

// append adds the entry's line to dst: what json.Marshal makes of it, & < and >
// aside, which it would escape. To ask encoding/json for it takes longer than all
// else that a save does about the journal.
func (e Entry) append(dst []byte) []byte {
	member := func(name, text string) {
		dst = append(append(append(dst, ',', '"'), name...), '"', ':')
		dst = strictjson.AppendQuote(dst, text)
	}
	dst = append(dst, `{"time":"`...)
	dst = append(e.Time.AppendFormat(dst, time.RFC3339Nano), '"')
	member("app", e.App)
	dst = strconv.AppendInt(append(dst, `,"pid":`...), int64(e.PID), 10)
	member("exe", e.Exe)
	member("host", e.Host)
	member("kind", string(e.Kind))
	if e.Doc != "" {
		member("doc", e.Doc)
	}
	dst = append(dst, `,"fields":{`...)
	for i, key := range slices.Sorted(maps.Keys(e.Fields)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = e.Fields[key].append(append(strictjson.AppendQuote(dst, key), ':'))
	}
	dst = append(dst, '}')
	if e.Omitted > 0 {
		dst = strconv.AppendInt(append(dst, `,"omitted":`...), int64(e.Omitted), 10)
	}
	return append(dst, '}')
}

func (w FieldWrite) append(dst []byte) []byte {
	dst = strictjson.AppendQuote(append(dst, `{"stamp":`...), w.Stamp)
	if w.Was != "" {
		dst = strictjson.AppendQuote(append(dst, `,"was":`...), w.Was)
	}
	if w.Rejected {
		dst = append(dst, `,"rejected":true`...)
	}
	if w.Put != "" {
		dst = strictjson.AppendQuote(append(dst, `,"put":`...), w.Put)
	}
	return append(dst, '}')
}

// identity is what the journal says of the process besides its number.
type identity struct{ exe, host string }

// thisProcess finds it out. Of the executable only the base name is taken.
func thisProcess() identity {
	var id identity
	if path, err := os.Executable(); err == nil {
		id.exe = strings.TrimSuffix(filepath.Base(path), ".exe")
	}
	if host, err := os.Hostname(); err == nil {
		id.host = host
	}
	return id
}

// Journal returns the log of the file's writes, oldest first, as far back as it
// reaches; nil if there is none. Lines that a crash has torn, or that are no
// entries, are left out. The reasons in its *Error are *FileError, also for a
// file that is missing and has left no state folder.
func (d *Doc) Journal(ctx context.Context) ([]Entry, error) {
	folder, err := fileio.OpenFolder(d.path, false, d.opts.files())
	if err != nil {
		return nil, d.fail("log", err)
	}
	defer folder.Close()
	if !folder.Exists() {
		return nil, d.fail("log", mustExist(folder.Target()))
	}
	var entries []Entry
	for _, name := range []string{journalName + ".1", journalName} {
		data, err := readTail(folder.Root(), name, journalSize)
		if err != nil {
			return nil, d.fail("log", err)
		}
		entries = append(entries, parseJournal(data)...)
	}
	return entries, d.fail("log", context.Cause(ctx))
}

func mustExist(path string) error {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return missing(path)
	}
	return err
}

// readTail reads the end of a regular file; nil if there is none. Whatever else
// has the name, and what is longer than this package writes, was not written by
// it and must do no harm.
func readTail(root *os.Root, name string, most int64) ([]byte, error) {
	info, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	file, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	from := max(0, info.Size()-most)
	return io.ReadAll(io.NewSectionReader(file, from, most))
}

func parseJournal(data []byte) []Entry {
	var entries []Entry
	for line := range bytes.Lines(data) {
		if e, ok := parseEntry(line); ok {
			entries = append(entries, e)
		}
	}
	return entries
}

// parseEntry reads one line. A line that a crash tore has the next entry behind
// it: no string within an entry holds the bytes that it begins with.
func parseEntry(line []byte) (e Entry, ok bool) {
	if i := bytes.LastIndex(line, []byte(`{"time":`)); i > 0 {
		line = line[i:]
	}
	if json.Unmarshal(line, &e) != nil || e.Time.IsZero() || e.Kind == "" {
		return Entry{}, false
	}
	for _, s := range []*string{&e.App, &e.Exe, &e.Host, (*string)(&e.Kind), &e.Doc} {
		*s = (*s)[:min(len(*s), 255)] // longer ones are none of ours
	}
	maps.DeleteFunc(e.Fields, func(_ string, w FieldWrite) bool {
		return len(w.Stamp) > 32 || len(w.Was) > 32 || len(w.Put) > 32
	})
	return e, true
}
