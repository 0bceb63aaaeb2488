//go:build faults && linux

package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cfgmerge/cfgmerge"
)

// program is one run of the program, and what the file shows after it.
type program struct {
	args  []string // FILE stands for the path
	stdin string
	want  map[string]any
}

// outage is a scenario in whose course the power is cut.
type outage struct {
	name     string
	layout   cfgmerge.Layout
	prepare  func(w world) error
	programs []program
	// before is what a load shows before the first program.
	before     map[string]any
	quarantine bool // bytes with secrets may lie there, by design
}

// outages are the saves and the repair, in both layouts, with one save more:
// what the first one did not sync is still not durable then.
func outages() []outage {
	set := []string{"set", "FILE", "/theme", "dark"}
	dark, stale := with(before, "theme", "dark"), with(before, "runs", 3.0)
	var all []outage
	for _, layout := range []cfgmerge.Layout{cfgmerge.Embedded, cfgmerge.Sidecar} {
		all = append(all,
			outage{"set", layout, history(layout), followed(program{args: set, want: dark}), before, false},
			// If only the new name is lost, the old file is refused as one
			// that was put back, and kept as such.
			outage{"rotate", layout, history(layout), followed(program{args: []string{"patch", "FILE"},
				stdin: `{"access_token":"canary-at-3","refresh_token":"canary-rt-3"}`, want: rotated}), before, true},
			outage{"adopt", layout, staleRewrite(layout), followed(program{args: set, want: with(stale, "theme", "dark")}), stale, true},
			outage{"repair", layout, damage(layout), []program{{args: []string{"repair", "FILE"}, want: before}}, before, true},
		)
	}
	return append(all,
		outage{"first", cfgmerge.Embedded, world.create,
			followed(program{args: set, want: map[string]any{"theme": "dark"}}), map[string]any{}, false},
		outage{"first", cfgmerge.Sidecar, plain,
			followed(program{args: []string{"adopt", "FILE", "--layout", "sidecar"}, want: before}), before, false},
	)
}

func (o outage) String() string { return o.layout.String() + " " + o.name }

// followed is a program with one more save after it.
func followed(p program) []program {
	return []program{p, {args: []string{"set", "FILE", "/more", "1"}, want: with(p.want, "more", 1.0)}}
}

// plain makes a file without a history.
func plain(w world) error {
	if err := w.create(); err != nil {
		return err
	}
	text := `{"theme": "light", "runs": 2, "access_token": "canary-at-2", "refresh_token": "canary-rt-2"}`
	return writeFile(w.path(), []byte(text), 0o600)
}

// readTree reads a directory.
func readTree(dir string) (Tree, error) {
	t := Tree{}
	return t, filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		f := File{Mode: info.Mode() & (fs.ModeDir | fs.ModePerm)}
		if !entry.IsDir() {
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			f.Data = string(data)
		}
		t[filepath.ToSlash(rel)] = f
		return nil
	})
}

// writeTree makes a directory what the tree says.
func writeTree(dir string, t Tree) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(t)) {
		f, at := t[name], filepath.Join(dir, filepath.FromSlash(name))
		var err error
		if f.Mode.IsDir() {
			err = os.Mkdir(at, 0o700)
		} else {
			err = writeFile(at, []byte(f.Data), 0o600)
		}
		if err == nil {
			err = os.Chmod(at, f.Mode.Perm())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fullText has strace print all that is written, in hexadecimal.
var fullText = []string{"-xx", "-s", "1048576"}

// record runs the programs and follows what they do to the directory of the
// file. That the model ends with what is really there shows that it has
// understood them.
func (o outage) record(w world) (*Log, error) {
	if err := o.prepare(w); err != nil {
		return nil, err
	}
	dir := filepath.Dir(w.path())
	start, err := readTree(dir)
	if err != nil {
		return nil, err
	}
	log := NewLog(dir, start)
	for _, p := range o.programs {
		out, err := w.traced(fullText, p.stdin, scenario{args: p.args}.command(w)...)
		if err != nil {
			return nil, err
		}
		now, err := w.look()
		if err != nil {
			return nil, err
		}
		if !same(now.view, p.want) || out.killed {
			return nil, fmt.Errorf("%s without a power cut ends with exit code %d: %s", p.args[0], out.code, out.stderr)
		}
		if err := log.Run(out.calls); err != nil {
			return nil, err
		}
	}
	end, err := readTree(dir)
	if err == nil && !maps.Equal(end, log.End()) {
		err = fmt.Errorf("the model has %v where the disk has %v", differing(log.End(), end), differing(end, log.End()))
	}
	return log, err
}

// differing names what a tree has and the other has not.
func differing(t, other Tree) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(t)) {
		if t[name] != other[name] {
			names = append(names, fmt.Sprintf("%s (%v, %d bytes)", name, t[name].Mode, len(t[name].Data)))
		}
	}
	return names
}

