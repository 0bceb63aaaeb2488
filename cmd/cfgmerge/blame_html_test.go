package main

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// hostileRows are what a page has to bear: names that mean something to a
// browser, and ones that don't fit a telephone.
func hostileRows() []blameRow {
	at := func(minute int) time.Time { return time.Date(2026, 11, 22, 13, minute, 0, 0, time.UTC) }
	row := func(field string, minute int) blameRow {
		return blameRow{Field: field, When: at(minute), How: "save", By: "codag", Process: "codag[4121]", Host: "laptop", Was: "Ab_-"}
	}
	rows := []blameRow{
		row("/<script>alert(1)</script>", 1),
		row(`/"><img src=x onerror=alert(1)> ' `+"`", 2),
		row("/\u202egnp.exe\x00\x1b[31m", 3),
		row("/mcp/https:~1~1"+strings.Repeat("example.com~1", 40), 4),
		row("/"+strings.Repeat("W", 300), 5),
		row("/theme", 6),
	}
	login := row("login", 0)
	login.Members, login.Secret = []string{"access_token", "refresh_token</li>"}, true
	refused := login
	refused.When, refused.Refused, refused.How, refused.Note = at(59), true, "rewrite, refused", "would have put back an old value"
	refused.By, refused.Process, refused.Host = "external</td><script>", "noticed by "+strings.Repeat("x", 255)+"[1]", strings.Repeat("h", 255)
	return append(rows, login, refused, blameRow{Field: "/old", How: unknown, By: unknown, Process: unknown, Host: unknown, Was: unknown, Note: "older than the journal"})
}

