package strictjson

import (
	"slices"
	"strings"
)

// Canonical returns the canonical form of one valid JSON text; a text that [Parse] refuses comes back as it is.
// Two texts have the same canonical form exactly if they denote the same value:
//
//   - no white space outside strings;
//   - object members in ascending order of the bytes of their keys in WTF-8, which is the order of code points
//     (lone surrogates at their own code points), not that of UTF-16 units;
//   - strings as [AppendQuote] writes them;
//   - null, true and false as they are;
//   - numbers by their exact value. Zero, -0 included, is 0. Any other number is ±0.d₁d₂…dₙ × 10ᵖ with d₁ ≠ 0 and
//     dₙ ≠ 0, for one n and one p. If n ≤ p ≤ 21 (an integer of at most 21 digits) it is written in plain digits,
//     d₁…dₙ and p-n zeros. Otherwise it is d₁, then . and d₂…dₙ if n > 1, then e, the sign of p-1 (+ for zero), and
//     its decimal digits. A negative number has a - in front.
//
// So 1.0, 1e0 and 10e-1 are 1; 0.5 is 5e-1; 1.5 is 1.5e+0; 1e20 is 100000000000000000000 and 1e21 is 1e+21.
func Canonical(raw string) string {
	if isCanonicalScalar(raw) {
		return raw
	}
	t, err := parse(raw, unlimited)
	if err != nil {
		return raw
	}
	return string(t.Root().AppendCanonical(make([]byte, 0, len(raw))))
}

// unlimited accepts what any limits accept.
var unlimited = Limits{MaxSize: 1 << 62, MaxDepth: 1 << 62}.withDefaults()

// Equal reports whether two valid JSON texts denote the same value.
func Equal(a, b string) bool {
	return a == b || Canonical(a) == Canonical(b)
}

// AppendCanonical appends the value in the form that [Canonical] describes.
func (n Node) AppendCanonical(dst []byte) []byte {
	switch n.Kind() {
	case Number:
		return appendCanonicalNumber(dst, n.Raw())
	case String:
		if n.node().escaped {
			return AppendQuote(dst, n.Text())
		}
	case Array:
		return n.appendCanonicalArray(dst)
	case Object:
		return n.appendCanonicalObject(dst)
	}
	return append(dst, n.Raw()...)
}

func (n Node) appendCanonicalArray(dst []byte) []byte {
	dst = append(dst, '[')
	for element := range n.Elements() {
		dst = append(element.AppendCanonical(dst), ',')
	}
	return closeCanonical(dst, ']')
}

func (n Node) appendCanonicalObject(dst []byte) []byte {
	dst = append(dst, '{')
	for _, member := range n.sortedMembers() {
		dst = append(member.appendCanonicalKey(dst), ':')
		dst = append(member.AppendCanonical(dst), ',')
	}
	return closeCanonical(dst, '}')
}

// closeCanonical puts the bracket in place of the comma behind the last child.
func closeCanonical(dst []byte, bracket byte) []byte {
	if last := len(dst) - 1; dst[last] == ',' {
		dst[last] = bracket
		return dst
	}
	return append(dst, bracket)
}

func (n Node) sortedMembers() []Node {
	members := n.children()
	byKey := func(a, b Node) int { return strings.Compare(a.key(), b.key()) }
	if !slices.IsSortedFunc(members, byKey) {
		slices.SortFunc(members, byKey)
	}
	return members
}

func (n Node) appendCanonicalKey(dst []byte) []byte {
	if n.node().keyEscaped {
		return AppendQuote(dst, n.key())
	}
	return append(dst, n.keyLiteral()...)
}

const maxPlainDigits = 21

func appendCanonicalNumber(dst []byte, lit string) []byte {
	if isPlainInteger(lit) {
		return append(dst, lit...)
	}
	d := parseDecimal(lit)
	if d.size() == 0 {
		return append(dst, '0')
	}
	if d.neg {
		dst = append(dst, '-')
	}
	if d.isInteger() && d.exp.compare(exponent{small: maxPlainDigits}) < 0 {
		dst = append(append(dst, d.lead...), d.tail...)
		return append(dst, strings.Repeat("0", int(d.exp.small)+1-d.size())...)
	}
	return d.appendScientific(dst)
}

func (d decimal) appendScientific(dst []byte) []byte {
	dst = append(dst, d.digit(0))
	if d.size() > 1 {
		dst = append(dst, '.')
		if d.lead == "" {
			dst = append(dst, d.tail[1:]...)
		} else {
			dst = append(append(dst, d.lead[1:]...), d.tail...)
		}
	}
	return d.exp.append(append(dst, 'e'))
}

// isPlainInteger recognises the common literal that is canonical already.
func isPlainInteger(lit string) bool {
	digits := strings.TrimPrefix(lit, "-")
	if digits == "" || len(digits) > maxPlainDigits || digits == "0" && lit != "0" {
		return false
	}
	for i := range len(digits) {
		if !isDigit(digits[i]) {
			return false
		}
	}
	return true
}

// isCanonicalScalar recognises most scalars that are canonical already, without parsing.
func isCanonicalScalar(raw string) bool {
	switch {
	case raw == "":
		return true
	case raw[0] == '"':
		return raw[len(raw)-1] == '"' && strings.IndexByte(raw, '\\') < 0
	case raw == "null" || raw == "true" || raw == "false":
		return true
	}
	return isPlainInteger(raw)
}
