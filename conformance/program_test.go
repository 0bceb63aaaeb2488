package conformance

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// roleVariable makes the test binary one of the programs that are asked.
const roleVariable = "CONFORMANCE_TEST_ROLE"

func TestMain(m *testing.M) {
	if role, ok := roles()[os.Getenv(roleVariable)]; ok {
		role(bufio.NewReader(os.Stdin))
		return
	}
	os.Exit(m.Run())
}

// roles are programs that do not do as README.md says, but for the first.
func roles() map[string]func(*bufio.Reader) {
	return map[string]func(*bufio.Reader){
		"honest": func(in *bufio.Reader) {
			for line, err := in.ReadBytes('\n'); err == nil; line, err = in.ReadBytes('\n') {
				r, _ := ParseRequest(line)
				os.Stdout.Write(Answer{ID: r.ID, Result: r.Input}.Line())
			}
		},
		"silent": func(in *bufio.Reader) { _, _ = in.ReadBytes(0) },
		"deaf":   func(*bufio.Reader) { hang() },
		"mortal": func(in *bufio.Reader) {
			_, _ = in.ReadBytes('\n')
			fmt.Fprintln(os.Stderr, "out of luck")
			os.Exit(7)
		},
		"flood": func(in *bufio.Reader) {
			_, _ = in.ReadBytes('\n')
			for _, err := os.Stdout.Write(bytes.Repeat([]byte("x"), 4096)); err == nil; _, err = os.Stdout.Write(bytes.Repeat([]byte("x"), 4096)) {
			}
		},
		"babbler": func(in *bufio.Reader) {
			_, _ = in.ReadBytes('\n')
			fmt.Println("hello")
		},
		"confused": func(in *bufio.Reader) {
			_, _ = in.ReadBytes('\n')
			fmt.Println(`{"id":"another","result":{}}`)
			_, _ = in.ReadBytes(0)
		},
		"once": func(in *bufio.Reader) {
			line, _ := in.ReadBytes('\n')
			r, _ := ParseRequest(line)
			os.Stdout.Write(Answer{ID: r.ID, Result: "{}"}.Line())
		},
		"stubborn": func(in *bufio.Reader) {
			line, _ := in.ReadBytes('\n')
			r, _ := ParseRequest(line)
			os.Stdout.Write(Answer{ID: r.ID, Result: "{}"}.Line())
			hang()
		},
	}
}

// hang is for what shall be killed.
func hang() { time.Sleep(time.Hour) }

// asked is the program of a role.
func asked(t *testing.T, role string) *Program {
	t.Helper()
	t.Setenv(roleVariable, role)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &Program{Command: []string{self}}
	t.Cleanup(p.Close)
	return p
}

func TestAProgramAnswersOneQuestionAfterTheOther(t *testing.T) {
	p := asked(t, "honest")
	for _, input := range []string{`{"n":1.0}`, "{\n\"text\":\"\\ud83d\"\r\n}", `{"text":"` + strings.Repeat("x", 1<<20) + `"}`} {
		a, err := p.Ask(t.Context(), Request{"view/x", "view", input})
		if err != nil || a.Result != string(oneLine(input)) {
			t.Fatalf("%d bytes came back of %d, %v", len(a.Result), len(input), err)
		}
	}
}

func TestAProgramThatMisbehavesIsNamedForIt(t *testing.T) {
	for role, want := range map[string]string{
		"silent":   "no answer within 200ms",
		"deaf":     "no answer within 200ms",
		"mortal":   "the program died: exit status 7: out of luck",
		"flood":    "the answer is too long",
		"babbler":  "the answer is none",
		"confused": "the answer has another id",
	} {
		t.Run(role, func(t *testing.T) {
			p := asked(t, role)
			if want == "no answer within 200ms" {
				p.Timeout = 200 * time.Millisecond // nothing is waited for but this
			}
			_, err := p.Ask(t.Context(), Request{"view/x", "view", `{"text":"` + strings.Repeat("x", 1<<20) + `"}`})
			if err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%v, not %s", err, want)
			}
			if p.running != nil {
				t.Error("it was left running")
			}
		})
	}
}

func TestAProgramThatDiedIsStartedAnew(t *testing.T) {
	p := asked(t, "once")
	answers := 0
	for range 4 {
		if _, err := p.Ask(t.Context(), Request{"view/x", "view", `{}`}); err == nil {
			answers++
		}
	}
	if answers != 2 {
		t.Errorf("of 4 questions it answered %d; each second one finds it dead", answers)
	}
}

func TestAProgramThatDoesNotEndIsEnded(t *testing.T) {
	p := asked(t, "stubborn")
	if _, err := p.Ask(t.Context(), Request{"view/x", "view", `{}`}); err != nil {
		t.Fatal(err)
	}
	running := p.running
	p.Timeout = time.Millisecond
	p.Close()
	if running.cmd.ProcessState == nil || running.cmd.ProcessState.Success() {
		t.Errorf("it ended by itself: %v", running.cmd.ProcessState)
	}
}

func TestACommandThatIsNoneIsAnErrorForEachVector(t *testing.T) {
	p := &Program{Command: []string{"./there-is-no-such-program"}}
	if _, err := p.Ask(t.Context(), Request{"view/x", "view", `{}`}); err == nil {
		t.Error("it was started")
	}
}

func TestAskingEndsWithTheContext(t *testing.T) {
	p := asked(t, "silent")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Ask(ctx, Request{"view/x", "view", `{}`}); err == nil {
		t.Error("there was an answer")
	}
}
