package strictjson

import (
	"testing"

	"pgregory.net/rapid"
)

func TestCanonicalForm(t *testing.T) {
	tests := []struct{ why, raw, want string }{
		{"white space goes", " { \"a\" : [ 1 , true ] } \r\n", `{"a":[1,true]}`},
		{"empty containers", "[ { } , [ ] ]", `[{},[]]`},
		{"members by key bytes", `{"b":1,"a":2,"":3,"aa":4,"B":5}`, `{"":3,"B":5,"a":2,"aa":4,"b":1}`},
		{"code points, not UTF-16 units", `{"\ud83d\ude00":1,"\uff5e":2}`, "{\"～\":2,\"😀\":1}"},
		{"a lone surrogate sorts at its code point", `{"\uff5e":1,"\ud83d":2,"\ud7ff":3}`,
			"{\"\ud7ff\":3,\"\\ud83d\":2,\"～\":1}"},
		{"the order of elements stays", `[3,1,2]`, `[3,1,2]`},
		{"strings lose needless escapes", `"\u0041\/\u00e9\u000a\u001F\u007f"`, "\"A/é\\n\\u001f\x7f\""},
		{"keys too", `{"\u0062":1,"\u0061":2}`, `{"a":2,"b":1}`},
		{"numbers by value", `[1.0,-0,1e2,0.50,1E+400]`, `[1,0,100,5e-1,1e+400]`},
		{"scalars around white space", "\n-0.0 ", `0`},
		{"a text that is refused stays as it is", `{"a":1,"a":2}`, `{"a":1,"a":2}`},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			if got := Canonical(test.raw); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestEqualIgnoresSpellingOnly(t *testing.T) {
	tests := []struct {
		why, a, b string
		want      bool
	}{
		{"identical", `{"a": 1}`, `{"a": 1}`, true},
		{"order and white space", `{"a":1,"b":[]}`, ` {"b": [ ], "a": 1.0}`, true},
		{"order of elements", `[1,2]`, `[2,1]`, false},
		{"a number and its text", `1`, `"1"`, false},
		{"null and absence", `{"a":null}`, `{}`, false},
		{"array and object", `[]`, `{}`, false},
		{"two lone surrogates", `"\ud83d"`, `"\ud83e"`, false},
		{"a lone surrogate and U+FFFD", `"\ud83d"`, `"\ufffd"`, false},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			if got := Equal(test.a, test.b); got != test.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestCanonicalFormIsTheSameForEveryRendering(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := document(3).Draw(t, "doc")
		want := doc.canonical()
		src := doc.render(t)
		if got := Canonical(src); got != want {
			t.Fatalf("%s is %s, want %s", src, got, want)
		}
		if again := Canonical(want); again != want {
			t.Fatalf("%s is not stable: %s", want, again)
		}
	})
}