// blackout judges the states of one outage.
type blackout struct {
	outage
	world world
	old   look
	found []violation
}

func (b *blackout) note(class, format string, args ...any) {
	b.found = append(b.found, violation{class, fmt.Sprintf(format, args...)})
}

// judge makes the world what the power cut has left, and uses it.
func (b *blackout) judge(c Cut) ([]violation, error) {
	b.found = nil
	if err := b.world.create(); err != nil {
		return nil, err
	}
	if err := writeTree(filepath.Dir(b.world.path()), c.Tree); err != nil {
		return nil, err
	}
	if err := b.plainly(c); err != nil {
		return nil, err
	}
	if err := b.exposed(); err != nil {
		return nil, err
	}
	shown := b.loaded(c)
	if shown == nil {
		return b.found, nil
	}
	err := b.goesOn(shown)
	if err == nil && len(b.found) == 0 && same(with(shown, "more", 1.0), with(rotated, "more", 1.0)) {
		err = b.putBack()
	}
	return b.found, err
}

// views are what may be shown after a cut: what the programs that had ended
// left, or more.
func (b *blackout) views(c Cut) []map[string]any {
	all := []map[string]any{b.before}
	for _, p := range b.programs {
		all = append(all, p.want)
	}
	return all[c.Acked : c.Begun+1]
}

func (b *blackout) classify(c Cut, view map[string]any, what string) bool {
	isThis := func(v map[string]any) bool { return same(v, view) }
	switch {
	case slices.ContainsFunc(b.views(c), isThis):
		return true
	case slices.ContainsFunc(b.views(Cut{Begun: c.Acked}), isThis):
		b.note(missing, "%s what was there before an acknowledged save", what)
	case len(view) == 0:
		b.note(reset, "%s nothing", what)
	case isHalfPair(view):
		b.note(torn, "%s half of a token pair", what)
	default:
		b.note(lost, "%s something else than before or after a save", what)
	}
	return false
}

func isHalfPair(view map[string]any) bool {
	access, _ := view["access_token"].(string)
	refresh, _ := view["refresh_token"].(string)
	return strings.TrimPrefix(access, "canary-at") != strings.TrimPrefix(refresh, "canary-rt")
}

// plainly: a program that knows nothing of cfgmerge finds a whole file.
func (b *blackout) plainly(c Cut) error {
	now, err := b.world.look()
	if err != nil {
		return err
	}
	switch {
	case c.Acked == 0 && now.exists == b.old.exists && bytes.Equal(now.bytes, b.old.bytes):
	case !now.exists:
		b.note(reset, "there is no file")
	case now.view == nil:
		b.note(torn, "the file does not parse")
	default:
		b.classify(c, now.view, "the file shows")
	}
	return nil
}

func (b *blackout) exposed() error {
	wrongs, err := b.world.exposed()
	for _, w := range wrongs {
		b.note(secret, "%s", w)
	}
	return err
}

// loaded: the library shows the state from before or after a save.
func (b *blackout) loaded(c Cut) map[string]any {
	view := map[string]any{}
	if _, err := cfgmerge.LoadContext(context.Background(), b.world.path(), &view, b.world.options()); err != nil {
		b.note(torn, "it can't be loaded: %v", err)
		return nil
	}
	if !b.classify(c, view, "a load shows") {
		return nil
	}
	return view
}

