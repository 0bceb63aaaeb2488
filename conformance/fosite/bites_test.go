//go:build faults && linux

package fosite

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"github.com/cfgmerge/cfgmerge/conformance/faults"
	"github.com/cfgmerge/cfgmerge/conformance/oauthtest"
)

// listener is a test that fails without failing the one that it is part of.
type listener struct {
	testing.TB
	said []string
}

func (l *listener) Error(args ...any)                 { l.said = append(l.said, fmt.Sprint(args...)) }
func (l *listener) Errorf(format string, args ...any) { l.Error(fmt.Sprintf(format, args...)) }

// An attack that finds nothing must be one that could have.
func TestTheAttacksOnSystemCallsFindEachPlantedBug(t *testing.T) {
	needStrace(t)
	for bug, want := range map[string]string{
		"":         "",
		bugForgets: "an answer was dropped without a word",
		bugReplays: "an answer was dropped without a word",
		bugCopies:  "holds [RT-2]",
		bugTalks:   "a secret is shown",
	} {
		t.Run(cmp.Or(bug, "is sound"), func(t *testing.T) {
			s := newTarget(t, onFiles)
			s.Bug = bug
			if bug == bugReplays {
				s.server.Script("/token", oauthtest.Step{Drop: true})
			}
			l := &listener{TB: t}
			s.verdict(l, s.trace(t))
			if said := strings.Join(l.said, "\n"); want == "" && said != "" || !strings.Contains(said, want) {
				t.Errorf("found: %s", said)
			}
		})
	}
}

func TestAPauseFindsARivalThatDoesNotAskForTheLock(t *testing.T) {
	needStrace(t)
	clean := newTarget(t, onFiles).rehearse(t)
	for _, bug := range []string{"", bugUnlocked} {
		l := &listener{TB: t}
		for _, p := range clean.points(onFiles) {
			if p.Name != "flock" || !strings.Contains(p.What, "/refresh-") {
				continue
			}
			s := newTarget(t, onFiles)
			r := s.launchTraced(t, (faults.Fault{Kind: "STOP"}).Injection(p))
			if !r.stops() {
				t.Fatal("it did not stand still")
			}
			r.calls = r.soFar()
			s.Bug = bug
			s.overtake(l, r)
			break
		}
		said := strings.Join(l.said, "\n")
		if bug == "" && said != "" || bug != "" && !strings.Contains(said, "the rival got AT-2") {
			t.Errorf("a rival that %s: found: %s", bug, said)
		}
	}
}
