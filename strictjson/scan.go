package strictjson

import "math/bits"

// The skip functions return the offset behind what they skip, or, with ok false, the first byte that does not fit.

// byteAt returns 0 at the end of s: a NUL is as unexpected as the end, and classifyAt tells them apart.
func byteAt(s string, i int) byte {
	if i < len(s) {
		return s[i]
	}
	return 0
}

func skipSpace(s string, i int) int {
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool {
	return c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t')
}

func isDigit(c byte) bool {
	return '0' <= c && c <= '9'
}

func isHex(c byte) bool {
	return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f'
}

// skipEscaped skips the rest of a string, of UTF-8, from any character that is not plain.
func skipEscaped(s string, i int) (end int, escaped, ok bool) {
	for byteAt(s, i) == '\\' {
		if i, ok = skipEscape(s, i); !ok {
			return i, true, false
		}
		escaped = true
		i = skipPlain(s, i)
	}
	if byteAt(s, i) == '"' {
		return i + 1, escaped, true
	}
	return i, escaped, false
}

// skipPlain returns the offset of the next quote, backslash or control character, or of the end. It looks at eight
// bytes at a time: the lowest byte whose top bit is set in special is the first such character, as the borrow of a
// subtraction only reaches bytes above it (Hacker's Delight, 6-1). Flipping bit 1 puts the quote, 0x22, right above
// the control characters, and nothing else.
func skipPlain(s string, i int) int {
	const each, top = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(s); i += 8 {
		word := load8(s[i : i+8])
		controlOrQuote := (word ^ each*2) - each*0x21
		backslash := (word ^ each*'\\') - each
		if special := (controlOrQuote | backslash) &^ word & top; special != 0 {
			return i + bits.TrailingZeros64(special)/8
		}
	}
	for i < len(s) && s[i] >= ' ' && s[i] != '"' && s[i] != '\\' {
		i++
	}
	return i
}

// load8 is written so that it compiles to one load.
func load8(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// skipEscape skips a backslash and what belongs to it.
func skipEscape(s string, i int) (end int, ok bool) {
	switch byteAt(s, i+1) {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2, true
	case 'u':
		end = i + 2
		for end < i+6 && isHex(byteAt(s, end)) {
			end++
		}
		return end, end == i+6
	}
	return i + 1, false
}

func skipNumber(s string, i int) (end int, ok bool) {
	if byteAt(s, i) == '-' {
		i++
	}
	if byteAt(s, i) == '0' {
		i++
	} else if i, ok = skipDigits(s, i); !ok {
		return i, false
	}
	if byteAt(s, i) == '.' {
		if i, ok = skipDigits(s, i+1); !ok {
			return i, false
		}
	}
	if byteAt(s, i)|0x20 == 'e' {
		i++
		if c := byteAt(s, i); c == '+' || c == '-' {
			i++
		}
		return skipDigits(s, i)
	}
	return i, true
}

// skipDigits skips at least one digit.
func skipDigits(s string, i int) (end int, ok bool) {
	start := i
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i, i > start
}
