package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cfgmerge/cfgmerge"
)

// sarifFaults judges a log by what SARIF 2.1.0 requires; the sections are those
// of the specification.
type sarifFaults []string

func (f *sarifFaults) unless(ok bool, format string, args ...any) {
	if !ok {
		*f = append(*f, fmt.Sprintf(format, args...))
	}
}

func judgeSARIF(text []byte) (f sarifFaults) {
	var log map[string]any
	f.unless(utf8.Valid(text), "3.1: not UTF-8")
	if err := json.Unmarshal(text, &log); err != nil {
		return append(f, err.Error())
	}
	f.unless(log["version"] == "2.1.0", "3.13.2: version %v", log["version"])
	schema, _ := log["$schema"].(string)
	f.unless(strings.HasPrefix(schema, "https://") && strings.HasSuffix(schema, ".json"), "3.13.3: $schema %q", schema)
	runs, ok := log["runs"].([]any)
	f.unless(ok && len(runs) == 1, "3.13.4: runs")
	for _, run := range runs {
		f.run(run.(map[string]any))
	}
	return f
}

func (f *sarifFaults) run(run map[string]any) {
	driver := object(object(run, "tool"), "driver")
	f.unless(nonEmpty(driver["name"]), "3.19.8: no name")
	f.unless(driver["version"] == nil || nonEmpty(driver["version"]), "3.19.13: an empty version")
	f.unless(run["columnKind"] == "unicodeCodePoints", "3.14.17: columnKind %v", run["columnKind"])
	var ids []any
	for _, rule := range array(driver, "rules") {
		id := rule["id"]
		f.unless(nonEmpty(id) && !slices.Contains(ids, id), "3.49.3: id %v", id)
		ids = append(ids, id)
		for _, text := range []string{"shortDescription", "fullDescription", "help"} {
			f.message(object(rule, text), fmt.Sprint(id, " ", text))
		}
		f.level(object(rule, "defaultConfiguration")["level"])
	}
	for _, i := range array(run, "invocations") {
		_, isBool := i["executionSuccessful"].(bool)
		f.unless(isBool, "3.20.14: executionSuccessful")
		for _, n := range array(i, "toolExecutionNotifications") {
			f.message(object(n, "message"), "a notification")
		}
	}
	_, isArray := run["results"].([]any)
	f.unless(isArray, "3.14.23: results is %v", run["results"])
	for _, result := range array(run, "results") {
		f.result(result, ids)
	}
}

func (f *sarifFaults) result(r map[string]any, ids []any) {
	i, ok := r["ruleIndex"].(float64)
	f.unless(ok && int(i) < len(ids) && ids[int(i)] == r["ruleId"], "3.27.6: rule %v is not %v", r["ruleIndex"], r["ruleId"])
	f.level(r["level"])
	f.message(object(r, "message"), fmt.Sprint("a result of ", r["ruleId"]))
	f.unless(len(array(r, "locations")) == 1, "3.27.12: locations")
	for _, l := range array(r, "locations") {
		physical := object(l, "physicalLocation")
		f.uri(object(physical, "artifactLocation")["uri"])
		if region, has := physical["region"].(map[string]any); has {
			line, _ := region["startLine"].(float64)
			column, _ := region["startColumn"].(float64)
			f.unless(line >= 1 && column >= 1, "3.30.5: region %v", region)
		}
		for _, logical := range array(l, "logicalLocations") {
			f.unless(nonEmpty(logical["fullyQualifiedName"]), "3.33.5: fullyQualifiedName")
		}
	}
}

func (f *sarifFaults) level(level any) {
	f.unless(slices.Contains([]any{"error", "warning", "note"}, level), "3.27.10: level %v", level)
}

// message must be given, without placeholders (no arguments are) and links.
func (f *sarifFaults) message(m map[string]any, whose string) {
	text, _ := m["text"].(string)
	f.unless(text != "", "3.11.8: no text of %s", whose)
	bare := strings.NewReplacer("{{", "", "}}", "").Replace(text)
	f.unless(!strings.ContainsAny(bare, "{}"), "3.11.5: a placeholder in %q", text)
	f.unless(!strings.Contains(text, "](") || strings.Contains(text, `\](`), "3.11.6: a link in %q", text)
}