// goesOn: the next save changes what it says and nothing else, after which
// nothing is wrong and no secret is left that is not in the file.
func (b *blackout) goesOn(shown map[string]any) error {
	now, err := b.save("1")
	if err != nil || now.view == nil {
		return err
	}
	if !same(now.view, with(shown, "next", 1.0)) {
		b.note(lost, "after the next save the file shows something else than before and its change")
	}
	codes, err := b.world.check()
	if len(codes) > 0 {
		b.note(wrong, "check finds %v", codes)
	}
	if err != nil {
		return err
	}
	wrongs, err := b.world.lingering(secretsIn(now.view), b.quarantine)
	if len(wrongs) > 0 && err == nil {
		if now, err = b.save("2"); err == nil { // the other slot is overwritten
			wrongs, err = b.world.lingering(secretsIn(now.view), b.quarantine)
		}
	}
	for _, w := range wrongs {
		b.note(secret, "%s", w)
	}
	return err
}

// putBack: the pair that was superseded stays so, also when an old binary writes
// it once more.
func (b *blackout) putBack() error {
	err := b.world.edit(func(text []byte) ([]byte, error) {
		return json.Marshal(before)
	}, renameOver)
	if err != nil {
		return err
	}
	var view map[string]any
	if _, err := cfgmerge.LoadContext(context.Background(), b.world.path(), &view, b.world.options()); err != nil {
		return err
	}
	if view["access_token"] != rotated["access_token"] || isHalfPair(view) {
		b.note(lost, "an old binary puts the superseded pair back")
	}
	return nil
}

func (b *blackout) save(value string) (look, error) {
	out, err := b.world.run("", "set", b.world.path(), "/next", value, "--durability", "none")
	if err != nil {
		return look{}, err
	}
	if out.code != 0 {
		b.note(wrong, "the next save fails: %s", firstLine(out.stderr))
		return look{}, nil
	}
	now, err := b.world.look()
	if err == nil && now.view == nil {
		err = errors.New("a save without a power cut left a torn file")
	}
	return now, err
}

// cutPower judges all states that an outage may leave, with the programs of
// one binary.
func cutPower(o outage, dir, binary string, first bool) (*tally, error) {
	base := world{filepath.Join(dir, o.String()), binary}
	log, err := o.record(base)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", o, err)
	}
	old, exists := log.start.tree()[filepath.Base(base.path())]
	y := &tally{name: o.String(), points: len(log.ops)}
	var mu sync.Mutex
	cuts := func(yield func(Cut) bool) {
		for _, c := range log.Cuts() {
			mu.Lock()
			stop := first && y.bad()
			mu.Unlock()
			if stop || !yield(c) {
				return
			}
		}
	}
	// A load waits for a damaged file to become whole.
	err = inParallel(4*runtime.GOMAXPROCS(0), cuts, func(worker int) func(Cut) error {
		b := &blackout{outage: o, world: world{fmt.Sprint(base.root, worker), binary},
			old: look{exists: exists, bytes: []byte(old.Data)}}
		return func(c Cut) error {
			found, err := b.judge(c)
			mu.Lock()
			defer mu.Unlock()
			y.runs++
			for _, v := range found {
				y.add(v, c.Lost)
			}
			return err
		}
	})
	return y, err
}

func TestPowerIsCutAtEveryMomentOfASave(t *testing.T) {
	needStrace(t)
	binary := build(t)
	dir := fastest(t)
	for _, o := range outages() {
		t.Run(o.String(), func(t *testing.T) {
			y, err := cutPower(o, dir, binary, false)
			if err != nil {
				t.Fatal(err)
			}
			y.report(t)
			t.Logf("%d steps, %d states", y.points, y.runs)
		})
	}
}

// fastest is a directory in memory, where there is one.
func fastest(t testing.TB) string {
	where := places(t)
	if dir, ok := where["tmpfs"]; ok {
		return dir
	}
	return where["disk"]
}
