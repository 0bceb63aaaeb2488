package strictjson

import "strings"

// peek skips white space and returns the byte at pos, or 0 at the end: a NUL is as unexpected as the end, and
// unexpected tells them apart.
func (p *parser) peek() byte {
	p.pos = skipSpace(p.src, p.pos)
	if p.pos == len(p.src) {
		return 0
	}
	return p.src[p.pos]
}

func skipSpace(s string, i int) int {
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t'
}

func isDigit(c byte) bool {
	return '0' <= c && c <= '9'
}

// literal parses one of the three words.
func (p *parser) literal(kind Kind, word string) bool {
	at := p.open(kind)
	if strings.HasPrefix(p.src[p.pos:], word) {
		p.pos += len(word)
		return p.close(at, true)
	}
	for i := 0; p.pos < len(p.src) && p.src[p.pos] == word[i]; i++ {
		p.pos++
	}
	return p.unexpected()
}

// str moves past a string and reports whether it holds an escape. The text is known to be UTF-8.
func (p *parser) str() (escaped, ok bool) {
	for p.pos++; p.pos < len(p.src); p.pos++ {
		switch c := p.src[p.pos]; {
		case c == '"':
			p.pos++
			return escaped, true
		case c == '\\':
			escaped = true
			if !p.escape() {
				return escaped, false
			}
		case c < ' ':
			return escaped, p.unexpected()
		}
	}
	return escaped, p.unexpected()
}

// escape moves from a backslash to the last byte of its escape.
func (p *parser) escape() bool {
	p.pos++
	if p.pos == len(p.src) {
		return p.unexpected()
	}
	switch p.src[p.pos] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		return p.hex4()
	}
	return p.unexpected()
}

// hex4 moves from the u of an escape to its last digit.
func (p *parser) hex4() bool {
	for range 4 {
		p.pos++
		if p.pos == len(p.src) || !isHex(p.src[p.pos]) {
			return p.unexpected()
		}
	}
	return true
}

func isHex(c byte) bool {
	return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f'
}

func (p *parser) number() bool {
	at := p.open(Number)
	if p.src[p.pos] == '-' {
		p.pos++
	}
	if p.at('0') {
		p.pos++
	} else if !p.digits() {
		return p.unexpected()
	}
	if p.at('.') {
		p.pos++
		if !p.digits() {
			return p.unexpected()
		}
	}
	if p.at('e') || p.at('E') {
		p.pos++
		if p.at('+') || p.at('-') {
			p.pos++
		}
		if !p.digits() {
			return p.unexpected()
		}
	}
	return p.close(at, true)
}

func (p *parser) at(c byte) bool {
	return p.pos < len(p.src) && p.src[p.pos] == c
}

// digits moves past a run of digits and reports whether there was one.
func (p *parser) digits() bool {
	start := p.pos
	for p.pos < len(p.src) && isDigit(p.src[p.pos]) {
		p.pos++
	}
	return p.pos > start
}
