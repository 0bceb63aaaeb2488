package cfgmerge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/lww"
)

// vault is a file with a token and a secret pair.
type vault struct {
	Theme string `json:"theme,omitempty"`
	Auth  struct {
		Access  string    `json:"access,omitempty" cfgmerge:"token=auth,access"`
		Refresh string    `json:"refresh,omitempty" cfgmerge:"token=auth,refresh"`
		Expiry  time.Time `json:"expiry,omitzero" cfgmerge:"token=auth,expiry"`
	} `json:"auth"`
}

func openVault(t *testing.T, path string) *File[vault] {
	t.Helper()
	f, err := Open[vault](path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func setPair(t *testing.T, f *File[vault], access, refresh string) error {
	t.Helper()
	return f.Update(context0(), func(v *vault) error {
		v.Auth.Access, v.Auth.Refresh = access, refresh
		return nil
	})
}

func rotated(t *testing.T) (path string, f *File[vault]) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "app.json")
	f = openVault(t, path)
	for _, n := range []string{"1", "2"} {
		if err := setPair(t, f, "AT-"+n, "RT-"+n); err != nil {
			t.Fatal(err)
		}
	}
	return path, f
}

func pairOf(t *testing.T, path string) string {
	t.Helper()
	v, err := openVault(t, path).Get()
	if err != nil {
		t.Fatal(err)
	}
	return v.Auth.Access + " " + v.Auth.Refresh
}

