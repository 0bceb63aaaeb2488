package cfgmerge

import (
	"fmt"

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
	// Character is Column counted in Unicode code points, as some formats
	// want it; 0 without a Column.
	Character int `json:"-"`
	// Field is a JSON Pointer, or a group's name; empty for the whole file.
	Field string `json:"field,omitempty"`
	// Rule is the place of the rule in the schema, as a URI fragment; empty
	// unless the finding is of one.
	Rule string `json:"rule,omitempty"`
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
	codeMissing     = "missing"
	codeNotAFile    = "not-a-file"
	codeLinkLoop    = "symlink-loop"
	codeDangling    = "symlink-dangling"
	codeHardLinks   = "hard-links"
	codeReadable    = "secret-readable"
	codeSchema      = "schema"
	codeNoSchema    = "schema-unusable"
	codeFarSchema   = "schema-remote"
	codeNoBlock     = "block-missing"
	codeBadBlock    = "block-damaged"
	codeBadEntry    = "block-entry-malformed"
	codeNewer       = "block-newer"
	codeDigest      = "digest-mismatch"
	codeTornGroup   = "torn-group"
	codeFuture      = "future-stamp"
	codeCopy        = "conflict-copy"
	codeOtherCopy   = "conflict-copy-other"
	codeTwoFolders  = "folder-twice"
	codeNoFolder    = "folder-unopenable"
	codeStranger    = "folder-foreign-owner"
	codeOwner       = "folder-owner"
	codeFolderMode  = "folder-readable"
	codeNotWritable = "folder-unwritable"
	codeReadOnly    = "folder-read-only"
	codeHost        = "folder-other-host"
	codeMisplaced   = "folder-entry-misplaced"
	codeUnreadable  = "folder-entry-unreadable"
	codeSpent       = "spent-unreadable"
	codeNoShadow    = "shadow-missing"
	codeBadShadow   = "shadow-damaged"
	codeLeftover    = "leftover"
	codeUnadopted   = "leftover-unadopted"
	codeQuarantine  = "quarantine"
	codeLock        = "lock-held"

	hintFromCopy  = "put a good copy back, or take out what does not belong there; nothing was changed"
	hintReencode  = "save the file as UTF-8 without a byte order mark"
	hintNextSave  = "nothing to do: the next save makes a new one"
	hintNextAdopt = "nothing to do: the next save adopts it, or `cfgmerge adopt` does so now"
	hintNextSweep = "nothing to do: the next save removes them"
	hintOwner     = "give the state folder to the file's owner with chown -R"
)

// FindingCodes returns all codes that Check reports, in the order in which a
// file is looked at: the file, its history and fields, what lies beside it.
func FindingCodes() []FindingCode {
	return append(append(fileCodes(), historyCodes()...), besideCodes()...)
}

func fileCodes() []FindingCode {
	return []FindingCode{
		{codeMissing, SeverityError, "there is no such file", "check the path"},
		{codeLinkLoop, SeverityError, "the symbolic links lead in a circle", "correct the symbolic links"},
		{codeDangling, SeverityError, "the symbolic link leads to a file that does not exist", "correct the link, or let a save make the file there"},
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
		{codeHardLinks, SeverityNote, "the file has further names (hard links), which a save leaves with the old bytes", "use symbolic links, which a save follows"},
	}
}

func historyCodes() []FindingCode {
	return []FindingCode{
		{codeNewer, SeverityError, "the history is of a newer format than this program reads", "use a newer cfgmerge; nothing was changed"},
		{codeBadBlock, SeverityError, "what is under the key $cfgmerge is no history", hintNextSave},
		{codeBadEntry, SeverityWarning, "an entry of the history makes no sense: its field counts as edited", hintNextSave},
		{codeNoBlock, SeverityNote, "the file has no history yet", "`cfgmerge adopt` gives it one; so does the first save"},
		{codeDigest, SeverityWarning, "another program has changed this field since the last save", hintNextAdopt},
		{codeTornGroup, SeverityError, "fields are missing from a group that only makes sense whole", "put the missing fields back, or remove the others too"},
		{codeFuture, SeverityWarning, "the stamp is ahead of the clock: the field wins every merge until then", "set the clock right; if it is right, the stamp came from a machine whose clock is wrong"},
		{codeSchema, SeverityError, "a value breaks a rule of the schema", "correct the value, or the schema"},
		{codeNoSchema, SeverityWarning, "the file names a schema that can't be used", "correct what $schema says, or the schema"},
		{codeFarSchema, SeverityNote, "the file names a schema that is not on this machine: nothing is fetched", "name a copy with --schema to check by it"},
		{codeReadable, SeverityWarning, "the file holds secrets, and everybody on this machine may read or write it", "nothing to do: the next save makes it private, or chmod 600 does so now"},
	}
}

func besideCodes() []FindingCode {
	return []FindingCode{
		{codeCopy, SeverityWarning, "a sync tool has left a conflict copy of the file beside it", "join them with `cfgmerge repair`, then remove the copy"},
		{codeOtherCopy, SeverityNote, "a file beside this one is named like a conflict copy, but has another history or none", "look at it, and remove it if it is not needed"},
		{codeTwoFolders, SeverityWarning, "there is a state folder beside the file and one in the user's state directory: each remembers what the other does not", "remove the one in the state directory once every process can write beside the file"},
		{codeNoFolder, SeverityError, "the state folder can't be opened: nothing can be saved", "check its owner and mode, and that it is a directory"},
		{codeStranger, SeverityError, "the state folder belongs to somebody who owns neither the file nor this process", "find out who made it; " + hintOwner},
		{codeOwner, SeverityWarning, "the state folder and the file belong to different users: not both of them can save", hintOwner},
		{codeFolderMode, SeverityWarning, "people who may not use the file may look into the state folder", "chmod 700 the state folder"},
		{codeNotWritable, SeverityWarning, "this user may not write in the state folder, and so can't save", "check its owner and mode"},
		{codeReadOnly, SeverityNote, "the file system is mounted read-only: nothing can be saved", "nothing to do, unless somebody is to save here"},
		{codeHost, SeverityNote, "the state folder was made on another host: what it remembers counts for nothing here", "nothing to do if hosts share the file; of a copy, remove the state folder"},
		{codeMisplaced, SeverityError, "something in the state folder is in the way of a file that a save needs", "move it away"},
		{codeUnreadable, SeverityWarning, "this user can't read all of the state folder", "check owners and modes in it"},
		{codeSpent, SeverityWarning, "the record of superseded tokens can't be read: an old program may put one back", "check its owner and mode"},
		{codeNoShadow, SeverityNote, "the state folder remembers no version of the file: a damaged file could not be restored", hintNextSave},
		{codeBadShadow, SeverityNote, "a remembered version of the file is damaged", hintNextSave},
		{codeLeftover, SeverityNote, "a killed process has left files in the state folder", hintNextSweep},
		{codeUnadopted, SeverityError, "a killed process has left what another program wrote, and no save has taken it in yet", hintNextAdopt},
		{codeQuarantine, SeverityNote, "versions of the file were set aside", "they are in the directory quarantine of the state folder, 16 at most"},
		{codeLock, SeverityNote, "a process holds the lock", "nothing to do, unless it lasts"},
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

// String renders the finding on one line: file:line:column: severity: code.
func (f Finding) String() string {
	place := f.File
	if f.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
	}
	return fmt.Sprintf("%s: %s: %s: %s", place, f.Severity, f.Code, f.Message)
}
