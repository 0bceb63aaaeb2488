package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/validate"
)

var update = flag.Bool("update", false, "rewrite the expected output in the scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"cfgmerge": func() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
		"impostor": impostor,
		validatorName: func() {
			if validate.Serve(os.Stdin, os.Stdout) != nil {
				os.Exit(2)
			}
		},
	})
}

// The scripts are the specification of the command line: each opens with the
// problem that it guards against. The program runs as a process of its own.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			// What a script leaves in the way of state is its own.
			e.Setenv("XDG_STATE_HOME", e.WorkDir+"/state-home")
			e.Setenv("GORACE", "atexit_sleep_ms=0")
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Getuid() == 0, nil
			}
			return false, errors.New("unknown condition")
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status,
			"write":  write,
			"sparse": sparse,
			"fifo":   fifo,
			"resub":  resub,
			"same":   same,
			"hold":   hold,
		},
	})
}

// status CODE COMMAND… runs a command that must end with the code, and, if that
// is not 0, without a word of what is called CANARY.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status CODE COMMAND...")
	}
	want, got := args[0], 0
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(got) != want {
		ts.Fatalf("it ended with status %d, not %s", got, want)
	}
	if said := ts.ReadFile("stderr"); got != 0 && strings.Contains(said+ts.ReadFile("stdout"), "CANARY") {
		ts.Fatalf("it gave a secret away")
	}
	if said := ts.ReadFile("stderr"); got > 1 && (!strings.HasPrefix(said, "cfgmerge: ") && !strings.Contains(said, "\ncfgmerge: ")) {
		ts.Fatalf("it failed without a reason")
	}
}

// write FILE "TEXT" [COUNT] makes a file of a Go string, repeated.
func write(ts *testscript.TestScript, neg bool, args []string) {
	text, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	if len(args) > 2 {
		count, err := strconv.Atoi(args[2])
		ts.Check(err)
		text = strings.Repeat(text, count)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o644))
}

// sparse FILE SIZE makes a file that is larger than the disk.
func sparse(ts *testscript.TestScript, neg bool, args []string) {
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), nil, 0o644))
	ts.Check(os.Truncate(ts.MkAbs(args[0]), size))
}

func fifo(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(exec.Command("mkfifo", ts.MkAbs(args[0])).Run())
}

// resub FILE REGEXP TEXT replaces the first match, as an editor would.
func resub(ts *testscript.TestScript, neg bool, args []string) {
	text := ts.ReadFile(args[0])
	at := regexp.MustCompile(args[1]).FindStringIndex(text)
	if at == nil {
		ts.Fatalf("nothing in %s matches", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text[:at[0]]+strings.ReplaceAll(args[2], `\n`, "\n")+text[at[1]:]), 0o644))
}

// same A B compares bytes without printing them.
func same(ts *testscript.TestScript, neg bool, args []string) {
	if (ts.ReadFile(args[0]) == ts.ReadFile(args[1])) == neg {
		ts.Fatalf("%s and %s: same is %v", args[0], args[1], neg)
	}
}

// hold FILE takes the file's lock until the script ends.
func hold(ts *testscript.TestScript, neg bool, args []string) {
	doc, err := cfgmerge.OpenDoc(ts.MkAbs(args[0]), &cfgmerge.Options{App: "holder"})
	ts.Check(err)
	held, release, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_ = doc.Update(context.Background(), func(*lww.Document, lww.Writer) error {
			close(held)
			<-release
			return nil
		})
	}()
	<-held
	ts.Defer(func() { close(release); <-done })
}

func TestMainIsShort(t *testing.T) {
	text, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\n"); n >= 15 {
		t.Errorf("main.go has %d lines", n)
	}
}