func TestASaveThatWouldPutASpentTokenBackIsRejected(t *testing.T) {
	path, f := rotated(t)
	for name, save := range map[string]func() error{
		"an update":                 func() error { return setPair(t, f, "AT-1", "RT-1") },
		"beside a new access token": func() error { return setPair(t, f, "AT-9", "RT-1") },
		"a set": func() error {
			return f.Doc().Update(context0(), setField("/auth/refresh", `"RT-1"`))
		},
		"a snapshot": func() error {
			var v vault
			snap, err := Load(path, &v)
			if err != nil {
				return err
			}
			v.Auth.Refresh = "RT-1"
			return snap.Save(&v)
		},
	} {
		var spent *SpentError
		if err := save(); !errors.As(err, &spent) || strings.Contains(err.Error(), "RT-1") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := pairOf(t, path); got != "AT-2 RT-2" {
		t.Errorf("the pair is %s", got)
	}
}

func TestASaveMayRepeatThePresentTokenAndBringNewOnes(t *testing.T) {
	path, f := rotated(t)
	for _, pair := range [][2]string{{"AT-3", "RT-2"}, {"", ""}, {"AT-4", "RT-4"}, {"", ""}} {
		if err := setPair(t, f, pair[0], pair[1]); err != nil {
			t.Fatal(err)
		}
	}
	if got := pairOf(t, path); got != " " {
		t.Errorf("the pair is %s", got)
	}
}

func TestAnEditorThatPutsASpentTokenBackIsRefused(t *testing.T) {
	path, _ := rotated(t)
	seed(t, path, strings.NewReplacer(`"RT-2"`, `"RT-1"`, `"AT-2"`, `"AT-9"`).Replace(text(t, path)))
	f := openVault(t, path)
	if got := pairOf(t, path); got != "AT-2 RT-2" {
		t.Errorf("the pair is %s", got)
	}
	if err := f.Update(context0(), func(v *vault) error { v.Theme = "dark"; return nil }); err != nil {
		t.Fatal(err)
	}
	if len(f.Report().Rejected) == 0 || !strings.Contains(text(t, path), `"RT-2"`) {
		t.Errorf("rejected: %v", f.Report().Rejected)
	}
}

func TestALoginMayBringATokenBackThatWasSuperseded(t *testing.T) {
	path, f := rotated(t)
	ref := GroupRef{Name: "auth"}
	now, err := f.Doc().Group(context0(), ref)
	if err != nil {
		t.Fatal(err)
	}
	// Servers that do not rotate give out the same refresh token again.
	if _, err = f.Doc().SwapGroup(context0(), ref, now, map[string]any{"refresh": "RT-1"}, true); err != nil {
		t.Fatal(err)
	}
	if got := pairOf(t, path); got != " RT-1" {
		t.Errorf("the pair is %s", got)
	}
	if err := setPair(t, f, "AT-5", "RT-1"); err != nil {
		t.Error("the present one can't be kept: ", err)
	}
}

func TestALogoutLeavesNoTraceOfASecretAnywhere(t *testing.T) {
	path, f := rotated(t)
	folder := filepath.Join(filepath.Dir(path), ".app.json.cfgmerge")
	rejected := strings.NewReplacer(`"RT-2"`, `"RT-1"`).Replace(text(t, path))
	seed(t, path, rejected) // to quarantine, whole
	update := func() {
		t.Helper()
		if err := f.Update(context0(), func(v *vault) error { v.Theme += "x"; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	update()
	seed(t, path, text(t, path)[:60]) // to quarantine, damaged
	update()
	if traces(t, folder, "RT-1")+traces(t, folder, "RT-2") == 0 {
		t.Fatal("nothing to remove")
	}

	ref := GroupRef{Name: "auth"}
	now, err := f.Doc().Group(context0(), ref)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Doc().SwapGroup(context0(), ref, now, nil, true); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"RT-1", "RT-2", "AT-1", "AT-2"} {
		if n := traces(t, filepath.Dir(path), secret); n > 0 {
			t.Errorf("%s is left in %d files", secret, n)
		}
	}
	v, err := f.Get()
	if err != nil || v.Theme == "" {
		t.Errorf("the rest: %+v, %v", v, err)
	}
	left, err := filepath.Glob(filepath.Join(folder, "quarantine", "*-rejected-*"))
	if err != nil || len(left) != 1 {
		t.Errorf("the rest of the quarantined text is gone: %v %v", left, err)
	}
}

// traces counts the files in and below dir that hold the text.
func traces(t *testing.T, dir, text string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(text)) {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAFileSurvivesAForeignHandAfterALogoutHasErasedTheOlderVersions(t *testing.T) {
	path, f := rotated(t)
	ref := GroupRef{Name: "auth"}
	now, err := f.Doc().Group(context0(), ref)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Doc().SwapGroup(context0(), ref, now, nil, true); err != nil {
		t.Fatal(err)
	}
	if err := f.Update(context0(), func(v *vault) error { v.Theme = "dark"; return nil }); err != nil {
		t.Fatal(err)
	}
	seed(t, path, `{"theme":"light","auth":{"access":"AT-2","refresh":"RT-2"}}`) // an old binary
	if got := pairOf(t, path); got != " " {
		t.Errorf("the pair is back: %s", got)
	}
}

// 4,096 rotations and many logouts later the first token is still known.
func TestSpentTokensAreRememberedOverThousandsOfRotationsAndAcrossLogouts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.json")
	f, err := Open[vault](path, &Options{Durability: NoSync})
	if err != nil {
		t.Fatal(err)
	}
	if err := setPair(t, f, "AT-first", "RT-first"); err != nil {
		t.Fatal(err)
	}
	if err := setPair(t, f, "AT-second", "RT-second"); err != nil {
		t.Fatal(err)
	}
	// What 8 members × 4,096 rotations append, without making them.
	record := filepath.Join(filepath.Dir(path), ".app.json.cfgmerge", spentName)
	before, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	filler := strings.Repeat("0123456789abcdef filler00\n", 8*4096)
	if err := os.WriteFile(record, append(before, filler...), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][2]string{{"", ""}, {"AT-3", "RT-3"}, {"AT-4", "RT-4"}} {
		if err := setPair(t, f, pair[0], pair[1]); err != nil {
			t.Fatal(err)
		}
	}
	var spent *SpentError
	if err := setPair(t, f, "AT-9", "RT-first"); !errors.As(err, &spent) {
		t.Errorf("%v", err)
	}
}

// pairs has two tokens and an account for each.
type pairs struct {
	Slow struct {
		Access  string `json:"access,omitempty" cfgmerge:"token=slow,access"`
		Refresh string `json:"refresh,omitempty" cfgmerge:"token=slow,refresh"`
	} `json:"slow"`
	Fast struct {
		Access  string `json:"access,omitempty" cfgmerge:"token=fast,access"`
		Refresh string `json:"refresh,omitempty" cfgmerge:"token=fast,refresh"`
	} `json:"fast"`
}

// A token that is refreshed each minute must not make the record forget one that
// is refreshed each week.
func TestALineThatAPowerCutToreCostsTheRecordNoOther(t *testing.T) {
	path, f := rotated(t)
	record := filepath.Join(filepath.Dir(path), ".app.json.cfgmerge", spentName)
	whole, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(record, whole[:len(whole)-5], 0o600); err != nil {
		t.Fatal(err)
	}
	for n := 3; n < 12; n++ { // more than the file lists
		if err := setPair(t, f, fmt.Sprint("AT-", n), fmt.Sprint("RT-", n)); err != nil {
			t.Fatal(err)
		}
	}
	for _, pair := range [][2]string{{"AT-2", "RT-new"}, {"AT-new", "RT-2"}} {
		var spent *SpentError
		if err := setPair(t, f, pair[0], pair[1]); !errors.As(err, &spent) {
			t.Errorf("%s %s: got %v", pair[0], pair[1], err)
		}
	}
}

func TestTheSpentTokensOfOneMemberAreKeptHoweverOftenAnotherRotates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.json")
	f, err := Open[pairs](path, &Options{Durability: NoSync})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	update := func(fn func(*pairs)) error {
		return f.Update(context0(), func(p *pairs) error { fn(p); return nil })
	}
	rotate := func(fn func(*pairs)) {
		t.Helper()
		if err := update(fn); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 12 { // more than the register itself lists
		rotate(func(p *pairs) { p.Slow.Access, p.Slow.Refresh = fmt.Sprint("SA-", i), fmt.Sprint("SR-", i) })
	}
	rotate(func(p *pairs) { p.Fast.Refresh = "FR-0" })
	rotate(func(p *pairs) { p.Fast.Refresh = "FR-1" })
	record := filepath.Join(filepath.Dir(path), ".app.json.cfgmerge", spentName)
	text, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n")
	ofFast := strings.TrimSuffix(lines[len(lines)-1], "\n")[16:] // what follows the digest
	for i := range 3 {
		// As much as many rotations of the other token append, without making them.
		var filler strings.Builder
		for n := 0; filler.Len() < spentSize; n++ {
			fmt.Fprintf(&filler, "%04d%012d%s\n", i, n, ofFast)
		}
		appendTo(t, record, filler.String())
		rotate(func(p *pairs) { p.Fast.Refresh = fmt.Sprint("FR-", i+2) })
	}
	var spent *SpentError
	for i := range 11 {
		if err := update(func(p *pairs) { p.Slow.Refresh = fmt.Sprint("SR-", i) }); !errors.As(err, &spent) {
			t.Errorf("SR-%d is forgotten: %v", i, err)
		}
	}
	for i := range 4 {
		if err := update(func(p *pairs) { p.Fast.Refresh = fmt.Sprint("FR-", i) }); !errors.As(err, &spent) {
			t.Errorf("FR-%d is forgotten: %v", i, err)
		}
	}
	if size := sizeOf(t, record) + sizeOf(t, record+".1"); size > spentSize {
		t.Errorf("%d bytes are kept of %d members", size, 4)
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

func sizeOf(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestTheFormOfAnExpiryIsFoundKeptAndStored(t *testing.T) {
	for _, row := range []struct{ because, value, want string }{
		{"seconds", `1795315200`, "s"},
		{"milliseconds", `1795315200000`, "ms"},
		{"RFC 3339", `"2026-11-22T01:33:00Z"`, "rfc3339"},
	} {
		path := filepath.Join(t.TempDir(), "app.json")
		seed(t, path, `{"access":"AT-1","expires":`+row.value+`}`)
		d, err := OpenDoc(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		policy := lww.Policy{Kind: lww.Token, Members: []string{"access", "expires"}, Access: "access", Expiry: "expires"}
		declare := func(doc *lww.Document, _ lww.Writer) error {
			doc.Declare(lww.Table{"auth": policy})
			doc.Lift()
			return nil
		}
		if err := d.Update(context.Background(), declare); err != nil {
			t.Fatal(err)
		}
		now, err := d.Group(context0(), GroupRef{Name: "auth"})
		if err != nil || now.Policy.ExpiryForm != row.want {
			t.Errorf("%s: found %q, %v", row.because, now.Policy.ExpiryForm, err)
		}
		if _, err = d.SwapGroup(context0(), GroupRef{Name: "auth"}, now, map[string]any{"access": "AT-2"}, false); err != nil {
			t.Fatal(err)
		}
		now, err = d.Group(context0(), GroupRef{Name: "auth"})
		if err != nil || now.Policy.ExpiryForm != row.want || !strings.Contains(text(t, path), `"form":"`+row.want+`"`) {
			t.Errorf("%s: stored %q, %v", row.because, now.Policy.ExpiryForm, err)
		}
	}
}

func TestAGroupsStateShowsNoValueWhateverTheVerb(t *testing.T) {
	_, f := rotated(t)
	now, err := f.Doc().Group(context0(), GroupRef{Name: "auth"})
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if s := fmt.Sprintf(verb, now) + fmt.Sprintf(verb, &SupersededError{Current: now}); strings.Contains(s, "T-2") {
			t.Errorf("%s shows %s", verb, s)
		}
	}
}

// Only the file goes to another machine: what the folder here knows of spent
// tokens does not.
func TestACopyWithoutItsFolderRefusesASpentTokenByWhatTheFileLists(t *testing.T) {
	path, _ := rotated(t)
	original := text(t, path)
	for name, put := range map[string]func(t *testing.T, copied string){
		"by a program that keeps the block, before any save here": func(t *testing.T, copied string) {
			seed(t, copied, strings.NewReplacer("AT-2", "AT-1", "RT-2", "RT-1").Replace(original))
		},
		"by one that drops it, after a save here": func(t *testing.T, copied string) {
			if err := openVault(t, copied).Doc().Update(context0(), setField("/theme", `"dark"`)); err != nil {
				t.Fatal(err)
			}
			seed(t, copied, `{"auth":{"access":"AT-1","refresh":"RT-1"},"theme":"dark"}`)
		},
		"by a save": func(t *testing.T, copied string) {
			var spent *SpentError
			if err := setPair(t, openVault(t, copied), "AT-1", "RT-1"); !errors.As(err, &spent) {
				t.Errorf("got %v", err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			copied := filepath.Join(t.TempDir(), "app.json")
			seed(t, copied, original)
			put(t, copied)
			if got := pairOf(t, copied); strings.Contains(got, "1") {
				t.Errorf("the file shows %s", got)
			}
		})
	}
}

// The salt by which a new document knows its spent tokens is there before the
// first of them is spent.
func TestTheFirstSaveOfAFileThatHadNoHistoryListsTheTokenThatItReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.json")
	seed(t, path, `{"auth":{"access":"AT-1","refresh":"RT-1"}}`)
	if err := setPair(t, openVault(t, path), "AT-2", "RT-2"); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "app.json")
	seed(t, copied, strings.NewReplacer("AT-2", "AT-1", "RT-2", "RT-1").Replace(text(t, path)))
	if got := pairOf(t, copied); got != " " {
		t.Errorf("the copy shows %s", got)
	}
}
