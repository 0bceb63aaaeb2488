package strictjson

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func classOf(t *testing.T, err error) Class {
	t.Helper()
	var syntax *SyntaxError
	if err != nil && !errors.As(err, &syntax) {
		t.Fatalf("error is %T, want *SyntaxError", err)
	}
	if syntax == nil {
		return ""
	}
	return syntax.Class
}

func TestDamageIsNamedByItsClass(t *testing.T) {
	tests := []struct {
		why, src string
		want     Class
		offset   int
	}{
		{"a writer truncated the file and died", "", Empty, 0},
		{"an editor saved nothing but a newline", " \t\r\n", WhitespaceOnly, 0},
		{"a crash left the blocks of the file unwritten", strings.Repeat("\x00", 512), NULFilled, 0},
		{"a crash left the last blocks unwritten", `{"a":"b` + strings.Repeat("\x00", 512), NULFilled, 7},
		{"a crash left all but the first byte unwritten", "{" + strings.Repeat("\x00", 512), NULFilled, 1},
		{"one NUL in the middle is no lost block", "{\"a\":\x00 1}", Syntax, 5},
		{"the document is whole, so the NULs behind it are garbage", "{}\x00\x00", TrailingGarbage, 2},
		{"Windows Notepad wrote it", "\ufeff{}", BOM, 0},
		{"PowerShell > wrote it", "\xff\xfe{\x00}\x00", UTF16, 0},
		{"big endian", "\xfe\xff\x00{\x00}", UTF16, 0},
		{"UTF-16 without a mark, little endian", "{\x00}\x00", UTF16, 0},
		{"UTF-16 without a mark, big endian", "\x00{\x00}", UTF16, 0},
		{"Latin-1 in a string", "{\"a\":\"caf\xe9 au lait\"}", InvalidUTF8, 9},
		{"Latin-1 outside a string", "{\"a\":\xe9 au lait}", InvalidUTF8, 5},
		{"an overlong slash", "\"\xc0\xaf....\"", InvalidUTF8, 1},
		{"a surrogate in UTF-8 is no UTF-8", "\"\xed\xa0\x80\"", InvalidUTF8, 1},
		{"the error in front of the bad byte comes first", "{]\xff", Syntax, 1},
		{"cut in the middle of a character", "\"caf\xc3", Truncated, 5},
		{"cut in a string", `{"a":"b`, Truncated, 7},
		{"cut in an escape", `"\u12`, Truncated, 5},
		{"cut behind a backslash", `"\`, Truncated, 2},
		{"cut in a word", `[tru`, Truncated, 4},
		{"cut in a number", `-`, Truncated, 1},
		{"cut behind a decimal point", `1.`, Truncated, 2},
		{"cut in an exponent", `1e+`, Truncated, 3},
		{"cut behind a comma", `[1,`, Truncated, 3},
		{"cut behind a colon, then a newline", "{\"a\":\n", Truncated, 6},
		{"a shorter document was written over a longer one", `{"a":1}}`, TrailingGarbage, 7},
		{"two documents", "{}\n{}", TrailingGarbage, 3},
		{"a number with a leading zero at the root", `01`, TrailingGarbage, 1},
		{"a comment behind the document", "{} // done", TrailingGarbage, 3},
		{"git left both sides", "{\n<<<<<<< HEAD\n\"a\":1\n=======\n\"a\":2\n>>>>>>> b\n}", ConflictMarkers, 2},
		{"git left both sides of the whole file", "<<<<<<< HEAD\n{}\n=======\n[]\n>>>>>>> b\n", ConflictMarkers, 0},
		{"the markers begin behind a member", "{\"a\":1\n=======\n}", ConflictMarkers, 7},
		{"diff3 style", "{\"a\":1\n||||||| base\n}", ConflictMarkers, 7},
		{"behind the document", "{}\n>>>>>>> theirs\n", ConflictMarkers, 3},
		{"a marker owns its line", "{ <<<<<<< HEAD\n}", Syntax, 2},
		{"the same key twice", `{"a":1,"b":2,"a":3}`, DuplicateKey, 13},
		{"the same key in two spellings", `{"a":1,"\u0061":2}`, DuplicateKey, 7},
		{"inside an array", `[[{"a":1,"a":1}]]`, DuplicateKey, 9},
		{"the empty key counts", `{"":1,"":2}`, DuplicateKey, 6},
		{"a pair of surrogates and the character", `{"😀":1,"\ud83d\ude00":2}`, DuplicateKey, 10},
		{"an unquoted key", `{a:1}`, Syntax, 1},
		{"single quotes", `{'a':1}`, Syntax, 1},
		{"a trailing comma", `{"a":1,}`, Syntax, 7},
		{"a trailing comma in an array", `[1,]`, Syntax, 3},
		{"a missing comma", "{\"a\":1\n\"b\":2}", Syntax, 7},
		{"a comment", "{\n// hello\n}", Syntax, 2},
		{"a bare newline in a string", "\"a\nb\"", Syntax, 2},
		{"a tab in a string", "\"a\tb\"", Syntax, 2},
		{"an unknown escape", `"\x41"`, Syntax, 2},
		{"a bad digit in an escape", `"\u12g4"`, Syntax, 5},
		{"a word in capitals", `True`, Syntax, 0},
		{"NaN", `[NaN]`, Syntax, 1},
		{"a leading plus", `+1`, Syntax, 0},
		{"a leading point", `[.5]`, Syntax, 1},
		{"a leading zero", `[-012]`, Syntax, 3},
		{"hexadecimal", `[0x10]`, Syntax, 2},
		{"a no-break space is not white space", "[\u00a01]", Syntax, 1},
		{"a form feed is not white space", "[\f1]", Syntax, 1},
		{"the wrong bracket", `[1}`, Syntax, 2},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			_, err := Parse([]byte(test.src), Limits{})
			if got := classOf(t, err); got != test.want {
				t.Fatalf("class %q, want %q", got, test.want)
			}
			if got := err.(*SyntaxError).Offset; got != test.offset {
				t.Errorf("offset %d, want %d", got, test.offset)
			}
		})
	}
}

func TestWhatIsOnlyUnusualIsAccepted(t *testing.T) {
	tests := []struct{ why, src string }{
		{"Windows line endings", "{\r\n\t\"a\": 1\r\n}\r\n"},
		{"lone surrogates are legal escapes", `{"\ud83d":"\udc00","\ud83e":"\uD83D\uD83D"}`},
		{"an escaped NUL", `"\u0000"`},
		{"DEL and U+2028 need no escape", "\"\x7f\u2028\""},
		{"a byte order mark inside a string", "\"\ufeff\""},
		{"keys that differ only in case", `{"a":1,"A":2}`},
		{"keys that only Unicode normalisation makes equal", "{\"\u00e9\":1,\"e\u0301\":2}"},
		{"a key that looks like an escape of another", `{"a":1,"\\u0061":2}`},
		{"the same key in different objects", `{"a":{"a":{}},"b":{"a":1}}`},
		{"minus zero", `-0`},
		{"an exponent beyond every float", `[1e999999999999999999999,1E-0005]`},
		{"a long number", strings.Repeat("1234567890", 100)},
		{"a conflict marker inside a string", `"<<<<<<< HEAD"`},
		{"white space around the root", "\n\t {} \r\n"},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			if _, err := Parse([]byte(test.src), Limits{}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestADocumentCutAnywhereIsTruncated(t *testing.T) {
	const whole = " {\"a\\n\\u00e9\": [1, -2.5e+10, true, false, null], \"caf\u00e9\U0001f600\": {\"x\": {}, \"y\": \"\\ud83d\"}}"
	for n := range len(whole) {
		want := Truncated
		switch n {
		case 0:
			want = Empty
		case 1:
			want = WhitespaceOnly
		}
		_, err := Parse([]byte(whole[:n]), Limits{})
		if got := classOf(t, err); got != want {
			t.Errorf("after %d bytes: class %q, want %q", n, got, want)
		}
	}
}

func TestThePositionCountsLinesAndBytes(t *testing.T) {
	_, err := Parse([]byte("{\r\n  \"\u00e9\": tru\r\n}"), Limits{})
	want := SyntaxError{Class: Syntax, Offset: 14, Line: 2, Column: 12}
	if got := err.(*SyntaxError); *got != want {
		t.Errorf("got %+v, want %+v", *got, want)
	}
	if got := err.Error(); got != "invalid JSON: syntax at line 2, column 12" {
		t.Errorf("message %q", got)
	}
}

func TestErrorsDoNotQuoteTheFile(t *testing.T) {
	for _, src := range []string{
		`{"token":"s3cret}`, `{"token":s3cret}`, `{"s3cret":1,"s3cret":2}`, "{} s3cret", "\"s3cret\xff\"", `"s3cret"`,
	} {
		_, err := ParseObject([]byte(src), Limits{})
		if err == nil {
			t.Fatal("accepted")
		}
		if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "s3cret") {
			t.Errorf("%s error holds the text", classOf(t, err))
		}
	}
}

func TestTheRootMustBeAnObjectForParseObject(t *testing.T) {
	for _, src := range []string{"null", "[]", " 1", `"{}"`} {
		if _, err := ParseObject([]byte(src), Limits{}); classOf(t, err) != NotObject {
			t.Errorf("%s: %v", src, err)
		}
		if _, err := Parse([]byte(src), Limits{}); err != nil {
			t.Errorf("%s: %v", src, err)
		}
	}
	if _, err := ParseObject([]byte("[1"), Limits{}); classOf(t, err) != Truncated {
		t.Errorf("damage comes before the wrong kind: %v", err)
	}
	if _, err := ParseObject([]byte("{}"), Limits{}); err != nil {
		t.Error(err)
	}
}

func TestLimitsAreExact(t *testing.T) {
	nested := func(depth int) []byte {
		return []byte(strings.Repeat(`{"a":`, depth-1) + "[]" + strings.Repeat("}", depth-1))
	}
	tests := []struct {
		why  string
		src  []byte
		l    Limits
		want Class
	}{
		{"as deep as the default", nested(1000), Limits{}, ""},
		{"one deeper", nested(1001), Limits{}, TooDeep},
		{"as deep as asked for", nested(3), Limits{MaxDepth: 3}, ""},
		{"one deeper than asked for", nested(4), Limits{MaxDepth: 3}, TooDeep},
		{"the most that can be asked for", nested(10_000), Limits{MaxDepth: 1 << 40}, ""},
		{"one more than can be asked for", nested(10_001), Limits{MaxDepth: 1 << 40}, TooDeep},
		{"as large as asked for", []byte("[10]"), Limits{MaxSize: 4}, ""},
		{"one byte larger", []byte("[10] "), Limits{MaxSize: 4}, TooLarge},
		{"size goes before all other damage", []byte("\x00\x00\x00\x00\x00"), Limits{MaxSize: 4}, TooLarge},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			if _, err := Parse(test.src, test.l); classOf(t, err) != test.want {
				t.Errorf("got %v, want class %q", err, test.want)
			}
		})
	}
}

