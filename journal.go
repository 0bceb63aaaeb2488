package cfgmerge

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
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
// holds no values and no command-line arguments.
type Entry struct {
	// Time of the write, by the writer's clock.
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
	// Fields that it changed, by pointer or instance name.
	Fields map[string]FieldWrite `json:"fields"`
}

// FieldWrite is one field of an Entry.
type FieldWrite struct {
	// Stamp of the new register.
	Stamp string `json:"stamp"`
	// Was is the digest of the value that it superseded; empty if there was
	// none. It tells whether two values are equal, and nothing else.
	Was string `json:"was,omitempty"`
	// Rejected: the write would have put back a superseded value, and did
	// not; Stamp is that of the register that stayed.
	Rejected bool `json:"rejected,omitempty"`
}

const (
	journalName = "journal.jsonl"
	journalSize = 1 << 20 // bytes; one older file of the same size is kept
	external    = "external"
)

// note adds to what this save will log.
func (c *commit) log(kind WriteKind, before, after *lww.Document, keys, rejected []string) {
	if len(keys)+len(rejected) == 0 {
		return
	}
	e := Entry{Time: c.opts.now().UTC(), App: cmp.Or(c.opts.App, c.self().exe), PID: os.Getpid(), Exe: c.self().exe, Host: c.self().host, Kind: kind}
	if kind == KindEdit || kind == KindRewrite || kind == KindImport {
		e.App = external
	}
	e.Fields = make(map[string]FieldWrite, len(keys))
	for _, key := range keys {
		e.Fields[key] = fieldWrite(before, after, key)
	}
	for _, key := range rejected {
		w := fieldWrite(before, after, key)
		w.Rejected = true
		e.Fields[key] = w
	}
	c.entries = append(c.entries, e)
}

func fieldWrite(before, after *lww.Document, key string) FieldWrite {
	var w FieldWrite
	if r, ok := after.Register(key); ok {
		w.Stamp = r.Stamp.String()
	}
	if r, ok := before.Register(key); ok && !r.Dead {
		w.Was = after.Digest(key, r.Value)
	}
	return w
}

// writeJournal appends the entries. Failing to is no error: the journal
// explains, and nothing is decided by it.
func (c *commit) writeJournal() {
	for _, e := range c.entries {
		if line, err := json.Marshal(e); err == nil {
			_ = c.folder.Append(journalName, line, journalSize)
		}
	}
	c.entries = nil
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
// reaches. Lines that a crash has torn are left out.
func (d *Doc) Journal(ctx context.Context) ([]Entry, error) {
	folder, err := fileio.OpenFolder(d.path, false, d.opts.files())
	if err != nil {
		return nil, d.fail("log", err)
	}
	defer folder.Close()
	if !folder.Exists() {
		return nil, nil
	}
	var entries []Entry
	for _, name := range []string{journalName + ".1", journalName} {
		data, err := folder.Root().ReadFile(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, d.fail("log", err)
		}
		entries = append(entries, parseJournal(data)...)
	}
	return entries, context.Cause(ctx)
}

func parseJournal(data []byte) []Entry {
	var entries []Entry
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e Entry
		if json.Unmarshal(lines.Bytes(), &e) == nil {
			entries = append(entries, e)
		}
	}
	return entries
}

// Attribution says who wrote one field, as far as can be known.
type Attribution struct {
	// Field is a pointer, or the name of a group's instance.
	Field string
	// Stamp of the field's register, in text form.
	Stamp string
	// Written is the stamp's time; zero for imports.
	Written time.Time
	// Actor is the stamp's: processes of one run share it.
	Actor string
	// Deleted: the field was removed.
	Deleted bool
	// Secret: the policy says that the value must not be shown.
	Secret bool
	// By is the journal's entry of that write; nil if it does not reach back,
	// or if the write was made elsewhere.
	By *Entry
	// Was is the digest of the value that it superseded.
	Was string
}

// Blame says for each field who wrote it, sorted by field. Deleted fields are
// among them.
func (d *Doc) Blame(ctx context.Context) ([]Attribution, error) {
	st, err := d.look(ctx)
	if err != nil {
		return nil, d.fail("blame", err)
	}
	entries, err := d.Journal(ctx)
	if err != nil {
		return nil, err
	}
	var out []Attribution
	for key, r := range st.doc.Showing() {
		out = append(out, attribute(key, r, entries, st.doc))
	}
	slices.SortFunc(out, func(a, b Attribution) int { return strings.Compare(a.Field, b.Field) })
	return out, nil
}

func attribute(key string, r lww.Register, entries []Entry, doc *lww.Document) Attribution {
	a := Attribution{Field: key, Stamp: r.Stamp.String(), Actor: r.Stamp.Actor().String(), Deleted: r.Dead, Secret: doc.IsSecret(key)}
	if !r.Stamp.IsZero() {
		a.Written = r.Stamp.Time()
	}
	for i := range slices.Backward(entries) {
		w, ok := entries[i].Fields[key]
		if ok && w.Stamp == a.Stamp && !w.Rejected {
			a.By, a.Was = &entries[i], w.Was
			break
		}
	}
	return a
}
