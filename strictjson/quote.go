package strictjson

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Quote returns s as a JSON string literal; see [AppendQuote].
func Quote(s string) string {
	return string(AppendQuote(make([]byte, 0, len(s)+2), s))
}

// AppendQuote appends s as a JSON string literal with the fewest escapes: \" \\ \b \f \n \r \t, \u00xx in lower
// case for the other control characters, and \udxxx for a lone surrogate in WTF-8. All else, & < > and U+2028
// included, is written as it is; bytes that are neither UTF-8 nor a surrogate become U+FFFD.
func AppendQuote(dst []byte, s string) []byte {
	dst = append(dst, '"')
	done := 0
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c < ' ' || c == '"' || c == '\\' {
				dst = appendEscape(append(dst, s[done:i]...), c)
				done = i + 1
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			dst, size = appendNonUTF8(append(dst, s[done:i]...), s[i:])
			done = i + size
		}
		i += size
	}
	return append(append(dst, s[done:]...), '"')
}

func appendEscape(dst []byte, c byte) []byte {
	if i := strings.IndexByte("\"\\\b\f\n\r\t", c); i >= 0 {
		return append(dst, '\\', `"\bfnrt`[i])
	}
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// appendNonUTF8 appends the beginning of s, which is not UTF-8, and returns how many bytes that was.
func appendNonUTF8(dst []byte, s string) ([]byte, int) {
	if r, ok := leadingSurrogate(s); ok {
		return strconv.AppendInt(append(dst, '\\', 'u'), int64(r), 16), 3
	}
	return utf8.AppendRune(dst, utf8.RuneError), 1
}

// leadingSurrogate decodes the three-byte form of a surrogate.
func leadingSurrogate(s string) (r rune, ok bool) {
	if len(s) < 3 || s[0] != 0xed || s[1]&0xe0 != 0xa0 || s[2]&0xc0 != 0x80 {
		return 0, false
	}
	return 0xd000 | rune(s[1]&0x3f)<<6 | rune(s[2]&0x3f), true
}

// unescape decodes what stands between the quotes of a valid literal.
func unescape(content string) string {
	var b strings.Builder
	b.Grow(len(content))
	for {
		i := strings.IndexByte(content, '\\')
		if i < 0 {
			b.WriteString(content)
			return b.String()
		}
		b.WriteString(content[:i])
		content = writeUnescaped(&b, content[i:])
	}
}

// writeUnescaped decodes the escape at the beginning of s, a surrogate together with its other half, and returns
// the rest.
func writeUnescaped(b *strings.Builder, s string) (rest string) {
	if s[1] != 'u' {
		c := s[1]
		if i := strings.IndexByte("bfnrt", c); i >= 0 {
			c = "\b\f\n\r\t"[i]
		}
		b.WriteByte(c)
		return s[2:]
	}
	r, rest := hexRune(s), s[6:]
	if !utf16.IsSurrogate(r) {
		b.WriteRune(r)
		return rest
	}
	if strings.HasPrefix(rest, `\u`) {
		if pair := utf16.DecodeRune(r, hexRune(rest)); pair != utf8.RuneError {
			b.WriteRune(pair)
			return rest[6:]
		}
	}
	b.Write([]byte{0xe0 | byte(r>>12), 0x80 | byte(r>>6)&0x3f, 0x80 | byte(r)&0x3f})
	return rest
}

// hexRune decodes the \uxxxx at the beginning of s.
func hexRune(s string) rune {
	var r rune
	for _, c := range []byte(s[2:6]) {
		r <<= 4
		if isDigit(c) {
			r |= rune(c - '0')
		} else {
			r |= rune(c|0x20-'a') + 10
		}
	}
	return r
}

// isWTF8 reports whether s is what decoding some literal gives. It fails for stray bytes, and for two surrogates
// that the literal would join.
func isWTF8(s string) bool {
	if utf8.ValidString(s) {
		return true
	}
	quoted := Quote(s)
	return unescape(quoted[1:len(quoted)-1]) == s
}
