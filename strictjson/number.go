package strictjson

import (
	"cmp"
	"strconv"
	"strings"
)

// CompareNumbers returns -1, 0 or +1 as the number a is less than, equal to or greater than b. Both are valid JSON
// literals. The order is total and exact; nothing is expanded, so 1e999999999 costs no more than 1.
func CompareNumbers(a, b string) int {
	x, y := parseDecimal(a), parseDecimal(b)
	if s := cmp.Compare(x.sign(), y.sign()); s != 0 || x.sign() == 0 {
		return s
	}
	if s := x.exp.compare(y.exp); s != 0 {
		return s * x.sign()
	}
	return compareDigits(x, y) * x.sign()
}

// SameNumber reports whether theirs may be ours after a program that keeps numbers as float64 wrote it back: it is
// exactly equal, or ours is not an integer and theirs equals the shortest decimal that reads back as the float64
// nearest to ours. Integers are only equal to themselves: 9007199254740992 is an edit of 9007199254740993.
func SameNumber(ours, theirs string) bool {
	if CompareNumbers(ours, theirs) == 0 {
		return true
	}
	if parseDecimal(ours).isInteger() {
		return false
	}
	f, err := strconv.ParseFloat(ours, 64)
	return err == nil && CompareNumbers(strconv.FormatFloat(f, 'e', -1, 64), theirs) == 0
}

// decimal is a number as d.ddd × 10^exp: the significant digits are lead followed by tail, without zeros at either
// end. Zero has no digits.
type decimal struct {
	neg        bool
	lead, tail string // in front of and behind the decimal point of the literal
	exp        exponent
}

// parseDecimal reads a valid literal.
func parseDecimal(lit string) decimal {
	var d decimal
	lit, d.neg = strings.CutPrefix(lit, "-")
	mantissa, exp := lit, ""
	if i := strings.IndexAny(lit, "eE"); i >= 0 {
		mantissa, exp = lit[:i], lit[i+1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	whole = strings.TrimLeft(whole, "0")
	shift := len(whole) - 1
	if whole == "" {
		significant := strings.TrimLeft(fraction, "0")
		shift = len(significant) - len(fraction) - 1
		fraction = significant
	}
	d.lead, d.tail = whole, strings.TrimRight(fraction, "0")
	if d.tail == "" {
		d.lead = strings.TrimRight(whole, "0")
	}
	if d.size() > 0 {
		d.exp = parseExponent(exp, shift)
	}
	return d
}

func (d decimal) size() int {
	return len(d.lead) + len(d.tail)
}

func (d decimal) sign() int {
	switch {
	case d.size() == 0:
		return 0
	case d.neg:
		return -1
	}
	return 1
}

func (d decimal) isInteger() bool {
	return d.size() == 0 || d.exp.compare(exponent{small: int64(d.size() - 1)}) >= 0
}

// digit returns the i-th significant digit.
func (d decimal) digit(i int) byte {
	if i < len(d.lead) {
		return d.lead[i]
	}
	return d.tail[i-len(d.lead)]
}

// compareDigits compares two fractions d.ddd; as no digits end in zero, the longer of two with a common beginning
// is the greater.
func compareDigits(x, y decimal) int {
	for i := range min(x.size(), y.size()) {
		if s := cmp.Compare(x.digit(i), y.digit(i)); s != 0 {
			return s
		}
	}
	return cmp.Compare(x.size(), y.size())
}

// exponent is an integer of any size: small, unless it has more than 18 digits; then those are in big.
type exponent struct {
	small int64
	neg   bool
	big   string
}

const smallDigits = 18

// parseExponent reads the part behind the e of a literal and adds shift.
func parseExponent(lit string, shift int) exponent {
	digits, neg := strings.CutPrefix(lit, "-")
	digits = strings.TrimLeft(strings.TrimPrefix(digits, "+"), "0")
	if len(digits) < smallDigits { // leaves a digit for the carry of shift
		return exponent{small: signed(atoi(digits), neg) + int64(shift)}
	}
	digits = addDecimal(digits, signed(int64(shift), neg))
	if len(digits) <= smallDigits {
		return exponent{small: signed(atoi(digits), neg)}
	}
	return exponent{neg: neg, big: digits}
}

func signed(n int64, neg bool) int64 {
	if neg {
		return -n
	}
	return n
}

// atoi reads up to 18 digits; none are zero.
func atoi(digits string) (n int64) {
	for _, c := range []byte(digits) {
		n = n*10 + int64(c-'0')
	}
	return n
}

// addDecimal adds n to a number that is larger than |n|, in its decimal digits.
func addDecimal(digits string, n int64) string {
	sum := []byte("0" + digits)
	for i := len(sum) - 1; n != 0; i-- {
		n += int64(sum[i] - '0')
		d := (n%10 + 10) % 10
		sum[i] = byte('0' + d)
		n = (n - d) / 10
	}
	return strings.TrimLeft(string(sum), "0")
}

func (e exponent) compare(other exponent) int {
	if e.big == "" && other.big == "" {
		return cmp.Compare(e.small, other.small)
	}
	if s := cmp.Compare(e.rank(), other.rank()); s != 0 {
		return s
	}
	s := cmp.Or(cmp.Compare(len(e.big), len(other.big)), strings.Compare(e.big, other.big))
	if e.neg {
		return -s
	}
	return s
}

// rank orders the big negative exponents before the small ones, and these before the big positive ones.
func (e exponent) rank() int {
	switch {
	case e.big == "":
		return 0
	case e.neg:
		return -1
	}
	return 1
}

// append writes the exponent with its sign.
func (e exponent) append(dst []byte) []byte {
	if e.neg || e.small < 0 {
		dst = append(dst, '-')
	} else {
		dst = append(dst, '+')
	}
	if e.big != "" {
		return append(dst, e.big...)
	}
	return strconv.AppendUint(dst, uint64(max(e.small, -e.small)), 10)
}