func (f *sarifFaults) uri(uri any) {
	text, _ := uri.(string)
	u, err := url.Parse(text)
	f.unless(err == nil && text != "" && (u.Scheme == "" || u.Scheme == "file") && u.Host == "", "3.4.3: uri %q", text)
	f.unless(strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"<>\^{|}`, r) }) < 0, "RFC 3986: uri %q", text)
}

func object(m map[string]any, key string) map[string]any {
	kid, _ := m[key].(map[string]any)
	return kid
}

func array(m map[string]any, key string) (out []map[string]any) {
	all, _ := m[key].([]any)
	for _, e := range all {
		out = append(out, e.(map[string]any))
	}
	return out
}

func nonEmpty(v any) bool {
	s, ok := v.(string)
	return ok && s != ""
}

func sarifJSON(t *testing.T, r checked) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := printJSON(&b, sarifOf(r)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestALogIsValidSARIF(t *testing.T) {
	var findings []cfgmerge.Finding
	for _, c := range cfgmerge.FindingCodes() {
		findings = append(findings, cfgmerge.Finding{Code: c.Code, Severity: c.Severity, Message: c.Message, Hint: c.Hint, File: "a/b.json", Line: 2, Column: 9, Character: 7, Field: "/a"})
	}
	for _, hostile := range []string{
		"a b.json", "a:b", "-", "%41", "#x?y", "ä\xff.json", "\"<>\\^`{|}", "a\nb\x00\x1b", "../up.json", "/abs/a b.json", "sub/../x", "[x](http://evil.example/){0}", "//host/x",
	} {
		findings = append(findings, cfgmerge.Finding{
			Code: "empty", Severity: cfgmerge.SeverityError, File: hostile, Field: "/\xed\xa0\x80" + hostile, Message: "m " + hostile, Hint: hostile + "{1}",
		})
	}
	for why, r := range map[string]checked{
		"nothing":                  {},
		"everything":               {findings: findings},
		"what can't be looked at":  {failed: os.ErrPermission},
		"a hostile name in errors": {failed: fmt.Errorf("check %s: no", "[x](y){0}\xff")},
	} {
		for _, fault := range judgeSARIF(sarifJSON(t, r)) {
			t.Errorf("%s: %s", why, fault)
		}
	}
}

func TestWhatIsNoSARIFIsFound(t *testing.T) {
	good := string(sarifJSON(t, checked{findings: []cfgmerge.Finding{{Code: "empty", Severity: "error", Message: "m", File: "f", Line: 1, Character: 1, Field: "/x"}}}))
	for _, change := range [][2]string{
		{`"version": "2.1.0"`, `"version": "2.0.0"`}, {`https://docs`, `docs`}, {`"name": "cfgmerge"`, `"name": ""`},
		{`"columnKind"`, `"columnkind"`}, {`"id": "empty"`, `"id": "missing"`}, {`"ruleIndex": `, `"ruleIndex": 1`},
		{`"uri": "f"`, `"uri": "f f"`}, {`"uri": "f"`, `"uri": "http://f"`}, {`"startLine": 1`, `"startLine": 0`},
		{`"text": "m"`, `"text": ""`}, {`"text": "m"`, `"text": "{0}"`}, {`"text": "m"`, `"text": "[a](b)"`},
		{`"executionSuccessful": true`, `"executionSuccessful": null`}, {`"results": [`, `"results": null, "x": [`},
		{`"fullyQualifiedName": "/x"`, `"fullyQualifiedName": ""`}, {`"level": "error",` + "\n" + `          "message"`, `"level": "fatal", "message"`},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if bad == good || len(judgeSARIF([]byte(bad))) == 0 {
			t.Errorf("%s is taken for good", change[1])
		}
	}
	if faults := judgeSARIF([]byte(good)); len(faults) != 0 {
		t.Error(faults)
	}
}

func TestURIsLeadBackToTheFile(t *testing.T) {
	here := t.TempDir()
	t.Chdir(here)
	for in, want := range map[string]string{
		"app.json": "app.json", "./a/b.json": "a/b.json", "a:b": "./a:b", "ä b.json": "%C3%A4%20b.json", "50%.json": "50%25.json", "a#b?c": "a%23b%3Fc",
		filepath.Join(here, "x y.json"): "x%20y.json", "\xff": "%FF",
	} {
		if got := sarifURI(in); runtime.GOOS != "windows" && got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
	if got := sarifURI(filepath.Join("..", "up.json")); !strings.HasPrefix(got, "file:///") || !strings.HasSuffix(got, "/up.json") {
		t.Errorf("outside: %s", got)
	}
}

// No format shows a value, whatever is wrong with the file.
func TestCheckShowsNoValue(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	block := `"$cfgmerge":{"v":1,"id":"CANARY","salt":"CANARY","at":{"":["01m6b1yq000007m3kq0xd","WkbY"],"auth":["01m80ej0fv000p9wz41ra","DH9n"],"/b":"CANARY"},` +
		`"policy":{"auth":{"kind":"token","at":[],"access":"access","refresh":"refresh"}}}`
	for name, text := range map[string]string{
		"torn.json":   `{"access":"CANARY",` + block + `}`,
		"edited.json": `{"a":"CANARY","b":["CANARY"],"c":{"d":"CANARY"},` + block + `}`,
		"cut.json":    `{"a":"CANARY",` + block, "nul.json": `{"a":"CANARY",` + block + "\x00\x00", "two.json": `{` + block + `}{"a":"CANARY"}`,
		"dup.json": `{"a":"CANARY","a":"CANARY",` + block + `}`, "bare.json": `{"a":CANARY,` + block + `}`, "latin.json": "{\"a\":\"\xe4CANARY\"," + block + "}",
		"edited.sync-conflict-1.json": `{"a":"CANARY",` + block + `}`, "block.json": `{"a":1,"$cfgmerge":"CANARY"}`, "v.json": `{"$cfgmerge":{"v":"CANARY","at":{"CANARY":1}}}`,
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{"table", "json", "sarif"} {
		var stdout, stderr bytes.Buffer
		code := run([]string{"check", ".", "-o", f}, strings.NewReader(""), &stdout, &stderr)
		if text := stdout.String() + stderr.String(); code != exitFound || strings.Contains(text, "CANARY") {
			t.Errorf("%s: status %d:\n%s", f, code, text)
		}
		if f == "sarif" {
			for _, fault := range judgeSARIF(stdout.Bytes()) {
				t.Error(fault)
			}
		}
	}
}
