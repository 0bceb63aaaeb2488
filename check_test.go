package cfgmerge

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// impatient does not wait for a file that might just be being written.
func impatient() *Options { return &Options{sleep: func(time.Duration) {}, Durability: NoSync} }

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// found checks a text and returns its findings as code, place and field.
func found(t *testing.T, path string, o *Options) []string {
	t.Helper()
	findings, err := Check(path, o)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range findings {
		if strings.Contains(f.Message+f.Hint, "CANARY") {
			t.Errorf("%s gives a value away: %s", f.Code, f.Message)
		}
		at := strings.TrimPrefix(f.String(), f.File)
		out = append(out, strings.TrimSpace(at[:strings.Index(at, ": "+f.Message)]+" "+f.Field))
	}
	return out
}

func TestCheckNamesTheDamageAndItsPlace(t *testing.T) {
	for _, tt := range []struct{ why, text, want string }{
		{"nothing at all", "", ":1:1: error: empty"},
		{"a lost block", strings.Repeat("\x00", 512), ":1:1: error: nul-filled"},
		{"a block lost at the end", `{"a":"CANARY",` + "\x00\x00\x00", ":1:15: error: nul-filled"},
		{"blanks", " \r\n\t", ":1:1: error: whitespace-only"},
		{"a cut string", "{\n\"a\":\"CAN", ":2:9: error: truncated"},
		{"a cut object", `{"a":"CANARY"`, ":1:14: error: truncated"},
		{"a second brace", `{"a":"CANARY"}}`, ":1:15: error: trailing-garbage"},
		{"two documents", "{}\n{\"CANARY\":1}", ":2:1: error: trailing-garbage"},
		{"a byte order mark", "\ufeff{}", ":1:1: error: bom"},
		{"UTF-16", "\xff\xfe{\x00}\x00", ":1:1: error: utf-16"},
		{"UTF-16 without a mark", "{\x00\"\x00C\x00", ":1:1: error: utf-16"},
		{"Latin 1", "{\"a\":\"\xe4\"}", ":1:7: error: invalid-utf-8"},
		{"a key twice", `{"a":"CANARY","a":2}`, ":1:15: error: duplicate-key"},
		{"a key twice, once escaped", `{"a":1,"\u0061":2}`, ":1:8: error: duplicate-key"},
		{"a key twice, far down", `{"x":[{"a":1,"a":2}]}`, ":1:14: error: duplicate-key"},
		{"too deep", strings.Repeat("[", 5000), ":1:1001: error: too-deep"},
		{"an array", `["CANARY"]`, ":1:1: error: not-object"},
		{"null", "null\n", ":1:1: error: not-object"},
		{"a failed merge", "{\n<<<<<<< ours\n}", ":2:1: error: conflict-markers"},
		{"a comment", "// CANARY\n{}", ":1:1: error: syntax"},
		{"a trailing comma", `{"a":"CANARY",}`, ":1:15: error: syntax"},
		{"nothing wrong", "{\r\n\"a\": 1\r\n}\r\n", ": note: block-missing"},
		{"a newer format", `{"$cfgmerge":{"v":2}}`, ":1:2: error: block-newer"},
		{"no history under the key", `{"$cfgmerge":"CANARY"}`, ":1:2: error: block-damaged"},
		{"nor here", `{"$cfgmerge":{"v":1}}`, ":1:2: error: block-damaged"},
		{"an entry of no shape", `{"$cfgmerge":{"v":1,"at":{` + "\n" + `"/a":"CANARY"}}}`, ":2:1: warning: block-entry-malformed /a"},
	} {
		path := filepath.Join(t.TempDir(), "app.json")
		put(t, path, tt.text)
		if got := found(t, path, impatient()); !slices.Equal(got, []string{tt.want}) {
			t.Errorf("%s: got %q, want %q", tt.why, got, tt.want)
		}
	}
}