// Other parsers overflow the stack here: gjson.Valid kills the process.
func TestTwentyMegabytesOfBracketsAreRefusedAtOnce(t *testing.T) {
	for _, unit := range []string{"[", `{"a":`, "[[{\"\":"} {
		src := []byte(strings.Repeat(unit, 20<<20/len(unit)))
		start := spent(t)
		if _, err := Parse(src, Limits{}); classOf(t, err) != TooDeep {
			t.Errorf("got %v", err)
		}
		if took := spent(t) - start; took > 20*time.Second {
			t.Errorf("took %v", took)
		}
	}
}

func TestDuplicatesAreFoundInObjectsOfEverySize(t *testing.T) {
	for _, key := range []string{"key%d", "key%04d"} { // the latter ascend
		for _, size := range []int{2, fewKeys, fewKeys + 1, 100, 5000} {
			for _, twin := range []int{0, (size - 1) / 2, size - 2} {
				checkDuplicate(t, key, size, twin)
			}
		}
	}
}

// checkDuplicate parses an object of which the last key is that of the twin, spelled otherwise.
func checkDuplicate(t *testing.T, key string, size, twin int) {
	t.Helper()
	keys := make([]string, size)
	for i := range keys {
		keys[i] = fmt.Sprintf("%q:0", fmt.Sprintf(key, i))
	}
	src := "{" + strings.Join(keys, ",") + "}"
	if _, err := Parse([]byte(src), Limits{}); err != nil {
		t.Fatalf("size %d: %v", size, err)
	}
	if behind := strings.TrimSuffix(src, "}") + `,"$a":0,"$b":0}`; size > 2 {
		if _, err := Parse([]byte(behind), Limits{}); err != nil {
			t.Fatalf("size %d, and less behind: %v", size, err)
		}
		twice := strings.Replace(behind, `"$b"`, keys[twin][:len(keys[twin])-2], 1)
		if _, err := Parse([]byte(twice), Limits{}); classOf(t, err) != DuplicateKey || err.(*SyntaxError).Offset != strings.LastIndex(twice, `"key`) {
			t.Errorf("size %d, twin of %d behind less: %v", size, twin, err)
		}
	}
	keys[size-1] = strings.Replace(keys[twin], "k", `\u006b`, 1)
	src = "{" + strings.Join(keys, ",") + "}"
	_, err := Parse([]byte(src), Limits{})
	if classOf(t, err) != DuplicateKey || err.(*SyntaxError).Offset != strings.Index(src, `"\u`) {
		t.Errorf("size %d, twin of %d: %v", size, twin, err)
	}
}

