package strictjson

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// ascending holds classes of equal literals in ascending order; the canonical form comes first.
var ascending = [][]string{
	{"-1e+" + strings.Repeat("9", 40)},
	{"-1e+1000000000000000000", "-10e999999999999999999", "-0.1e1000000000000000001"},
	{"-1e+999999999999999999", "-0.01e1000000000000000001"},
	{"-9007199254740993"},
	{"-9007199254740992", "-9007199254740992.0"},
	{"-1.5e+0", "-1.5", "-15e-1"},
	{"-1", "-1.0"},
	{"-5e-1", "-0.5"},
	{"-1e-1000000000000000000", "-0.1e-999999999999999999"},
	{"-1e-" + strings.Repeat("9", 40)},
	{"0", "-0", "0.0", "-0e5", "0e999999999999999999999", "0.000E-7"},
	{"1e-" + strings.Repeat("9", 40), "0.1e-" + strings.Repeat("9", 39) + "8", "10e-1" + strings.Repeat("0", 40)},
	{"1e-999999999", "0.1e-999999998"},
	{"5e-324", "0.5e-323"},
	{"1e-7", "0.0000001", "1E-07"},
	{"1.1e-7", "0.00000011"},
	{"1e-1", "0.1", "0.10", "1e-01"},
	{"1.00000000000000001e-1", "0.100000000000000001"},
	{"5e-1", "0.5", "5E-1"},
	{"1", "1.0", "1e0", "10e-1", "1e+0", "0.1e1", "1e-0", "1E00"},
	{"1.0000000000000000000000001e+0", "1.0000000000000000000000001"},
	{"1.5e+0", "1.5", "15e-1"},
	{"9"},
	{"10", "1e1", "1E+01", "100e-1"},
	{"11"},
	{"1000", "1e3"},
	{"9007199254740992"},
	{"9007199254740993", "9007199254740993.00", "900719925474099.3e1"},
	{"9.0071992547409935e+15", "9007199254740993.5"},
	{"100000000000000000000", "1e20"},
	{"999999999999999999999"},
	{"1e+21", "1000000000000000000000"},
	{"1.000000000000000000001e+21", "1000000000000000000001"},
	{"1e+999999999"},
	{"1e+99999999999999999", "10e99999999999999998"},
	{"1e+100000000000000000", "10e99999999999999999", "0.1e100000000000000001"},
	{"1e+999999999999999999"},
	{"1e+1000000000000000000", "0.1e1000000000000000001"},
	{"1e+" + strings.Repeat("9", 40), "0.001e1" + strings.Repeat("0", 39) + "2", "1e000" + strings.Repeat("9", 40)},
	{"1e+1" + strings.Repeat("0", 40), "10e" + strings.Repeat("9", 40)},
	{"2e+1" + strings.Repeat("0", 40)},
}

func TestNumbersCompareByExactValue(t *testing.T) {
	for i, class := range ascending {
		for j, other := range ascending {
			for _, a := range class {
				for _, b := range other {
					if got, want := CompareNumbers(a, b), cmp.Compare(i, j); got != want {
						t.Errorf("compare %s and %s: %d, want %d", a, b, got, want)
					}
				}
			}
		}
	}
}

func TestEqualNumbersShareTheirCanonicalForm(t *testing.T) {
	for _, class := range ascending {
		for _, lit := range class {
			if got := Canonical(lit); got != class[0] {
				t.Errorf("%s is %s, want %s", lit, got, class[0])
			}
		}
	}
}

func numberLiteral() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`-?(0|[1-9][0-9]{0,4})(\.[0-9]{1,4})?([eE][+-]?[0-9]{1,2})?`),
		rapid.StringMatching(`-?(0|[1-9]0{0,25})(\.0{0,5}[0-9]{1,4})?([eE][+-]?0{0,2}[0-9]{1,2})?`),
		rapid.Map(rapid.Int64(), func(i int64) string { return fmt.Sprint(i) }),
		rapid.Map(rapid.Float64(), func(f float64) string {
			if math.IsInf(f, 0) || math.IsNaN(f) {
				return "0"
			}
			raw, _ := json.Marshal(f)
			return string(raw)
		}),
	)
}

func TestNumbersAgreeWithRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := numberLiteral().Draw(t, "a"), numberLiteral().Draw(t, "b")
		x, _ := new(big.Rat).SetString(a)
		y, _ := new(big.Rat).SetString(b)
		if got := CompareNumbers(a, b); got != x.Cmp(y) {
			t.Fatalf("compare %d, want %d", got, x.Cmp(y))
		}
		if (Canonical(a) == Canonical(b)) != (x.Cmp(y) == 0) {
			t.Fatalf("canonical %s and %s", Canonical(a), Canonical(b))
		}
		if c := Canonical(a); CompareNumbers(a, c) != 0 || Canonical(c) != c || !json.Valid([]byte(c)) {
			t.Fatalf("canonical %s", c)
		}
	})
}

func TestSameNumberKnowsWhatAFloatMakesOfALiteral(t *testing.T) {
	tests := []struct {
		why, ours, theirs string
		want              bool
	}{
		{"the same", "1", "1", true},
		{"equal in another spelling", "1e3", "1000", true},
		{"equal with a fraction of zero", "1.0", "1", true},
		{"an integer beyond 2^53 is not its neighbour", "9007199254740993", "9007199254740992", false},
		{"nor the other way round", "9007199254740992", "9007199254740993", false},
		{"an integer written with a fraction is one", "9007199254740993.0", "9007199254740992", false},
		{"an integer that no float64 holds", "123456789012345678901234567890", "1.2345678901234568e+29", false},
		{"a fraction re-marshalled by an old binary", "0.1000000000000000055511151231257827", "0.1", true},
		{"but not the other way round", "0.1", "0.1000000000000000055511151231257827", false},
		{"nor another spelling that reads as the same float", "0.10000000000000000555", "0.1000000000000000055", false},
		{"a small number as encoding/json writes it", "1.00000000000000000001e-7", "1e-07", true},
		{"a fraction beyond float64's integers", "9007199254740993.5", "9007199254740994", true},
		{"underflow", "1e-400", "0", true},
		{"overflow can't be re-marshalled", "1.5e400", "0", false},
		{"different", "1.5", "1.25", false},
		{"different sign", "1.5", "-1.5", false},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			if got := SameNumber(test.ours, test.theirs); got != test.want {
				t.Errorf("SameNumber(%s, %s) = %v", test.ours, test.theirs, got)
			}
		})
	}
}

func TestEveryFloatIsTheSameNumberAsItsMarshalledSelf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ours := numberLiteral().Draw(t, "ours")
		var f float64
		if json.Unmarshal([]byte(ours), &f) != nil {
			t.Skip("overflow")
		}
		theirs, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		integer := parseDecimal(ours).isInteger()
		if got := SameNumber(ours, string(theirs)); got != (!integer || CompareNumbers(ours, string(theirs)) == 0) {
			t.Fatalf("SameNumber(%s, %s) = %v", ours, theirs, got)
		}
	})
}
