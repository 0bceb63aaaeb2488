//go:build faults && linux

package faults

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
)

// trial is a prepared scenario, and how it goes when nothing goes wrong.
type trial struct {
	scenario
	template world // as it is before the run
	world    world // where the runs take place
	old      look
	code     int // exit code of the clean run
	clean    []Point
	// counts are, by point, the numbers that its call had in clean runs: they
	// count by thread, and a run that waits goes on with another one.
	counts [][]int
}

// rehearse prepares the scenario below dir and traces a clean run.
func rehearse(s scenario, dir, binary string) (*trial, error) {
	t := &trial{scenario: s, template: world{dir + "/template", binary}, world: world{dir + "/world", binary}}
	if err := s.prepare(t.template); err != nil {
		return nil, err
	}
	for range tries {
		if err := t.runClean(); err != nil {
			return nil, err
		}
		if !wandered(t.clean) {
			break
		}
	}
	return t, t.count()
}

// count makes more clean runs.
func (t *trial) count() error {
	t.counts = make([][]int, len(t.clean))
	again := *t
	for range tries / 2 {
		for i, p := range again.clean {
			t.counts[i] = append(t.counts[i], p.N)
		}
		for range tries {
			if err := again.runClean(); err != nil {
				return err
			}
			if slices.EqualFunc(again.clean, t.clean, sameCall) {
				break
			}
			again.clean = nil
		}
	}
	return nil
}

func sameCall(a, b Point) bool { return a.What == b.What }

// runClean traces a run without a fault.
func (t *trial) runClean() (err error) {
	if err := t.world.become(t.template); err != nil {
		return err
	}
	if t.old, err = t.world.look(); err != nil {
		return err
	}
	out, err := t.world.traced(nil, t.stdin, t.command(t.world)...)
	if err != nil {
		return err
	}
	now, err := t.world.look()
	if err != nil {
		return err
	}
	if !same(now.view, t.want) || out.killed || strings.Contains(out.stderr, "rror") {
		return fmt.Errorf("%s without a fault ends with exit code %d: %s", t.name, out.code, out.stderr)
	}
	t.code, t.clean = out.code, Points(out.calls, t.world.root)
	return nil
}

// wandered reports whether a run did its work on several threads: its counts
// are no guide for other runs then.
func wandered(points []Point) bool {
	return slices.ContainsFunc(points, func(p Point) bool { return p.Thread != points[0].Thread })
}

// hit runs the scenario once, with a fault at a point, and judges what is left.
func (t *trial) hit(f Fault, at Point) (run []Point, found []violation, err error) {
	if err := t.world.become(t.template); err != nil {
		return nil, nil, err
	}
	lock := t.world.lockFile()
	out, err := t.world.traced([]string{f.Injection(at)}, t.stdin, t.command(t.world)...)
	if err != nil {
		return nil, nil, err
	}
	if strings.Contains(out.stderr, "fatal error: runtime: netpoll") {
		out.killed, out.stderr = true, "" // the runtime's own write was hit, too
	}
	found, err = t.judge(out)
	if lock != nil && !os.SameFile(lock, t.world.lockFile()) {
		found = append(found, violation{wrong, "the lock file was replaced"})
	}
	return Points(out.calls, t.world.root), found, err
}

// judge looks at what a run has left, saves once more, and looks again.
func (t *trial) judge(out outcome) ([]violation, error) {
	j := &judge{trial: t, out: out}
	for _, step := range []func() error{j.said, j.left, j.sound, j.goesOn} {
		if err := step(); err != nil {
			return j.found, err
		}
	}
	return j.found, nil
}

type judge struct {
	*trial
	out   outcome
	found []violation
	// may be are the views that the next save may build on.
	mayBe []map[string]any
}

func (j *judge) note(class, format string, args ...any) {
	j.found = append(j.found, violation{class, fmt.Sprintf(format, args...)})
}

// notBegun is what the runtime says if it can't look at the standard descriptors: a
// call that was to be hit has the same name, and that one came first in its thread.
const notBegun = "fatal error: cannot open standard fds"

