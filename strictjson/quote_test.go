package strictjson

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestQuoteEscapesNoMoreThanItMust(t *testing.T) {
	tests := []struct{ why, s, want string }{
		{"empty", "", `""`},
		{"HTML is not JSON's business", `<a href="x">&</a>`, `"<a href=\"x\">&</a>"`},
		{"the short escapes", "\\\b\f\n\r\t", `"\\\b\f\n\r\t"`},
		{"other controls in lower case", "\x00\x0b\x1f\x7f", "\"\\u0000\\u000b\\u001f\x7f\""},
		{"line separators are legal", "\u2028\u2029é😀", "\"\u2028\u2029é😀\""},
		{"the ends of the surrogate range", "\xed\xa0\x80 \xed\xbf\xbf", `"\ud800 \udfff"`},
		{"U+D7FF is no surrogate", "\xed\x9f\xbf", "\"\xed\x9f\xbf\""},
		{"stray bytes become U+FFFD", "a\xffb\xed\xa0", "\"a\ufffdb\ufffd\ufffd\""},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			if got := Quote(test.s); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestTextDecodesEveryEscape(t *testing.T) {
	tests := []struct{ why, raw, want string }{
		{"short ones", `"\"\\\/\b\f\n\r\t"`, "\"\\/\b\f\n\r\t"},
		{"hexadecimal in both cases", `"\u00e9\u00E9\u20aC"`, "éé€"},
		{"a pair", `"\ud83d\ude00"`, "😀"},
		{"a lone high half", `"\ud83dx"`, "\xed\xa0\xbdx"},
		{"a lone low half", `"\ude00"`, "\xed\xb8\x80"},
		{"two high halves, then a low one", `"\ud83d\ud83d\ude00"`, "\xed\xa0\xbd😀"},
		{"a high half and another escape", `"\ud83d\n"`, "\xed\xa0\xbd\n"},
		{"a high half and an escaped letter", `"\ud83d\u0041"`, "\xed\xa0\xbdA"},
		{"an escaped backslash in front of a u", `"\\ud83d"`, `\ud83d`},
		{"U+FFFD itself", `"\ufffd"`, "\ufffd"},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			if got := mustParse(t, test.raw).Root().Text(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestQuoteAndTextAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := nastyString().Draw(t, "s")
		quoted := Quote(s)
		if got := mustParseRapid(t, quoted).Root().Text(); got != s {
			t.Fatalf("%q became %q", s, got)
		}
		var theirs string
		if err := json.Unmarshal([]byte(quoted), &theirs); err != nil || utf8.ValidString(s) && theirs != s {
			t.Fatalf("encoding/json reads %q, %v", theirs, err)
		}
	})
}
