package cfgmerge

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// surroundings checks what no byte of the file says: its names, its mode, its
// copies and its state folders.
func (c *checker) surroundings() {
	var err error
	if c.around, err = fileio.Inspect(c.doc.path, c.doc.opts.files()); err != nil {
		return // looking at the file has failed for the same reason, and said so
	}
	if n := c.around.Info.Links; c.around.Info.Mode.IsRegular() && n > 1 {
		c.add(Finding{Code: codeHardLinks, Message: fmt.Sprintf("the file has %d names (hard links): a save replaces it under this one, and the others keep the old bytes", n)})
	}
	c.secrets()
	c.copies()
	for _, folder := range c.around.Folders {
		c.folder(folder)
	}
	if len(c.around.Folders) > 1 {
		c.add(Finding{Code: codeTwoFolders, Message: "there is a state folder beside the file and another at " + c.around.Folders[1].Path +
			": each remembers what the other does not"})
	}
}

// secrets looks who may read what the policies say is secret.
func (c *checker) secrets() {
	if !c.around.Exposed || c.known == nil || c.tree == nil || !c.known.Secret() {
		return
	}
	count, first := 0, Finding{Code: codeReadable}
	var offset int
	c.leaves(c.tree.Root(), nil, func(path []string, at int) {
		if !c.known.IsSecret(c.known.KeyOf(path)) {
			return
		}
		if count++; count == 1 {
			first.Field, offset = strictjson.JoinPointer(path...), at
		}
	})
	if count > 0 {
		first.Message = fmt.Sprintf("everybody on this machine may use this file (mode %04o), which holds %s", c.around.Info.Mode.Perm(), plural(count, "secret"))
		c.at(offset, first)
	}
}

// leaves calls visit for each member of the text that is no object itself.
func (c *checker) leaves(n strictjson.Node, path []string, visit func(path []string, offset int)) {
	for key, kid := range n.Members() {
		below := append(path[:len(path):len(path)], key)
		switch {
		case len(path) == 0 && key == lww.BlockKey:
		case kid.Kind() == strictjson.Object:
			c.leaves(kid, below, visit)
		case kid.Kind() != strictjson.Null:
			offset, _ := kid.Span()
			visit(below, offset)
		}
	}
}

// copies looks for what sync tools could not merge.
func (c *checker) copies() {
	for _, path := range copiesOf(c.doc.path) {
		f := Finding{Code: codeOtherCopy, Message: quoteName(path) + " is named like a conflict copy, but has another history or none"}
		if id := c.idOf(path); id != "" && c.known != nil && id == c.known.ID {
			f = Finding{Code: codeCopy, Message: quoteName(path) + " is a conflict copy of this file"}
		}
		c.add(f)
	}
}

// idOf returns the document that the file is a copy of, or nothing.
func (c *checker) idOf(path string) string {
	found, err := fileio.Read(path, c.doc.opts.MaxSize)
	if err != nil {
		return ""
	}
	tree, err := strictjson.ParseObject(found.Data, c.doc.limits())
	if err != nil {
		if tree, _ = strictjson.Salvage(found.Data, c.doc.limits()); tree == nil {
			return ""
		}
	}
	file, err := lww.Decode(tree.Root())
	if err != nil {
		return ""
	}
	return file.Doc.ID
}

func quoteName(path string) string { return strictjson.Quote(filepath.Base(path)) }

// folder checks one state folder.
func (c *checker) folder(s fileio.FolderState) {
	if s.Err != nil {
		c.add(Finding{Code: codeNoFolder, Message: "the state folder can't be opened (" + reason(s.Err) + "): nothing can be saved"})
		return
	}
	c.owners(s)
	c.rights(s)
	c.contents(s)
	c.leftovers(s)
	c.lock(s)
}

func (c *checker) owners(s fileio.FolderState) {
	switch {
	case s.Stranger && !c.doc.opts.AnyOwner:
		c.add(Finding{Code: codeStranger})
	case s.Misowned:
		c.add(Finding{Code: codeOwner})
	}
	if s.Foreign {
		c.add(Finding{Code: codeHost})
	}
}