func TestPrintableLeavesNothingThatATerminalObeys(t *testing.T) {
	for in, want := range map[string]string{
		"/äöü/«x»":      "/äöü/«x»",
		"a\x1b[31mb":    `a\u001b[31mb`,
		"a\nb\tc":       `a\u000ab\u0009c`,
		"\xed\xa0\x80":  `\xed\xa0\x80`,
		"\u202egnp.exe": `\u202egnp.exe`,
		"\U000e0001":    `\U000e0001`,
		"real \ufffd":   "real \ufffd",
	} {
		if got := printable(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

func TestSizesAreReadWithUnits(t *testing.T) {
	for in, want := range map[string]int64{
		"1": 1, "64MiB": 64 << 20, "1GiB": 1 << 30, "3KiB": 3072, "2147483647": 1<<31 - 1,
		"0": -1, "-1": -1, "2GiB": -1, "": -1, "MiB": -1, "9999999999999999999": -1, "1.5MiB": -1, "64MB": -1,
	} {
		var s size
		if err := s.Set(in); (err != nil) != (want < 0) || err == nil && int64(s) != want {
			t.Errorf("%q: got %d, %v", in, s, err)
		}
		if back := (size)(0); want > 0 && (back.Set(s.String()) != nil || back != s) {
			t.Errorf("%q: is spelled %s", in, s.String())
		}
	}
}

func TestANegativeNumberNeedNoDashes(t *testing.T) {
	for in, want := range map[string]string{
		"set f /a -5":               "set f /a -- -5",
		"set f /a -1.5e3 --dry-run": "set f /a --dry-run -- -1.5e3",
		"set f /a -- -5":            "set f /a -- -5",
		"set f /a -x":               "set f /a -x",
		"--max-size -5 set f /a 1":  "--max-size -5 set f /a 1",
		"get f /a -5":               "get f /a -5",
	} {
		if got := strings.Join(guardNegative(strings.Fields(in)), " "); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestSecretsAreRecognisedByPolicyNameAndLook(t *testing.T) {
	policies := lww.Table{
		"auth":  {Kind: lww.Token, At: lww.Pattern{{Key: "data"}, {Any: true}}, Members: []string{"a", "r"}},
		"/note": {Kind: lww.LWW, At: lww.Pattern{{Key: "note"}}, Secret: true},
	}
	for _, tt := range []struct {
		why  string
		path []string
		raw  string
		want string
	}{
		{"a member of a token", []string{"data", "x", "a"}, `"v"`, redacted},
		{"a member of no group", []string{"data", "x", "b"}, `"v"`, `"v"`},
		{"a secret field", []string{"note"}, `"v"`, redacted},
		{"below a secret field", []string{"note", "x"}, `"v"`, redacted},
		{"a telling name", []string{"api_key"}, `"v"`, redacted},
		{"below a telling name", []string{"Tokens", "0815"}, `"v"`, redacted},
		{"a JWT", []string{"x"}, `"eyJhbGciOi"`, redacted},
		{"a password in a URL", []string{"x"}, `"https://u:p@example.com/"`, redacted},
		{"JSON in a string", []string{"x"}, `"{\"t\":1}"`, redacted},
		{"an array of objects", []string{"x"}, `[{"t":1}]`, "1 element"},
		{"an array of plain values", []string{"x"}, `["a","b"]`, `["a","b"]`},
		{"whether there is one is no secret", []string{"api_key"}, `null`, `null`},
		{"a long string", []string{"x"}, `"` + strings.Repeat("y", 50) + `"`, `"` + strings.Repeat("y", 38) + "…"},
		{"an ordinary URL", []string{"x"}, `"https://example.com/a@b"`, `"https://example.com/a@b"`},
	} {
		if got := summary(policies, tt.path, tt.raw); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.why, got, tt.want)
		}
	}
}

// Help that was never run lies sooner or later: each example names only
// commands and flags that exist.
func TestEveryCommandHasAnExample(t *testing.T) {
	root := newRootCommand(&app{})
	for _, cmd := range root.Commands() {
		if cmd.Hidden || cmd.Name() == "completion" || cmd.Name() == "help" {
			continue
		}
		if !strings.Contains(cmd.Example, "cfgmerge "+cmd.Name()) {
			t.Errorf("%s has no example", cmd.Name())
		}
	}
}
