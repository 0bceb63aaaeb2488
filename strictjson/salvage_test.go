package strictjson

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// realistic has what such files have: a flat pair, keys that are URLs and paths, escapes, nested maps, arrays, and
// every kind of scalar in last place.
const realistic = `{
  "access_token": "AT-2\u002f\"x\"", "refresh_token": "RT-2",
  "https://example.com/a?b=c#d": {"type": "wellknown", "key": "k\\", "token": "\ud83d\ude00 é", "ok": true},
  "projects": {
    "/home/u/one": {
      "history": [ {"at": 1, "text": "},{"}, [], "]" ],
      "cost": 1.50e+3,
      "deep": {"er": {"est": -0, "n": null}}
    },
    "/home/u/two": {}, "C:\\three": {"a~b": "{\"x\":1}", "": 7}
  },
  "list":[1,2.5,false] ,
  "expires": 1795315200000, "off" : false,
  "last": 12
}
`

// oracleValue is what the test's own reader makes of a text.
type oracleValue struct {
	end     int
	members map[string]*oracleValue // nil unless it is an object
	any     any
}

// oracle reads with encoding/json, which says where each token ends.
func oracle(t *testing.T, text string) *oracleValue {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	return oracleNext(t, d)
}

func oracleNext(t *testing.T, d *json.Decoder) *oracleValue {
	token, err := d.Token()
	if err != nil {
		t.Fatal(err)
	}
	v := &oracleValue{any: token}
	switch token {
	case json.Delim('{'):
		v.members, v.any = map[string]*oracleValue{}, nil
		for d.More() {
			key, _ := d.Token()
			v.members[key.(string)] = oracleNext(t, d)
		}
		_, _ = d.Token()
	case json.Delim('['):
		list := []any{}
		for d.More() {
			list = append(list, oracleNext(t, d).whole())
		}
		_, _ = d.Token()
		v.any = list
	}
	v.end = int(d.InputOffset())
	return v
}

func (v *oracleValue) whole() any {
	if v.members == nil {
		return v.any
	}
	return v.before(1 << 30)
}

// before returns what lies whole in the first n bytes, nil if nothing does.
func (v *oracleValue) before(n int) any {
	end := v.end
	if _, number := v.any.(json.Number); number {
		end++ // and what proves that it ends there
	}
	if v.members == nil {
		if end <= n {
			return v.any
		}
		return nil
	}
	kept := map[string]any{}
	for key, m := range v.members {
		if got := m.before(n); got != nil || m.members == nil && m.any == nil && m.end <= n {
			kept[key] = got
		}
	}
	if len(kept) == 0 && end > n {
		return nil
	}
	return kept
}