func (c *checker) rights(s fileio.FolderState) {
	if s.Exposed {
		c.add(Finding{Code: codeFolderMode, Message: fmt.Sprintf("people who may not use the file may look into the state folder (mode %04o)", s.Info.Mode.Perm())})
	}
	var file *FileError
	switch {
	case s.Unwritable == nil:
	case errors.As(s.Unwritable, &file) && file.Class == fileio.ClassReadOnly:
		c.add(Finding{Code: codeReadOnly})
	default:
		c.add(Finding{Code: codeNotWritable})
	}
}

// contents checks what has to be in the folder.
func (c *checker) contents(s fileio.FolderState) {
	isSpent := func(name string) bool { return name == spentName || name == spentOlder }
	if slices.ContainsFunc(append(s.Misplaced, s.Unreadable...), isSpent) {
		c.add(Finding{Code: codeSpent})
	}
	if names := slices.DeleteFunc(s.Misplaced, isSpent); len(names) > 0 {
		c.add(Finding{Code: codeMisplaced, Message: "in the state folder, " + someNames(names) + " is in the way of what a save needs there"})
	}
	if names := slices.DeleteFunc(s.Unreadable, isSpent); len(names) > 0 {
		c.add(Finding{Code: codeUnreadable, Message: "this user can't read " + someNames(names) + " in the state folder"})
	}
	if s.DamagedShadows > 0 {
		c.add(Finding{Code: codeBadShadow, Message: plural(s.DamagedShadows, "remembered version") + " of the file can't be read any more"})
	} else if s.Shadows == 0 && !s.Held && c.around.Exists {
		c.add(Finding{Code: codeNoShadow})
	}
	if s.Kept > 0 {
		c.add(Finding{Code: codeQuarantine, Message: fmt.Sprintf("set aside: %s of the file, the newest at %s (%s)",
			plural(s.Kept, "version"), s.NewestKept.UTC().Format("2006-01-02 15:04:05Z"), s.NewestKind)})
	}
}

// leftovers says what killed processes have left.
func (c *checker) leftovers(s fileio.FolderState) {
	if s.Unadopted > 0 {
		c.add(Finding{Code: codeUnadopted, Message: "killed processes have left what other programs wrote (" + plural(s.Unadopted, "file") + "), and no save has taken it in yet"})
	}
	var kinds []string
	for _, k := range []struct {
		n    int
		kind string
	}{{s.Unfinished, "never finished"}, {s.Copies, "with bytes that the file held or was to hold"}, {s.Busy, "perhaps still being written"}} {
		if k.n > 0 {
			kinds = append(kinds, fmt.Sprintf("%d %s", k.n, k.kind))
		}
	}
	if len(kinds) > 0 {
		n := plural(s.Unfinished+s.Copies+s.Busy, "file")
		c.add(Finding{Code: codeLeftover, Message: "killed processes have left " + n + " in the state folder: " + strings.Join(kinds, ", ")})
	}
}

// lock says who has the lock. Where the system does not tell, it says that.
func (c *checker) lock(s fileio.FolderState) {
	known := s.Holder.PID != 0
	f := Finding{Code: codeLock}
	switch {
	case s.Held && known:
		f.Message = "the lock is held by " + s.Holder.String()
	case s.Held:
		f.Message = "the lock is held, and it is not known by whom"
	case !s.LockKnown && known:
		f.Message = "this system does not tell whether the lock is held; " + s.Holder.String() + ", had it last, and is running"
	default:
		return
	}
	if s.Held && s.Holder.Stopped {
		f.Hint = fmt.Sprintf("continue the stopped process with kill -CONT %d, or end it", s.Holder.PID)
	}
	c.add(f)
}

// someNames quotes the first of many names.
func someNames(names []string) string {
	const most = 3
	var quoted []string
	for _, name := range names[:min(len(names), most)] {
		quoted = append(quoted, strictjson.Quote(name))
	}
	if len(names) > most {
		quoted = append(quoted, fmt.Sprintf("and %d more", len(names)-most))
	}
	return strings.Join(quoted, ", ")
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