// said: a run ends with what it says, and shows no secret.
func (j *judge) said() error {
	if canaries.MatchString(j.out.stdout + j.out.stderr) {
		j.note(secret, "the output shows a secret")
	}
	if j.out.hung {
		j.note(wrong, "the run hung")
	}
	for _, word := range []string{"panic:", "goroutine ", "fatal error"} {
		if strings.Contains(j.out.stderr, word) && !strings.Contains(j.out.stderr, notBegun) {
			j.note(wrong, "the run crashed: %.300s", j.out.stderr)
			break
		}
	}
	return nil
}

// left: the file is old or new, and which of both follows from what was said.
func (j *judge) left() error {
	now, err := j.world.look()
	if err != nil {
		return err
	}
	isOld := now.exists == j.old.exists && bytes.Equal(now.bytes, j.old.bytes)
	isNew := now.view != nil && same(now.view, j.want)
	committed := strings.Contains(j.out.stderr, "committed, durability unknown")
	switch {
	case !isOld && !isNew:
		j.note(damageOf(now), "the file is neither old nor new")
		return nil
	case j.out.killed || j.out.hung:
		j.mayBe = j.either(isOld, isNew)
	case j.out.code == j.code:
		j.mayBe = []map[string]any{j.want}
		if !isNew {
			j.note(missing, "acknowledged, and the file is as before")
		}
	case committed:
		j.mayBe = []map[string]any{j.want}
		if !isNew {
			j.note(missing, "said to be committed, and the file is as before")
		}
	default:
		j.mayBe = j.either(true, false)
		if !isOld {
			j.note(wrong, "said to have failed, and the change is in the file: %s", firstLine(j.out.stderr))
		}
	}
	return nil
}

// either are the views to which an old or a new file leads.
func (j *judge) either(isOld, isNew bool) (views []map[string]any) {
	if isNew {
		views = append(views, j.want)
	}
	if !isOld {
		return views
	}
	old := j.old.view
	switch {
	case j.damaged != nil:
		old = j.damaged
	case j.name == "adopt":
		old = with(before, "runs", 3.0)
	}
	return append(views, old)
}

func damageOf(now look) string {
	switch {
	case now.view == nil:
		return torn
	case len(now.view) == 0:
		return reset
	}
	return lost
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// sound: check finds no error in the file, and nothing is exposed.
func (j *judge) sound() error {
	wrongs, err := j.world.exposed()
	for _, w := range wrongs {
		j.note(secret, "%s", w)
	}
	if err != nil {
		return err
	}
	if now, err := j.world.look(); err != nil || !now.exists || now.view == nil && j.damaged != nil {
		return err
	}
	codes, err := j.world.check()
	if len(codes) > 0 {
		j.note(wrong, "check finds %v", codes)
	}
	return err
}

// goesOn: the next plain save works, changes what it says and nothing else, and
// sweeps what the run has left.
func (j *judge) goesOn() error {
	if len(j.mayBe) == 0 {
		return nil
	}
	out, err := j.world.run("", "set", j.world.path(), "/next", "1")
	if err != nil {
		return err
	}
	if out.code != 0 {
		j.note(wrong, "the next save fails: %s", firstLine(out.stderr))
		return nil
	}
	now, err := j.world.look()
	if err != nil {
		return err
	}
	fits := false
	for _, view := range j.mayBe {
		fits = fits || same(now.view, with(view, "next", 1.0))
	}
	if !fits {
		j.note(lost, "after the next save the file shows something else than before and its change")
	}
	wrongs, err := j.world.lingering(secretsIn(now.view), j.quarantine)
	if len(wrongs) > 0 && err == nil {
		// A slot that could not be written is overwritten one save later.
		if _, err = j.world.run("", "set", j.world.path(), "/next", "2"); err == nil {
			wrongs, err = j.world.lingering(secretsIn(now.view), j.quarantine)
		}
	}
	for _, w := range wrongs {
		j.note(secret, "%s", w)
	}
	return err
}