func decoded(t *testing.T, tree *Tree) any {
	t.Helper()
	if tree == nil {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(tree.Source()))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWhatLiesWholeBeforeACutComesBack(t *testing.T) {
	for _, text := range []string{realistic, strings.ReplaceAll(realistic, "\n", "\r\n"), compact(t, realistic)} {
		file := oracle(t, text)
		for n := range len(text) + 1 {
			tree, _ := Salvage([]byte(text[:n]), Limits{})
			if got, want := decoded(t, tree), file.before(n); !reflect.DeepEqual(got, want) {
				t.Fatalf("cut at %d, behind %q:\ngot  %v\nwant %v", n, text[max(0, n-20):n], got, want)
			}
		}
	}
}

func compact(t *testing.T, text string) string {
	tree, err := Parse([]byte(text), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]json.RawMessage
	if err := json.Unmarshal([]byte(tree.Source()), &v); err != nil {
		t.Fatal(err)
	}
	out, _ := json.Marshal(v)
	return string(out)
}

func TestTheMemberThatWasCutIsNamed(t *testing.T) {
	text := realistic
	for _, test := range []struct{ behind, path string }{
		{`"refresh_token": "RT`, "/refresh_token"},
		{`"refresh_token":`, "/refresh_token"},
		{`"refresh_tok`, ""},
		{`"text": "},{"`, "/projects/~1home~1u~1one/history"},
		{`"cost": 1.50e`, "/projects/~1home~1u~1one/cost"},
		{`"cost": 1.50e+3,`, "/projects/~1home~1u~1one"},
		{`"er": {"est": -0, "n": nul`, "/projects/~1home~1u~1one/deep/er/n"},
		{`"last": 12`, "/last"},
	} {
		cut := strings.Index(text, test.behind) + len(test.behind)
		_, losses := Salvage([]byte(text[:cut]), Limits{})
		var got []string
		for _, l := range losses {
			got = append(got, JoinPointer(l.Path...))
		}
		if strings.Join(got, " ") != test.path {
			t.Errorf("cut behind %s: %q lost, want %q", test.behind, got, test.path)
		}
	}
}

func TestDamageCostsNoMoreThanItHasTo(t *testing.T) {
	for _, test := range []struct{ why, src, want, lost string }{
		{"a whole document stays as it is", ` {"a" : 1}` + "\n", ` {"a" : 1}` + "\n", ""},
		{"a byte order mark goes", "\ufeff{}", `{}`, ""},
		{"a lost bracket", `{"a":{"b":[1],"c":2`, `{"a":{"b":[1]}}`, "/a/c@14"},
		{"new lines for brackets where members have them", "{\r\n  \"a\": {\r\n    \"b\": 1,\r\n", "{\r\n  \"a\": {\r\n    \"b\": 1\r\n  }\r\n}", "/a@5"},
		{"a number that may be cut", `{"a":1,"b":12`, `{"a":1}`, "/b@7"},
		{"a number in front of something else", `{"a":1,"b":12"c"`, `{"a":1}`, "/b@7"},
		{"a word can't be longer", `{"a":true`, `{"a":true}`, ""},
		{"a word that is", `{"a":truex,"b":1}`, `{"b":1}`, "/a@1"},
		{"not a number", `{"a":01,"b":NaN,"c":-,"d":.5,"e":1}`, `{"e":1}`, "/a@1 /b@8 /c@16 /d@22"},
		{"no value at all", `{"a":,"b":1}`, `{"b":1}`, "/a@1"},
		{"the value is missing, and the next key is none", `{"x":1,"a":"b":2}`, `{"x":1}`, "/a@7"},
		{"a comma too many", "{\"a\":1,\n}", "{\"a\":1\n}", ""},
		{"a comma too few: what follows may be anything", `{"a":1 "b":2,"c":3}`, `{"a":1}`, ""},
		{"a quote too few", `{"x":1,"a":"y,"b":2,"c":3}`, `{"x":1}`, "/a@7"},
		{"Latin-1 in one value", "{\"a\":\"caf\xe9 au lait\",\"b\":1}", `{"b":1}`, "/a@1"},
		{"Latin-1 in a nested array", "{\"p\":{\"a\":[\"\xe9\",{\"x\":[1]}],\"b\":1},\"c\":2}", `{"p":{"b":1},"c":2}`, "/p/a@6"},
		{"Latin-1 in a key: nobody knows which", "{\"p\":{\"caf\xe9\":{\"x\":tru},\"b\":1}}", `{"p":{"b":1}}`, "/p@1"},
		{"half a surrogate pair is legal", `{"a":"\ud83d","b":tru`, `{"a":"\ud83d"}`, "/b@14"},
		{"a Windows path by hand", `{"a":"C:\Users","b":1}`, `{"b":1}`, "/a@1"},
		{"a quote that a path has escaped", `{"x":1,"a":"C:\","b":1}`, `{"x":1}`, "/a@7"},
		{"a comma too few behind a string: or a quote", `{"x":1,"a":"y" "b":2}`, `{"x":1}`, "/a@7"},
		{"a bare newline in a string", "{\"a\":\"x\ny\",\"b\":1}", `{"b":1}`, "/a@1"},
		{"one NUL in a string", "{\"p\":{\"a\":\"x\x00y\",\"b\":1}}", `{"p":{"b":1}}`, "/p/a@6"},
		{"a lost block may hold the ends of objects: only members of the root are sure",
			"{\"x\":1,\"p\":{\"q\":2,\"a\":\"x\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\",\"b\":1},\"c\":2}", `{"x":1,"p":{"q":2},"c":2}`, "/p/a@18"},
		{"a lost block between a key and a later value", "{\"x\":1,\"a\":\xff\xff\xff\xff\xff\xff\xff\xffz\",\"b\":1}", `{"x":1,"b":1}`, "/a@7"},
		{"a lost block behind a backslash", "{\"x\":1,\"a\":\"\x00\x00\x00\x00\x00\x00\x00\x00\",\"b\":\",\",\"c\":2}", `{"x":1,"b":",","c":2}`, "/a@7"},
		{"the beginning is lost", "\x00\x00\x00\x00\x00\x00\x00\x00e\"},\"b\":{\"c\":1}}\n", `{"b":{"c":1}}`, ""},
		{"the beginning and the end are lost: how deep is b?", "\x00\x00\x00\x00\x00\x00\x00\x00e\"},\"b\":{\"c\":1},\"d\":2", ``, ""},
		{"the beginning of an array is lost: strings, not members", "{\"x\":1,\"a\":[\x00\x00\x00\x00\x00\x00\x00\x00,\"b\",\"c\"],\"d\":2}", `{"x":1,"d":2}`, "/a@7"},
		{"more damage behind the lost block", "{\"x\":1,\"p\":{\"a\":\"\x00\x00\x00\x00\x00\x00\x00\x00\"} 5,\"b\":1}", `{"x":1}`, "/p/a@12"},
		{"the root is an array, by its end", "\x00\x00\x00\x00\x00\x00\x00\x00e\"},\"b\"]", ``, ""},
		{"the end is lost", "{\"a\":1,\"b\":\"x\x00\x00\x00\x00\x00\x00\x00\x00", `{"a":1}`, "/b@7"},
		{"the same key twice", `{"a":1,"b":2,"\u0061":3}`, `{"b":2,"\u0061":3}`, "/a@13"},
		{"the same key, once damaged", `{"a":1,"a":{"x":1,"y":tru`, `{"a":1}`, "/a@7 /a/y@18"},
		{"the same key in an array", `{"a":[{"x":1,"x":2}],"b":1}`, `{"b":1}`, "/a@1"},
		{"members that somebody has commented out", "{\"a\":1, // \"b\": 1, \"c\": 2\n\"d\":3}", `{"a":1}`, ""},
		{"nothing is left", `{"a":tru}`, ``, "/a@1"},
		{"nothing of an object is left: it was not empty", `{"a":{"b":tru},"c":{}}`, `{"c":{}}`, "/a/b@6"},
		{"git left both sides", "{\"a\":1,\n<<<<<<< HEAD\n\"b\":1\n=======\n\"b\":2\n>>>>>>> b\n}", ``, ""},
		{"an array", `[{"a":1}`, ``, ""},
		{"a sound array", `[1]`, ``, ""},
		{"a string", `"{}`, ``, ""},
		{"nothing", ``, ``, ""},
		{"only a bracket", `{`, ``, ""},
		{"only lost bytes", strings.Repeat("\x00", 512), ``, ""},
	} {
		t.Run(test.why, func(t *testing.T) {
			tree, losses := Salvage([]byte(test.src), Limits{})
			if got := sourceOf(tree); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			var lost []string
			for _, l := range losses {
				lost = append(lost, fmt.Sprintf("%s@%d", JoinPointer(l.Path...), l.Offset))
			}
			if got := strings.Join(lost, " "); got != test.lost {
				t.Errorf("lost %q, want %q", got, test.lost)
			}
		})
	}
}

func sourceOf(tree *Tree) string {
	if tree == nil {
		return ""
	}
	return tree.Source()
}

func TestGarbageBehindAWholeDocumentIsDropped(t *testing.T) {
	for _, garbage := range []string{
		"}", "]}", `"`, "\x00", strings.Repeat("\x00", 4096), "\xff\xfe", "garbage", `{"a":2}`, `,"a":2}`, "// done", "\ufeff", "\x1a", ":", "<html>", "null",
		"\n}\n}\n", "\xed\xa0\x80",
	} {
		for _, space := range []string{"", "\n"} {
			tree, losses := Salvage([]byte(realistic+space+garbage), Limits{})
			if sourceOf(tree) != strings.TrimSpace(realistic) || losses != nil {
				t.Errorf("with %q behind it: %q, lost %v", garbage, sourceOf(tree), losses)
			}
		}
	}
}

// large is a file of several blocks.
func large() string {
	var b strings.Builder
	b.WriteString("{\n  \"first\": 1")
	for i := range 48 {
		fmt.Fprintf(&b, ",\n  \"token-%d\": \"%s\\\"%d\"", i, strings.Repeat("x", i), i)
		fmt.Fprintf(&b, ",\n  \"p%d\": {\"history\": [\"a,\\\"b\", {\"at\": %d}], \"q\": {\"at\": %d, \"to\": \"z\\\\\"}}", i, i, i)
	}
	return b.String() + "\n}\n"
}

func TestAZeroedBlockInventsNothingAndSparesWhatIsSure(t *testing.T) {
	text := large()
	if len(text) < 5000 {
		t.Fatalf("only %d bytes", len(text))
	}
	file := oracle(t, text)
	for _, fill := range []byte{0, 0xff} {
		for start := 0; start < len(text); start += 512 {
			end := min(start+512, len(text))
			damaged := []byte(text)
			for i := start; i < end; i++ {
				damaged[i] = fill
			}
			tree, _ := Salvage(damaged, Limits{})
			got, _ := decoded(t, tree).(map[string]any)
			checkPart(t, fmt.Sprint("/", start), got, file)
			before, _ := file.before(start).(map[string]any)
			want := slices.Collect(maps.Keys(before))
			if end < len(text) {
				want = append(want, keysBehind(text, end)...)
			}
			for _, key := range want {
				if _, ok := got[key]; !ok {
					t.Errorf("block at %d: %q is not there", start, key)
				}
			}
		}
	}
}

// keysBehind returns the keys of the lines that begin behind a place.
func keysBehind(text string, at int) (keys []string) {
	for _, line := range strings.Split(text[at:], ",\n  \"")[1:] {
		keys = append(keys, line[:strings.IndexByte(line, '"')])
	}
	return keys
}

// checkPart fails if anything is there that was not.
func checkPart(t *testing.T, where string, got map[string]any, was *oracleValue) {
	t.Helper()
	for key, value := range got {
		m := was.members[key]
		if m == nil {
			t.Errorf("%s/%s was never there", where, key)
		} else if inner, ok := value.(map[string]any); ok && m.members != nil {
			checkPart(t, where+"/"+key, inner, m)
		} else if !reflect.DeepEqual(value, m.whole()) {
			t.Errorf("%s/%s is %v, was %v", where, key, value, m.whole())
		}
	}
}

func TestLostBytesAnywhereInventNothing(t *testing.T) {
	for _, text := range []string{realistic, compact(t, realistic), large()[:600] + "}}"} {
		tree, _ := Salvage([]byte(text), Limits{})
		file := oracle(t, tree.Source())
		for _, fill := range []string{"\x00", "\xff", "\xe9"} {
			for _, n := range []int{1, 2, 5, maxStray, maxStray + 1, 12, 40} {
				for at := range len(text) - n {
					damaged := text[:at] + strings.Repeat(fill, n) + text[at+n:]
					tree, _ := Salvage([]byte(damaged), Limits{})
					got, _ := decoded(t, tree).(map[string]any)
					checkPart(t, fmt.Sprintf("%d of %q at %d: ", n, fill, at), got, file)
				}
			}
		}
	}
}

func TestUTF16IsReadAndItsOffsetsAreThoseOfTheSource(t *testing.T) {
	const text = `{"é😀":1,"b":{"c":"x","d":tr`
	for _, big := range []bool{false, true} {
		src := toUTF16(text, big)
		tree, losses := Salvage(src, Limits{})
		if got, want := sourceOf(tree), `{"é😀":1,"b":{"c":"x"}}`; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		want := []Loss{{[]string{"b", "d"}, len(toUTF16(text[:strings.Index(text, `"d"`)], big))}}
		if !reflect.DeepEqual(losses, want) {
			t.Errorf("lost %v, want %v", losses, want)
		}
	}
	half := append(toUTF16(`{"a":"`, false), 0x3d, 0xd8)
	tree, losses := Salvage(append(half, toUTF16(`","b":1}`, false)[2:]...), Limits{})
	if sourceOf(tree) != `{"b":1}` || len(losses) != 1 {
		t.Errorf("half a pair: %q, lost %v", sourceOf(tree), losses)
	}
}

func toUTF16(text string, big bool) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
		if lo, hi := byte(unit), byte(unit>>8); big {
			out = append(out, hi, lo)
		} else {
			out = append(out, lo, hi)
		}
	}
	return out
}

