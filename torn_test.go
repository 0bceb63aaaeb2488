package cfgmerge

import (
	"strings"
	"testing"
)

func TestTheKeyOfAValueIsFoundWhateverItHolds(t *testing.T) {
	for _, text := range []string{`{"a":|1}`, `{"x":1, "a\"b" :  |1}`, `{"\\":|1}`, `{"\\\"":|1}`, `{"":|1}`, `{":":|1}`, "{\"a\"\n:\n|1}"} {
		src := strings.Replace(text, "|", "", 1)
		want := strings.LastIndexAny(src[:strings.Index(text, "|")], "{ ,") + 1
		if strings.Contains(src, `x`) {
			want = strings.Index(src, `"a\"b"`)
		}
		if got := keyBefore(src, strings.Index(text, "|")); got != want {
			t.Errorf("%s: got %d, want %d", text, got, want)
		}
	}
	for _, text := range []string{`|{}`, `[|1]`, `[1, |2]`} {
		if at := strings.Index(text, "|"); keyBefore(strings.Replace(text, "|", "", 1), at) != at {
			t.Errorf("%s: no member, but a key is found", text)
		}
	}
}