func TestCheckFindsWhatNoSaveHasTakenIn(t *testing.T) {
	for _, layout := range []Layout{Embedded, Sidecar} {
		path := filepath.Join(t.TempDir(), "app.json")
		put(t, path, "{\n  \"theme\": \"dark\",\n  \"list\": [1]\n}\n")
		doc, _ := OpenDoc(path, impatient())
		if err := doc.Adopt(context.Background(), layout); err != nil {
			t.Fatal(err)
		}
		if got := found(t, path, impatient()); got != nil {
			t.Errorf("%s: after a save: %q", layout, got)
		}
		text, _ := os.ReadFile(path)
		edited := strings.Replace(string(text), `"dark"`, `"CANARY"`, 1)
		put(t, path, strings.Replace(edited, `[1]`, `[1.0]`, 1)) // spelled another way: no edit
		if got := found(t, path, impatient()); !slices.Equal(got, []string{":2:3: warning: digest-mismatch /theme"}) {
			t.Errorf("%s: after an edit: %q", layout, got)
		}
		if err := doc.Adopt(context.Background(), Auto); err != nil {
			t.Fatal(err)
		}
		if got := found(t, path, impatient()); got != nil {
			t.Errorf("%s: after the next save: %q", layout, got)
		}
	}
}

func TestCheckFlagsStampsFromTheFuture(t *testing.T) {
	for _, layout := range []Layout{Embedded, Sidecar} {
		path := filepath.Join(t.TempDir(), "app.json")
		put(t, path, `{"a":1}`)
		ahead := impatient()
		ahead.Layout, ahead.Now = layout, func() time.Time { return time.Now().Add(time.Hour) }
		doc, _ := OpenDoc(path, ahead)
		change, _ := SetField([]string{"b"}, "2")
		if err := doc.Update(context.Background(), change); err != nil {
			t.Fatal(err)
		}
		got := found(t, path, impatient())
		if len(got) != 1 || !strings.HasSuffix(got[0], "warning: future-stamp /b") {
			t.Errorf("%s: got %q", layout, got)
		}
		if got := found(t, path, ahead); got != nil {
			t.Errorf("%s: by the clock that wrote it: %q", layout, got)
		}
	}
}

// A program that truncates the file and then writes it has not damaged it.
func TestCheckWaitsForAFileThatIsBeingWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.json")
	put(t, path, `{"a":`)
	o := &Options{sleep: func(time.Duration) { put(t, path, `{"a":1}`) }}
	if got := found(t, path, o); !slices.Equal(got, []string{": note: block-missing"}) {
		t.Errorf("got %q", got)
	}
}

func TestCheckSaysWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	if got := found(t, dir, impatient()); !slices.Equal(got, []string{": error: not-a-file"}) {
		t.Errorf("a directory: got %q", got)
	}
	if got := found(t, filepath.Join(dir, "none"), impatient()); !slices.Equal(got, []string{": error: missing"}) {
		t.Errorf("nothing: got %q", got)
	}
	large := filepath.Join(dir, "large")
	put(t, large, strings.Repeat(" ", 100))
	o := impatient()
	o.MaxSize = 99
	if got := found(t, large, o); !slices.Equal(got, []string{": error: too-large"}) {
		t.Errorf("a large file: got %q", got)
	}
}

func TestCheckMakesAndChangesNothing(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "good.json"), `{"a":1}`)
	put(t, filepath.Join(dir, "bad.json"), `{`)
	doc, _ := OpenDoc(filepath.Join(dir, "adopted.json"), impatient())
	change, _ := SetField([]string{"a"}, "1")
	if err := doc.Update(context.Background(), change); err != nil {
		t.Fatal(err)
	}
	before := listing(t, dir)
	for _, name := range []string{"good.json", "bad.json", "adopted.json", "none.json"} {
		found(t, filepath.Join(dir, name), impatient())
	}
	if _, err := FindFiles(dir, nil); err != nil {
		t.Fatal(err)
	}
	if after := listing(t, dir); !slices.Equal(before, after) {
		t.Errorf("before %q, after %q", before, after)
	}
}