func TestSalvageKeepsToTheLimits(t *testing.T) {
	src := []byte(`{"a":{"b":{"c":1}},"d":[[[]]],"e":{"f":1}}`)
	tree, losses := Salvage(src, Limits{MaxDepth: 2})
	if sourceOf(tree) != `{"e":{"f":1}}` || len(losses) != 2 {
		t.Errorf("%q, lost %v", sourceOf(tree), losses)
	}
	if tree, _ := Salvage(src, Limits{MaxSize: len(src) - 1}); tree != nil {
		t.Errorf("larger than the limit: %q", tree.Source())
	}
}

func TestSalvageTakesLinearTime(t *testing.T) {
	for i, unit := range []string{
		"[", `{"a":`, `"`, `{"a":[`, "\x00", "\xff", `{"":0,`, "{\"a\":\"\xe9\",", "\n<", `\`, `}`, "\x00{\"a\":", `{"a":{"b":x,`, "{\"a\":\"\x00",
	} {
		for _, prefix := range []string{"", `{"x":`, `{"x":"` + "\x00\x00\x00\x00\x00\x00\x00\x00"} {
			size := 20 << 20
			if i > 2 || prefix != "" {
				size = 4 << 20 // enough: a quadratic step would take hours
			}
			src := []byte(prefix + strings.Repeat(unit, size/len(unit)))
			start := spent(t)
			Salvage(src, Limits{})
			if took := spent(t) - start; took > 30*time.Second {
				t.Errorf("%q and then %q: %v", prefix, unit, took)
			}
		}
	}
}

func TestLossesAreBounded(t *testing.T) {
	src := strings.Repeat(`{"a":`, 900) + "{" + strings.Repeat(`"b":x,`, 100_000)
	if _, losses := Salvage([]byte(src), Limits{}); len(losses) != maxLosses {
		t.Errorf("%d losses", len(losses))
	}
}

// checkSalvaged holds for every source: the tree is valid, and each value is the source's.
func checkSalvaged(t interface{ Fatalf(string, ...any) }, src []byte) {
	tree, losses := Salvage(src, Limits{})
	text, _ := transcode(src)
	for _, l := range losses {
		if l.Offset < 0 || l.Offset >= len(src) || len(l.Path) == 0 {
			t.Fatalf("loss %v", l)
		}
	}
	if tree == nil {
		return
	}
	if _, err := ParseObject([]byte(tree.Source()), Limits{}); err != nil {
		t.Fatalf("%q: %v", tree.Source(), err)
	}
	checkOccurs(t, tree.Root(), text)
}

func checkOccurs(t interface{ Fatalf(string, ...any) }, n Node, text string) {
	if n.Kind() != Object || n.Len() == 0 {
		if !strings.Contains(text, n.Raw()) {
			t.Fatalf("%q is not in the source", n.Raw())
		}
		return
	}
	for _, m := range n.Members() {
		checkOccurs(t, m, text)
	}
}

func TestSalvageInventsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := []byte(rapid.SampledFrom([]string{realistic, large()}).Draw(t, "file"))
		for range rapid.IntRange(1, 3).Draw(t, "damages") {
			at := rapid.IntRange(0, len(src)-1).Draw(t, "at")
			n := rapid.IntRange(0, min(20, len(src)-at)).Draw(t, "length")
			with := rapid.SampledFrom([]string{"", "\x00", "\xff", "\"", "}", ",", "\xe9", "{", "\\", "\n"}).Draw(t, "with")
			src = slices.Concat(src[:at], []byte(strings.Repeat(with, n)), src[at+n:])
		}
		checkSalvaged(t, src)
	})
}

func FuzzSalvage(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add([]byte(seed))
	}
	for n := 0; n < len(realistic); n += 37 {
		f.Add([]byte(realistic[:n]))
		f.Add([]byte(realistic[:n] + "\x00\x00\x00\x00\x00\x00\x00\x00" + realistic[min(n+8, len(realistic)):]))
	}
	f.Add(toUTF16(realistic[:300], true))
	f.Fuzz(func(t *testing.T, src []byte) {
		checkSalvaged(t, src)
		tree, err := ParseObject(src, Limits{})
		if err == nil {
			if kept, losses := Salvage(src, Limits{}); sourceOf(kept) != tree.Source() || losses != nil {
				t.Fatalf("a sound text became %q", sourceOf(kept))
			}
		}
		if kept, _ := Salvage(src, Limits{}); kept != nil && !utf8.ValidString(kept.Source()) {
			t.Fatal("not UTF-8")
		}
	})
}
