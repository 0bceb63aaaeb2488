package cfgmerge

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// Severity says how bad a Finding is.
type Severity string

// The severities.
const (
	// SeverityError: the file can't be used as it is.
	SeverityError Severity = "error"
	// SeverityWarning: the file can be used, but something is not as a save
	// leaves it.
	SeverityWarning Severity = "warning"
	// SeverityNote: worth knowing, and nothing to do about.
	SeverityNote Severity = "note"
)

// Finding is something that Check has found. It never holds a value.
type Finding struct {
	// Code is one of FindingCodes.
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	// File is the path as it was given.
	File string `json:"file"`
	// Line and Column count from 1, columns in bytes; 0 where there is no
	// place to point at.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Field is a JSON Pointer, or a group's name; empty for the whole file.
	Field string `json:"field,omitempty"`
	// Message says what is wrong, Hint what to do about it, if anything.
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// FindingCode is what a code of a Finding stands for.
type FindingCode struct {
	Code     string
	Severity Severity
	// Message is what the code means; findings may say it more precisely.
	Message string
	// Hint is empty where there is nothing to do.
	Hint string
}

// The codes that are not classes of the strict scanner.
const (
	codeMissing   = "missing"
	codeNotAFile  = "not-a-file"
	codeNoBlock   = "block-missing"
	codeBadBlock  = "block-damaged"
	codeBadEntry  = "block-entry-malformed"
	codeNewer     = "block-newer"
	codeDigest    = "digest-mismatch"
	codeFuture    = "future-stamp"
	hintFromCopy  = "put a good copy back, or take out what does not belong there; nothing was changed"
	hintReencode  = "save the file as UTF-8 without a byte order mark"
	hintNextSave  = "nothing to do: the next save makes a new one"
	hintNextAdopt = "nothing to do: the next save adopts it, or `cfgmerge adopt` does so now"
)

// FindingCodes returns all codes that Check reports, in the order in which a
// file is looked at.
func FindingCodes() []FindingCode {
	return []FindingCode{
		{codeMissing, SeverityError, "there is no such file", ""},
		{codeNotAFile, SeverityError, "this is a directory, device, FIFO or socket", "name a regular file"},
		{string(strictjson.TooLarge), SeverityError, "the file is larger than the limit", "raise the limit if the file is meant to be this large"},
		{string(strictjson.Empty), SeverityError, "the file has no bytes", "remove it, or write {} into it, if it is meant to be empty"},
		{string(strictjson.BOM), SeverityError, "the file begins with a byte order mark", hintReencode},
		{string(strictjson.UTF16), SeverityError, "the file is UTF-16", hintReencode},
		{string(strictjson.WhitespaceOnly), SeverityError, "the file holds nothing but white space", "write {} into it if it is meant to be empty"},
		{string(strictjson.NULFilled), SeverityError, "the file ends in NUL bytes where data was lost in a crash", hintFromCopy},
		{string(strictjson.InvalidUTF8), SeverityError, "there are bytes that are not UTF-8", hintReencode},
		{string(strictjson.ConflictMarkers), SeverityError, "git left conflict markers behind", "resolve the conflict, or merge the two versions with `cfgmerge merge`"},
		{string(strictjson.Truncated), SeverityError, "the end of the file is missing", hintFromCopy},
		{string(strictjson.TrailingGarbage), SeverityError, "something follows the end of the document", hintFromCopy},
		{string(strictjson.DuplicateKey), SeverityError, "an object has two members of this name", "remove one of them"},
		{string(strictjson.TooDeep), SeverityError, "arrays and objects are nested too deep", hintFromCopy},
		{string(strictjson.NotObject), SeverityError, "the file is valid JSON, but not an object", hintFromCopy},
		{string(strictjson.Syntax), SeverityError, "this is not JSON", hintFromCopy},
		{codeNewer, SeverityError, "the history is of a newer format than this program reads", "use a newer cfgmerge; nothing was changed"},
		{codeBadBlock, SeverityError, "what is under the key $cfgmerge is no history", hintNextSave},
		{codeBadEntry, SeverityWarning, "an entry of the history makes no sense: its field counts as edited", hintNextSave},
		{codeNoBlock, SeverityNote, "the file has no history yet", "`cfgmerge adopt` gives it one; so does the first save"},
		{codeDigest, SeverityWarning, "another program has changed this field since the last save", hintNextAdopt},
		{codeFuture, SeverityWarning, "the stamp is ahead of the clock: the field wins every merge until then", "set the clock right; if it is right, the stamp came from a machine whose clock is wrong"},
	}
}

func findingCode(code string) FindingCode {
	for _, c := range FindingCodes() {
		if c.Code == code {
			return c
		}
	}
	return FindingCode{Code: code, Severity: SeverityError, Message: "this is not JSON"}
}

// Check says what is wrong with the file at path. It only reads, takes no lock
// and makes nothing. The error is an *Error for what could not be looked at: the
// file, or else its state folder; then the findings are about the file alone.
func Check(path string, o *Options) ([]Finding, error) {
	d, err := OpenDoc(path, o)
	if err != nil {
		return nil, err
	}
	c := &checker{doc: d}
	err = c.run()
	return c.findings, d.fail("check", cmp.Or(err, c.unseen))
}

// checker looks at one file, one aspect after the other.
type checker struct {
	doc      *Doc
	seen     sighting
	text     textIndex
	tree     *strictjson.Tree
	findings []Finding
	unseen   error // why the state folder could not be looked at
}

func (c *checker) run() error {
	whole, err := c.read()
	if err != nil || !whole {
		return err
	}
	return c.history()
}

// read finds out whether the file is a JSON object.
func (c *checker) read() (whole bool, err error) {
	for try := 0; ; try++ {
		if err = c.look(); err != nil {
			return false, c.refused(err)
		}
		if c.seen.main.Exists {
			c.tree, err = strictjson.ParseObject(c.seen.main.Data, c.doc.limits())
		}
		if c.seen.main.Exists && err == nil {
			c.text = indexText(c.tree.Source())
			return true, nil
		}
		if try == doubtTries {
			break // it is not just being written
		}
		c.doc.opts.pause(doubtPause << try)
	}
	var syntax *strictjson.SyntaxError
	if errors.As(err, &syntax) {
		f := Finding{Code: string(syntax.Class), Line: syntax.Line, Column: syntax.Column}
		if c.recoverable() {
			f.Hint = "the last good state is remembered: the next save restores it, and keeps these bytes in the state folder"
		}
		c.add(f)
		return false, nil
	}
	c.add(Finding{Code: codeMissing})
	return false, nil
}

// look looks at the file and, if it can, at what is remembered of it.
func (c *checker) look() error {
	c.seen, c.unseen = c.doc.sight()
	if c.unseen == nil {
		return nil
	}
	var err error
	if c.seen.main, err = fileio.Read(c.doc.path, c.doc.opts.MaxSize); err != nil {
		c.unseen = nil // it is the file itself
	}
	return err
}

// recoverable reports whether a save could restore a good state.
func (c *checker) recoverable() bool {
	st := state{sighting: c.seen}
	m, _, _ := st.lastGood(c.doc.limits())
	return m != nil
}

// refused makes findings of what is wrong with the file itself. The rest are
// errors: of such files nothing is known.
func (c *checker) refused(err error) error {
	var file *FileError
	if !errors.As(err, &file) {
		return err
	}
	switch file.Class {
	case fileio.ClassNotRegular:
		c.add(Finding{Code: codeNotAFile})
	case fileio.ClassTooLarge:
		c.add(Finding{Code: string(strictjson.TooLarge)})
	default:
		return err
	}
	return nil
}

// add completes a finding from the table.
func (c *checker) add(f Finding) {
	known := findingCode(f.Code)
	f.File, f.Severity = c.doc.path, known.Severity
	f.Message = cmp.Or(f.Message, known.Message)
	f.Hint = cmp.Or(f.Hint, known.Hint)
	c.findings = append(c.findings, f)
}

// at completes a finding with the place of a byte of the file.
func (c *checker) at(offset int, f Finding) {
	f.Line, f.Column = c.text.position(offset)
	c.add(f)
}

// history checks the block, wherever it is.
func (c *checker) history() error {
	block, embedded := c.tree.Root().Get(lww.BlockKey)
	if embedded {
		return c.block(block)
	}
	m := c.remembered()
	switch {
	case m == nil:
		c.add(Finding{Code: codeNoBlock})
		return nil
	case m.Layout == Sidecar:
	case m.describes == c.seen.main.Digest:
		c.add(Finding{Code: codeNoBlock, Message: "the history was taken out of the file; the state folder remembers it",
			Hint: "the next save puts it back; `cfgmerge strip --all` forgets it"})
	default:
		c.add(Finding{Code: codeNoBlock, Message: "another program has dropped the history; the state folder remembers it",
			Hint: "nothing to do: the next save puts it back"})
	}
	c.beside(m)
	return nil
}

// remembered returns the newest committed memory of the file, the one of
// exactly this file if there is one.
func (c *checker) remembered() *memory {
	var newest *memory
	for _, m := range c.seen.memories {
		if m.describes == c.seen.main.Digest {
			return m
		}
		if newest == nil && m.committed {
			newest = m
		}
	}
	return newest
}

// block checks the history that is in the file.
func (c *checker) block(block strictjson.Node) error {
	offset, _ := block.Span()
	file, err := lww.Decode(c.tree.Root())
	var newer *VersionError
	switch {
	case errors.As(err, &newer):
		c.at(offset, Finding{Code: codeNewer, Message: newer.Error()})
		return nil
	case err != nil:
		return err
	case file.Block != lww.Intact:
		c.at(offset, Finding{Code: codeBadBlock})
		return nil
	}
	c.entries(block, file)
	for _, e := range file.Edits() {
		c.edited(e)
	}
	return nil
}

// entries checks the history entry by entry.
func (c *checker) entries(block strictjson.Node, file *lww.Decoded) {
	malformed := map[string]bool{}
	for _, key := range file.Malformed {
		malformed[key] = true
	}
	at, _ := block.Get("at")
	now := c.doc.opts.now()
	for key, entry := range at.Members() {
		offset, _ := entry.Span()
		if malformed[key] {
			c.at(offset, Finding{Code: codeBadEntry, Field: key})
		} else if ahead := aheadOf(now, entry); ahead > MaxSkew {
			c.at(offset, Finding{Code: codeFuture, Field: key, Message: futureMessage(ahead)})
		}
	}
}

// aheadOf says how far the stamps of an entry are ahead.
func aheadOf(now time.Time, entry strictjson.Node) time.Duration {
	var ahead time.Duration
	for part := range entry.Elements() {
		if s, err := lww.ParseStamp(part.Text()); err == nil {
			ahead = max(ahead, s.Time().Sub(now))
		}
	}
	return ahead
}

func futureMessage(ahead time.Duration) string {
	return "the stamp is " + span(ahead) + " ahead of this machine's clock"
}

// beside checks a file without a block against what the state folder
// remembers.
func (c *checker) beside(m *memory) {
	_, known := m.decode(c.doc.limits())
	if known == nil {
		return
	}
	if m.describes != c.seen.main.Digest {
		known.Doc.View().Diff(lww.ViewOf(c.tree.Root()), func(path []string, _, now *lww.View) {
			if now != nil { // what a text without a block lacks, its writer may never have known
				c.edited(lww.Edited{Key: strictjson.JoinPointer(path...), Path: path})
			}
		})
	}
	now := c.doc.opts.now()
	for _, key := range known.Doc.Keys() {
		reg, _ := known.Doc.Register(key)
		if ahead := max(reg.Stamp.Time().Sub(now), reg.Era.Time().Sub(now)); ahead > MaxSkew {
			path, _ := strictjson.SplitPointer(key)
			c.at(c.offset(path), Finding{Code: codeFuture, Field: key, Message: futureMessage(ahead)})
		}
	}
}

func (c *checker) edited(e lww.Edited) {
	f := Finding{Code: codeDigest, Field: e.Key}
	if e.Removed {
		f.Message = "another program has removed this field, or one below it, since the last save"
		if e.Key == "" {
			f.Message = "another program has removed a field since the last save"
		}
	}
	c.at(c.offset(e.Path), f)
}

// offset is where the value at path begins, or where the object that it is
// missing from does.
func (c *checker) offset(path []string) int {
	n := c.tree.Root()
	for _, key := range path {
		kid, ok := n.Get(key)
		if !ok {
			break
		}
		n = kid
	}
	start, _ := n.Span()
	return start
}

// textIndex finds lines without counting them from the start each time.
type textIndex []int // where each line starts

func indexText(src string) textIndex {
	lines := textIndex{0}
	for at := 0; ; {
		i := strings.IndexByte(src[at:], '\n')
		if i < 0 {
			return lines
		}
		at += i + 1
		lines = append(lines, at)
	}
}

func (x textIndex) position(offset int) (line, column int) {
	line = sort.SearchInts(x, offset+1)
	return line, offset - x[line-1] + 1
}

// FindFiles returns the files below dir that carry a history, or have one in a
// state folder beside them, sorted. It does not follow links below dir and does
// not look into state folders. What could not be looked at is left out, and the
// error, an *Error, names the first of it.
func FindFiles(dir string, o *Options) ([]string, error) {
	opts := o.orDefault()
	var found []string
	var failed error
	// The dot makes a link to a directory the directory itself.
	_ = filepath.WalkDir(dir+string(filepath.Separator)+".", func(path string, entry fs.DirEntry, err error) error {
		path = filepath.Clean(path)
		switch {
		case err != nil:
			if failed == nil {
				failed = notSeen(path, err)
			}
			return fs.SkipDir
		case entry.IsDir():
			if file, ok := fileOf(path); ok {
				found = append(found, file)
				return fs.SkipDir
			}
		case entry.Type().IsRegular() && looksAdopted(path, opts.MaxSize):
			found = append(found, path)
		}
		return nil
	})
	slices.Sort(found)
	return slices.Compact(found), failed
}

func notSeen(path string, err error) error {
	var wrapped *fs.PathError
	if errors.As(err, &wrapped) {
		path, err = wrapped.Path, wrapped.Err
	}
	return &Error{Op: "check", Path: path, Err: err}
}

// fileOf returns the file whose state folder lies at path.
func fileOf(path string) (string, bool) {
	name := filepath.Base(path)
	base := strings.TrimSuffix(strings.TrimPrefix(name, "."), folderSuffix)
	return filepath.Join(filepath.Dir(path), base), base != "" && name == "."+base+folderSuffix
}

// looksAdopted reports whether the file may be one with a block, sound or not:
// JSON or what a failed merge left of it, and not a text that speaks of one.
func looksAdopted(path string, maxSize int64) bool {
	c, err := fileio.Read(path, maxSize)
	if err != nil || !bytes.Contains(c.Data, []byte(`"`+lww.BlockKey+`"`)) {
		return false
	}
	start := bytes.TrimLeft(c.Data, "\ufeff\x00 \t\r\n")
	return bytes.HasPrefix(start, []byte("{")) || bytes.HasPrefix(start, []byte("<<<<<<<"))
}

// String renders the finding on one line: file:line:column: severity: code.
func (f Finding) String() string {
	place := f.File
	if f.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
	}
	return fmt.Sprintf("%s: %s: %s: %s", place, f.Severity, f.Code, f.Message)
}