func hostilePage(t *testing.T) string {
	t.Helper()
	text, err := renderPage(page(`/home/me/<b>"app".json`, "", hostileRows(), byField))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestThePageNeedsNothingFromElsewhere(t *testing.T) {
	text := hostilePage(t)
	for _, reaches := range []string{`(?i)<[^>]*\s(src|href|action|srcset|data|poster|background)\s*=`, `(?i)@import`, `(?i)url\(`, `(?i)<(link|iframe|object|embed|img|form|base)\b`} {
		if found := regexp.MustCompile(reaches).FindString(markup(text)); found != "" {
			t.Errorf("%s: it has %s", reaches, found)
		}
	}
	if !strings.Contains(text, `content="default-src &#39;none&#39;; `) {
		t.Error("it lets the browser load something")
	}
}

// markup is the page without what it says: attribute values of data-key hold
// names from the file.
func markup(text string) string {
	return regexp.MustCompile(`data-key="[^"]*"`).ReplaceAllString(text, "")
}

// A browser ignores a style and a script that the policy does not name, and
// html/template may change what it does not understand.
func TestThePolicyNamesTheStyleAndTheScriptAsTheyStand(t *testing.T) {
	text := hostilePage(t)
	for _, tag := range []string{"style", "script"} {
		_, rest, _ := strings.Cut(text, "<"+tag+">")
		body, _, found := strings.Cut(rest, "</"+tag+">")
		if !found || !strings.Contains(html.UnescapeString(text), "'"+hashOf(body)+"'") {
			t.Errorf("the policy does not fit the %s", tag)
		}
	}
}

func TestHostileNamesStayText(t *testing.T) {
	text := hostilePage(t)
	for tag, want := range map[string]int{"<script": 1, "<img": 0, "<b>": 0, "<tr": 1 + len(hostileRows()), "\u202e": 0, "\x00": 0, "\x1b": 0} {
		if got := strings.Count(text, tag); got != want {
			t.Errorf("%q is there %d times, not %d", tag, got, want)
		}
	}
	for _, said := range []string{"/&lt;script&gt;alert(1)", `\u202egnp.exe\u0000\u001b[31m`, "<title>Who wrote &lt;b&gt;"} {
		if !strings.Contains(text, said) {
			t.Errorf("it does not say %s", said)
		}
	}
	if strings.Contains(text, "/home/me") {
		t.Error("it tells where the file lies")
	}
}

func TestEveryControlIsAButtonThatSaysHowItSorts(t *testing.T) {
	text := hostilePage(t)
	heads := regexp.MustCompile(`<th role="columnheader" scope="col" data-column="\w+" aria-sort="(\w+)"><button type="button" disabled>`).FindAllStringSubmatch(text, -1)
	if len(heads) != 8 || heads[0][1] != "ascending" || heads[1][1] != "none" {
		t.Errorf("the heads are %q", heads)
	}
	for _, bad := range []string{`\son\w+="`, `tabindex`, `<a\b`, `<input`, `outline:\s*(0|none)`} {
		if found := regexp.MustCompile(bad).FindString(markup(text)); found != "" {
			t.Errorf("it has %s", found)
		}
	}
}

func TestThePageSaysHowItIsSorted(t *testing.T) {
	text, err := renderPage(page("app.json", "", hostileRows(), byTime))
	if err != nil || !strings.Contains(string(text), `data-column="when" aria-sort="descending"`) {
		t.Errorf("by time: %v", err)
	}
}

func TestRefusalsAndSecretsAreSaidInWords(t *testing.T) {
	text := hostilePage(t)
	for said, want := range map[string]int{">refused</span>": 1, ">secret</span>": 2, "<strong>1 refused write</strong>": 1, "8 fields": 1} {
		if got := strings.Count(text, said); got != want {
			t.Errorf("%s is there %d times, not %d", said, got, want)
		}
	}
}

func TestAPageOfNothingIsAPage(t *testing.T) {
	text, err := renderPage(page("app.json", "", nil, byField))
	if err != nil || !strings.Contains(string(text), "0 fields, no refused writes") || strings.Contains(string(text), "<table") {
		t.Errorf("%s, %v", text, err)
	}
}

// Contrast as WCAG 2.2 defines it: 4.5 for text, 3 for what shows the focus.
func TestTheColoursCanBeTold(t *testing.T) {
	light, dark, found := strings.Cut(pageStyle, "@media (prefers-color-scheme: dark)")
	if !found {
		t.Fatal("there are no dark colours")
	}
	for name, style := range map[string]string{"light": light, "dark": dark} {
		colours := map[string]float64{}
		for _, m := range regexp.MustCompile(`--(\w+): #([0-9a-f]{6});`).FindAllStringSubmatch(style, -1) {
			if _, known := colours[m[1]]; !known {
				colours[m[1]] = luminance(t, m[2])
			}
		}
		for _, pair := range []struct {
			on, under string
			least     float64
		}{{"ink", "paper", 7}, {"ink", "band", 7}, {"dim", "paper", 4.5}, {"dim", "band", 4.5}, {"alarm", "paper", 4.5}, {"alarm", "band", 4.5}, {"focus", "paper", 3}, {"focus", "band", 3}} {
			a, b := colours[pair.on], colours[pair.under]
			if got := (max(a, b) + 0.05) / (min(a, b) + 0.05); got < pair.least {
				t.Errorf("%s: %s on %s has a contrast of %.1f", name, pair.on, pair.under, got)
			}
		}
	}
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

// The page as a browser has it: in a frame as wide as a telephone, under the
// policy that it comes with.
func TestInABrowserThePageSortsAndFitsATelephone(t *testing.T) {
	for _, width := range []int{360, 1280} {
		t.Run(strconv.Itoa(width), func(t *testing.T) {
			seen := browse(t, width, hostilePage(t))
			if seen.Wide > width {
				t.Errorf("it is %d pixels wide", seen.Wide)
			}
			if seen.Disabled != 0 {
				t.Errorf("%d buttons can't be pressed: the script did not run", seen.Disabled)
			}
			if seen.Scripts != 1 || len(seen.Before) != len(hostileRows()) {
				t.Errorf("it has %d scripts and %d rows", seen.Scripts, len(seen.Before))
			}
			if first := "login,save,login,rewrite, refused,/old,–"; !strings.HasSuffix(strings.Join(seen.Before, ","), first) {
				t.Errorf("it begins as %q", seen.Before)
			}
			if want := []string{"rewrite, refused", "save"}; len(seen.Once) == 0 || !slices.Equal([]string{how(seen.Once[0]), how(seen.Once[1])}, want) {
				t.Errorf("newest first, it is %q", seen.Once)
			}
			if seen.OnceSort != "descending" || seen.TwiceSort != "ascending" || seen.OtherSort != "none" {
				t.Errorf("it says that it is sorted %s, then %s, and the others %s", seen.OnceSort, seen.TwiceSort, seen.OtherSort)
			}
			if n := len(seen.Twice); n == 0 || seen.Twice[0] != "login,save" || seen.Twice[n-1] != "/old,–" {
				t.Errorf("oldest first, what is not known last, it is %q", seen.Twice)
			}
			if seen.Status != "Sorted by when, ascending." {
				t.Errorf("it says %q", seen.Status)
			}
			if seen.Small < 24 {
				t.Errorf("a button is %d pixels high", seen.Small)
			}
		})
	}
}

func how(row string) string {
	_, how, _ := strings.Cut(row, ",")
	return how
}

// seen is what the script below has found in the page.
type seen struct {
	Wide, Disabled, Scripts, Small         int
	Before, Once, Twice                    []string
	OnceSort, TwiceSort, OtherSort, Status string
}

const looker = `
const frame = document.querySelector("iframe");
frame.addEventListener("load", () => {
  const d = frame.contentDocument;
  const rows = () => Array.from(d.querySelectorAll("tbody tr"), r =>
    r.querySelector("[data-column=field]").dataset.key + "," + r.querySelector("[data-column=how]").dataset.key);
  const head = d.querySelector("thead [data-column=when]");
  const press = () => head.querySelector("button").click();
  const out = { Wide: d.documentElement.scrollWidth, Disabled: d.querySelectorAll("button:disabled").length,
    Scripts: d.scripts.length, Before: rows() };
  out.Small = Math.floor(Math.min(...Array.from(d.querySelectorAll("button"), b => b.getBoundingClientRect().height)));
  press(); out.Once = rows(); out.OnceSort = head.ariaSort;
  press(); out.Twice = rows(); out.TwiceSort = head.ariaSort;
  out.OtherSort = d.querySelector("thead [data-column=field]").ariaSort;
  out.Status = d.getElementById("status").textContent;
  frame.remove();
  const pre = document.createElement("pre");
  pre.textContent = JSON.stringify(out);
  document.body.append(pre);
});
`

func browse(t *testing.T, width int, text string) seen {
	t.Helper()
	browser := findBrowser()
	if browser == "" {
		t.Skip("chromium is not installed")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "test.html")
	around := fmt.Sprintf(`<!DOCTYPE html><meta charset="utf-8"><body><iframe width="%d" height="800" style="border:0" srcdoc="%s"></iframe><script>%s</script>`,
		width, html.EscapeString(text), looker)
	if err := os.WriteFile(file, []byte(around), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	dom, err := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
		"--user-data-dir="+filepath.Join(dir, "profile"), "--window-size=1400,900", "--dump-dom", "file://"+filepath.ToSlash(file)).Output()
	if err != nil {
		t.Fatalf("%s: %v", browser, err)
	}
	_, rest, _ := strings.Cut(string(dom), "<pre>")
	found, _, _ := strings.Cut(rest, "</pre>")
	var s seen
	if err := json.Unmarshal([]byte(html.UnescapeString(found)), &s); err != nil {
		t.Fatalf("%v: the page became\n%s", err, dom)
	}
	return s
}

func findBrowser() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
