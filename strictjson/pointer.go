package strictjson

import (
	"fmt"
	"strings"
)

// PointerError says that a text is not a JSON Pointer.
type PointerError struct {
	Offset int // where it stops being one: 0 if it does not start with /, otherwise a bad ~
}

func (e *PointerError) Error() string {
	if e.Offset == 0 {
		return "invalid JSON pointer: must be empty or start with /"
	}
	return fmt.Sprintf("invalid JSON pointer: ~ without 0 or 1 at offset %d", e.Offset)
}

// SplitPointer returns the unescaped segments of a JSON Pointer (RFC 6901): none for "", one empty segment for "/".
// The error is a [*PointerError].
func SplitPointer(p string) ([]string, error) {
	if p == "" {
		return nil, nil
	}
	if p[0] != '/' {
		return nil, &PointerError{}
	}
	for i := range len(p) {
		if p[i] == '~' && (i+1 == len(p) || p[i+1] != '0' && p[i+1] != '1') {
			return nil, &PointerError{Offset: i}
		}
	}
	segs := strings.Split(p[1:], "/")
	for i, seg := range segs {
		if strings.Contains(seg, "~") {
			// ~1 first: ~01 is the escape of ~1, not of /.
			segs[i] = strings.ReplaceAll(strings.ReplaceAll(seg, "~1", "/"), "~0", "~")
		}
	}
	return segs, nil
}

// JoinPointer returns the JSON Pointer of the segments.
func JoinPointer(segs ...string) string {
	var b strings.Builder
	for _, seg := range segs {
		b.WriteByte('/')
		b.WriteString(escapeSegment(seg))
	}
	return b.String()
}

// AppendSegment returns the pointer of the child seg of p.
func AppendSegment(p, seg string) string {
	return p + "/" + escapeSegment(seg)
}

// AppendPointer appends the segment seg to the pointer in dst.
func AppendPointer(dst []byte, seg string) []byte {
	return append(append(dst, '/'), escapeSegment(seg)...)
}

func escapeSegment(seg string) string {
	if strings.IndexByte(seg, '~') < 0 && strings.IndexByte(seg, '/') < 0 {
		return seg // as nearly all are
	}
	return strings.ReplaceAll(strings.ReplaceAll(seg, "~", "~0"), "/", "~1")
}
