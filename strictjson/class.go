package strictjson

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Class says in one word what is wrong with a text.
type Class string

// The classes of damage, the most telling one first where several would fit.
const (
	Empty           Class = "empty"            // zero bytes
	TooLarge        Class = "too-large"        // more bytes than Limits.MaxSize
	BOM             Class = "bom"              // a UTF-8 byte order mark in front
	UTF16           Class = "utf-16"           // UTF-16, with or without a byte order mark
	WhitespaceOnly  Class = "whitespace-only"  // nothing but white space
	NULFilled       Class = "nul-filled"       // NUL bytes to the end, where data was lost by a crash
	InvalidUTF8     Class = "invalid-utf-8"    // a byte sequence that is not UTF-8
	ConflictMarkers Class = "conflict-markers" // a line that git left behind after a failed merge
	Truncated       Class = "truncated"        // a valid beginning whose end is missing
	TrailingGarbage Class = "trailing-garbage" // a whole value, then something else
	DuplicateKey    Class = "duplicate-key"    // two members of one object with the same name
	TooDeep         Class = "too-deep"         // nested deeper than Limits.MaxDepth
	NotObject       Class = "not-object"       // valid, but not the object that ParseObject wants
	Syntax          Class = "syntax"           // none of the above
)

// SyntaxError says why a text was refused and where. It never holds any of the text.
type SyntaxError struct {
	Class  Class
	Offset int // of the first offending byte: 0 if it is the whole text, its length if it is truncated
	Line   int // from 1
	Column int // from 1, in bytes
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("invalid JSON: %s at line %d, column %d", e.Class, e.Line, e.Column)
}

func newSyntaxError(class Class, src string, offset int) *SyntaxError {
	before := src[:offset]
	return &SyntaxError{
		Class:  class,
		Offset: offset,
		Line:   1 + strings.Count(before, "\n"),
		Column: offset - strings.LastIndexByte(before, '\n'),
	}
}

// classifyWhole names the damage that is seen without parsing, or returns "".
func classifyWhole(src string, maxSize int) Class {
	switch {
	case src == "":
		return Empty
	case len(src) > maxSize:
		return TooLarge
	case strings.HasPrefix(src, "\ufeff"):
		return BOM
	case looksUTF16(src):
		return UTF16
	case skipSpace(src, 0) == len(src):
		return WhitespaceOnly
	}
	return ""
}

// looksUTF16 relies on JSON beginning with an ASCII character, one of whose two bytes is zero. If nothing but zeros
// follows, it is a lost block instead.
func looksUTF16(src string) bool {
	if strings.HasPrefix(src, "\xff\xfe") || strings.HasPrefix(src, "\xfe\xff") {
		return true
	}
	return len(src) > 2 && (src[0] == 0) != (src[1] == 0) && !onlyNUL(src[2:])
}

// classifyAt names the damage at the first byte that does not fit; otherwise is what it is called if nothing more
// telling is known.
func classifyAt(src string, offset int, otherwise Class) Class {
	switch {
	case offset == len(src):
		return Truncated
	case startsConflict(src, offset):
		return ConflictMarkers
	case otherwise == Syntax && onlyNUL(src[offset:]):
		return NULFilled
	}
	return otherwise
}

// startsConflict reports whether a git conflict marker stands at offset. A marker owns its line, and no JSON token
// begins like one, so the first byte that does not fit is the marker's.
func startsConflict(src string, offset int) bool {
	if offset > 0 && src[offset-1] != '\n' {
		return false
	}
	for _, marker := range []string{"<<<<<<<", "|||||||", "=======", ">>>>>>>"} {
		if strings.HasPrefix(src[offset:], marker) {
			return true
		}
	}
	return false
}

func onlyNUL(s string) bool {
	return strings.Trim(s, "\x00") == ""
}

// firstInvalidUTF8 returns the offset of the first sequence that is not UTF-8, or len(src).
func firstInvalidUTF8(src string) int {
	if utf8.ValidString(src) {
		return len(src)
	}
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRuneInString(src[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(src)
}

// cutRune reports whether s is the beginning of one UTF-8 sequence whose end is missing.
func cutRune(s string) bool {
	return !utf8.FullRuneInString(s)
}
