package cfgmerge

import (
	"cmp"
	"errors"
	"os"
	"time"

	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// Check says what is wrong with the file at path. It only reads, takes no lock
// and makes nothing. The error is an *Error for what could not be looked at: the
// file, or else its state folder; then the findings are about the file alone.
func Check(path string, o *Options) ([]Finding, error) { return CheckBy(path, o, nil) }

// Rules looks for what is wrong with the values of a sound file. It gets the
// file's text, and returns what it finds as far as it knows: Code, which may be
// empty for "schema", Field, Rule, Message, Hint, and the offset of the value.
type Rules func(text []byte) ([]Breach, error)

// Breach is a finding of Rules, whose place is an offset in bytes.
type Breach struct {
	Finding
	Offset int
}

// CheckBy is Check, and asks rules about the file. An error of rules is a reason
// in the *Error.
func CheckBy(path string, o *Options, rules Rules) ([]Finding, error) {
	d, err := OpenDoc(path, o)
	if err != nil {
		return nil, err
	}
	c := &checker{doc: d, rules: rules}
	err = c.run()
	countCharacters(c.findings, c.seen.main.Data)
	return c.findings, d.fail("check", cmp.Or(err, c.unseen))
}

// checker looks at one file, one aspect after the other.
type checker struct {
	doc      *Doc
	around   fileio.Inspection
	seen     sighting
	text     textIndex
	tree     *strictjson.Tree
	known    *lww.Document // what the history says; nil if there is none
	findings []Finding
	rules    Rules // nil for none
	unseen   error // why the state folder could not be looked at
}

func (c *checker) run() error {
	whole, err := c.read()
	if err == nil && whole {
		err = c.history()
	}
	var unruled error
	if err == nil && whole && c.rules != nil {
		unruled = c.values()
	}
	if err == nil {
		c.surroundings()
	}
	return cmp.Or(err, unruled)
}

// values asks the rules.
func (c *checker) values() error {
	breaches, err := c.rules([]byte(c.tree.Source()))
	for _, b := range breaches {
		b.Code = cmp.Or(b.Code, codeSchema)
		if b.Rule != "" {
			b.Message += " (" + b.Rule + ")"
		}
		c.at(b.Offset, b.Finding)
	}
	return err
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
	c.add(Finding{Code: c.missing()})
	return false, nil
}

// missing says why there is no file.
func (c *checker) missing() string {
	if to, err := os.Readlink(c.doc.path); err == nil && to != "" {
		return codeDangling
	}
	return codeMissing
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
	m, _, _ := st.lastGood()
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
	case fileio.ClassLoop:
		c.add(Finding{Code: codeLinkLoop})
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

// at completes a finding with the place of a value: that of the member's key, if
// it is one.
func (c *checker) at(offset int, f Finding) {
	f.Line, f.Column = c.text.position(keyBefore(c.tree.Source(), offset))
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
	c.known = file.Doc
	c.entries(block, file)
	at, _ := block.Get("at")
	for _, e := range file.Edits() {
		if t, ok := c.tupleOf(e.Key); ok {
			c.tuple(t, e, at)
			continue
		}
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
	c.known = known.Doc
	if m.describes != c.seen.main.Digest {
		torn := c.tornBeside()
		known.Doc.View().Diff(lww.ViewOf(c.tree.Root()), func(path []string, _, now *lww.View) {
			// What a text without a block lacks, its writer may never have known.
			if now != nil && (len(torn) == 0 || !torn[known.Doc.KeyOf(path)]) {
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
