package scenarios

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cfgmerge/cfgmerge"
)

// texts are files in styles that no encoder writes. Each has a theme.
var texts = []struct{ reason, text string }{
	{"key order and two spaces", "{\n  \"z\": 1,\n  \"theme\": \"light\",\n  \"a\": {\n    \"y\": 2,\n    \"b\": 3\n  }\n}\n"},
	{"tabs", "{\n\t\"theme\": \"light\",\n\t\"a\": [\n\t\t1,\n\t\t2\n\t]\n}\n"},
	{"no newline at the end", "{\n  \"theme\": \"light\"\n}"},
	{"two newlines at the end", "{\n  \"theme\": \"light\"\n}\n\n"},
	{"CRLF", "{\r\n  \"theme\": \"light\",\r\n  \"a\": {\r\n    \"b\": 1\r\n  }\r\n}\r\n"},
	{"one line", `{"theme":"light","a":[1,2,3]}`},
	{"one line with spaces", `{ "theme" : "light", "a" : [ 1, 2 ] }`},
	{"unescaped & < >", "{\n  \"theme\": \"light\",\n  \"url\": \"https://e.org/?a=1&b=<2>\",\n  \"k&<>\": true\n}\n"},
	{"escapes that are not needed", `{"theme":"light","a":"\u0041\/\u003c","\u0062":1}`},
	{"number literals", "{\n  \"theme\": \"light\",\n  \"n\": [1.0, 1e3, 1E+2, -0, 0.10, 12345678901234567890123, 9007199254740993]\n}\n"},
	{"aligned by hand", "{\n  \"theme\":    \"light\",\n  \"size\":     10,\n\n  \"long name\": [1,   2,\n     3]\n}\n"},
}

// Scenario 17, without a block in the file: every byte but those of the value
// is kept.
func TestASaveKeepsTheTextAroundTheValue(t *testing.T) {
	for _, row := range texts {
		t.Run(row.reason, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config.json")
			write(t, path, row.text)
			saveTheme(t, path, "dark & <blue>", cfgmerge.Sidecar)
			want := replace(t, row.text, `"light"`, `"dark & <blue>"`)
			if got := read(t, path); got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

// Scenario 17, with the block, which is one more line in the file's own style.
func TestASaveKeepsTheTextAroundTheBlock(t *testing.T) {
	for _, row := range texts {
		t.Run(row.reason, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config.json")
			write(t, path, row.text)
			saveTheme(t, path, "dark", cfgmerge.Embedded)
			wantTextOf(t, path, replace(t, row.text, `"light"`, `"dark"`))
			saveTheme(t, path, "light", cfgmerge.Embedded)
			wantTextOf(t, path, row.text)
		})
	}
}

// Scenario 17, for fields that come and go.
func TestAFieldThatComesAndGoesLeavesTheTextAsItWas(t *testing.T) {
	for _, row := range texts {
		t.Run(row.reason, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config.json")
			write(t, path, row.text)
			setIn(t, path, cfgmerge.Sidecar, func(s *Settings) { s.AccessToken = "AT-1" })
			with := read(t, path)
			if !strings.Contains(with, `"access_token"`) || !json.Valid([]byte(with)) {
				t.Errorf("got %q", with)
			}
			if strings.Contains(row.text, "\r\n") && strings.Count(with, "\n") != strings.Count(with, "\r\n") {
				t.Errorf("line ends are mixed: %q", with)
			}
			setIn(t, path, cfgmerge.Sidecar, func(s *Settings) { s.AccessToken = "" })
			if got := read(t, path); got != row.text {
				t.Errorf("got  %q\nwant %q", got, row.text)
			}
		})
	}
}

// Scenario 17, the bug: none of these texts survives encoding/json.
func TestEncodingJSONKeepsNoneOfTheseTexts(t *testing.T) {
	for _, row := range texts {
		var v map[string]any
		must(t, json.Unmarshal([]byte(row.text), &v))
		compact, _ := json.Marshal(v)
		indented, _ := json.MarshalIndent(v, "", "  ")
		for _, text := range [][]byte{compact, indented, append(indented, '\n')} {
			if row.reason != "no newline at the end" && bytes.Equal(text, []byte(row.text)) {
				t.Errorf("%s: kept", row.reason)
			}
		}
	}
}

func saveTheme(t *testing.T, path, theme string, layout cfgmerge.Layout) {
	t.Helper()
	setIn(t, path, layout, func(s *Settings) { s.Theme = theme })
}

func setIn(t *testing.T, path string, layout cfgmerge.Layout, change func(*Settings)) {
	t.Helper()
	var s Settings
	snap, err := cfgmerge.LoadContext(t.Context(), path, &s, &cfgmerge.Options{Layout: layout})
	must(t, err)
	change(&s)
	must(t, snap.Save(&s))
}

// wantTextOf compares the file, but for the block, which must be its last
// member, with want.
func wantTextOf(t *testing.T, path, want string) {
	t.Helper()
	text := read(t, path)
	at := strings.Index(text, `"$cfgmerge"`)
	if at < 0 {
		t.Fatalf("no block in %q", text)
	}
	before := strings.TrimRight(text[:at], " \t\r\n")
	before, comma := strings.CutSuffix(before, ",")
	var block json.RawMessage
	rest := text[at+len(`"$cfgmerge"`):]
	d := json.NewDecoder(strings.NewReader(rest[strings.IndexByte(rest, ':')+1:]))
	must(t, d.Decode(&block))
	tail := rest[strings.IndexByte(rest, ':')+1+int(d.InputOffset()):]
	if got := before + tail; got != want || !comma || strings.Contains(string(block), "\n") {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// replace replaces what must be there.
func replace(t *testing.T, text, old, now string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("no %s in %s", old, text)
	}
	return strings.Replace(text, old, now, 1)
}

// Scenario 17: a new file looks like one that a person would write.
func TestANewFileIsIndentedAndEndsInANewline(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	saveTheme(t, path, "a&b", cfgmerge.Sidecar)
	if got, want := read(t, path), "{\n  \"theme\": \"a&b\"\n}\n"; got != want {
		t.Errorf("got %q", got)
	}
	if _, err := os.Stat(stateFolder(path)); err != nil {
		t.Error(err)
	}
}