// A table that is cleared for every object costs the size of the largest one each time.
func TestManyObjectsAfterALargeOneStayCheap(t *testing.T) {
	large := objectOfKeys(100_000)
	small := strings.Repeat(","+objectOfKeys(fewKeys+1), 20_000)[1:]
	parse := func(src string) func() { return func() { mustParse(t, src) } }
	before, behind := cost(t, parse("["+small+","+large+"]")), cost(t, parse("["+large+","+small+"]"))
	if behind > 10*before {
		t.Errorf("%v behind the large one, %v in front of it", behind, before)
	}
}

func objectOfKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"%d":0`, i)
	}
	return "{" + b.String()[1:] + "}"
}

// cost is the CPU time of a call, for comparing such that differ by orders of magnitude.
func cost(t *testing.T, fn func()) time.Duration {
	t.Helper()
	const enough = 50 * time.Millisecond // some systems count in steps of 16 ms
	start, calls := spent(t), 0
	for spent(t)-start < enough {
		fn()
		calls++
	}
	return (spent(t) - start) / time.Duration(calls)
}

func TestAFewAllocationsAreEnoughForALargeDocument(t *testing.T) {
	src := configText(10_000, "  ")
	if n := testing.AllocsPerRun(5, func() { Parse(src, Limits{}) }); n > 8 {
		t.Errorf("%v allocations", n)
	}
}