// listing describes all below dir, times of change included.
func listing(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil {
			out = append(out, path+" "+info.Mode().String()+" "+info.ModTime().String())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFindFilesFindsHistoriesAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	block := `"$cfgmerge":{"v":1,"at":{}}`
	for name, text := range map[string]string{
		"a/with.json":                         `{` + block + `}`,
		"a/torn.json":                         `{"x":1,` + block,
		"a/bom.json":                          "\ufeff{" + block + "}",
		"a/.beside.json.cfgmerge/lock":        "",
		"a/.with.json.cfgmerge/quarantine/x":  `{` + block + `}`,
		"a/plain.json":                        `{"x":1}`,
		"a/talks.md":                          "# The key\n\n" + block,
		"a/code.go":                           "package x // " + block,
		"a/other.cfgmerge/x.json":             `{"x":1}`,
		"a/.cfgmerge/x.json":                  `{"x":1}`,
		".git/objects/pack/looks-like-a-file": "\x00\x01",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		put(t, path, text)
	}
	got, err := FindFiles(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		rel, _ := filepath.Rel(dir, got[i])
		got[i] = filepath.ToSlash(rel)
	}
	if want := []string{"a/beside.json", "a/bom.json", "a/torn.json", "a/with.json"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFindingCodesAreStable(t *testing.T) {
	kebab := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	seen := map[string]bool{}
	for _, c := range FindingCodes() {
		if !kebab.MatchString(c.Code) || seen[c.Code] || c.Severity == "" || c.Message == "" {
			t.Errorf("%+v", c)
		}
		seen[c.Code] = true
	}
	for _, class := range []strictjson.Class{
		strictjson.Empty, strictjson.TooLarge, strictjson.BOM, strictjson.UTF16, strictjson.WhitespaceOnly,
		strictjson.NULFilled, strictjson.InvalidUTF8, strictjson.ConflictMarkers, strictjson.Truncated,
		strictjson.TrailingGarbage, strictjson.DuplicateKey, strictjson.TooDeep, strictjson.NotObject, strictjson.Syntax,
	} {
		if !seen[string(class)] {
			t.Errorf("no code for the class %s", class)
		}
	}
}

// Lines are looked up, not counted: a file of many edits is checked in time.
func TestCheckOfManyEditsIsNotQuadratic(t *testing.T) {
	var text strings.Builder
	text.WriteString("{\n")
	for i := range 5000 {
		text.WriteString(`"k` + strings.Repeat("0", 6-len(strconv.Itoa(i))) + strconv.Itoa(i) + "\": 1,\n")
	}
	text.WriteString(`"$cfgmerge": {"v":1,"id":"d","salt":"s","at":{}}}`)
	path := filepath.Join(t.TempDir(), "app.json")
	put(t, path, text.String())
	got := found(t, path, impatient())
	if len(got) != 5000 || got[4999] != ":5001:1: warning: digest-mismatch /k004999" {
		t.Errorf("got %d findings, the last is %q", len(got), got[len(got)-1])
	}
}

func TestCheckSurvivesAnyHistory(t *testing.T) {
	for _, block := range []string{
		`null`, `[]`, `1e999`, `{"v":null,"at":[]}`, `{"v":0,"at":{}}`, `{"v":"1","at":{}}`,
		`{"v":1,"at":{"":[],"/a":[null],"x":[1,2,3,4,5,6],"/b":["` + strings.Repeat("z", 21) + `"]}}`,
		`{"v":1,"at":{"auth":["` + lww.NewStamp(0, 1, 0, 1).String() + `","abcd"]},"policy":{"auth":{"kind":"token","at":["a","b"],"access":"x"}}}`,
	} {
		path := filepath.Join(t.TempDir(), "app.json")
		put(t, path, `{"a":{"b":"CANARY"},"$cfgmerge":`+block+`}`)
		found(t, path, impatient())
	}
}

// holderRole holds the lock of a file until its input ends.
func holderRole(args []string) {
	folder, err := fileio.OpenFolder(args[0], true, fileio.Options{App: "codag mcp"})
	if err == nil {
		_, err = folder.Lock(context0())
	}
	fmt.Println("locked", err)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// victimRole is killed at a point of a save.
func victimRole(args []string) {
	doc, err := OpenDoc(args[0], &Options{fault: func(point string) error {
		if point == args[1] {
			self, _ := os.FindProcess(os.Getpid())
			_ = self.Kill()
			select {}
		}
		return nil
	}})
	if err == nil {
		err = doc.Update(context0(), setField("/victim", "1"))
	}
	fmt.Println("survived", err)
}
