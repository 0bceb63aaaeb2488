package cfgmerge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// watched is a Watch whose polls are the test's, and whose function waits for
// the test to look.
type watched struct {
	t       *testing.T
	ctx     context.Context
	end     context.CancelCauseFunc
	polls   chan time.Time
	changes chan Change
	events  chan Event
	done    chan error
	file    *File[fleet]
}

// errDeaf is why a test's watch has nothing but its polls.
var errDeaf = errors.New("no watches left")

func deaf(point string) error {
	if point == "notify" {
		return errDeaf
	}
	return nil
}

func startWatch(t *testing.T, path string, o Options) *watched {
	t.Helper()
	timeout, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	w := &watched{t: t, polls: make(chan time.Time), changes: make(chan Change), events: make(chan Event, 100), done: make(chan error, 1)}
	w.ctx, w.end = context.WithCancelCause(timeout)
	o.tick = func(time.Duration) (<-chan time.Time, func()) { return w.polls, func() {} }
	o.Observer = func(e Event) { w.events <- e }
	o.Durability = NoSync
	file, err := Open[fleet](path, &o)
	if err != nil {
		t.Fatal(err)
	}
	w.file = file
	go func() {
		w.done <- file.Watch(w.ctx, func(c Change) error {
			select {
			case w.changes <- c:
			case <-w.ctx.Done():
			}
			return nil
		})
	}()
	t.Cleanup(func() { w.end(nil); <-w.done })
	if first := w.next(); len(first.Fields) != 0 {
		t.Fatalf("the first call lists %v", first.Fields)
	}
	return w
}

// next returns the next change that is noticed without a poll.
func (w *watched) next() Change {
	w.t.Helper()
	select {
	case c := <-w.changes:
		return c
	case err := <-w.done:
		w.done <- err
		w.t.Fatalf("the watch ended: %v", err)
	case <-w.ctx.Done():
		w.t.Fatal("no change was noticed")
	}
	return Change{}
}

// polled polls until there is a change.
func (w *watched) polled() Change {
	w.t.Helper()
	for {
		select {
		case c := <-w.changes:
			return c
		case w.polls <- time.Time{}:
		case <-w.ctx.Done():
			w.t.Fatal("no change was noticed by polling")
		}
	}
}

// quiet fails if one of the next polls brings a change.
func (w *watched) quiet(polls int) {
	w.t.Helper()
	for range polls + 1 { // each is taken when the one before has been dealt with
		select {
		case c := <-w.changes:
			w.t.Fatalf("a change: %v", fieldsOf(c))
		case w.polls <- time.Time{}:
		case <-w.ctx.Done():
			w.t.Fatal("the watch does not go on")
		}
	}
}

func fieldsOf(c Change) string {
	var out []string
	for _, f := range c.Fields {
		sign := "+"
		if f.Removed {
			sign = "-"
		}
		out = append(out, sign+f.Field)
	}
	return strings.Join(out, " ")
}

func (w *watched) want(c Change, fields string) {
	w.t.Helper()
	if got := fieldsOf(c); got != fields {
		w.t.Errorf("changed %q, want %q", got, fields)
	}
}

func inDir(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "sub", "app.json")
	must(t, os.Mkdir(filepath.Dir(path), 0o700))
	seed(t, path, text)
	return path
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func renameOver(t *testing.T, path, text string) {
	t.Helper()
	seed(t, path+".new", text)
	must(t, os.Rename(path+".new", path))
}

func TestWatchNoticesEveryWayToWriteAFile(t *testing.T) {
	for name, write := range map[string]func(t *testing.T, path string, f *File[fleet]){
		"renamed over":     func(t *testing.T, path string, _ *File[fleet]) { renameOver(t, path, `{"f0":2}`) },
		"written in place": func(t *testing.T, path string, _ *File[fleet]) { seed(t, path, `{"f0":2}`) },
		"unlinked and renamed": func(t *testing.T, path string, _ *File[fleet]) {
			must(t, os.Remove(path))
			renameOver(t, path, `{"f0":2}`)
		},
		"edited by hand, the block left": func(t *testing.T, path string, f *File[fleet]) {
			seed(t, path, strings.Replace(text(t, path), `"f0":1`, `"f0":2`, 1))
		},
		"saved by this process": func(t *testing.T, path string, f *File[fleet]) {
			must(t, f.Update(t.Context(), func(v *fleet) error { v.F0 = 2; return nil }))
		},
		"saved by another process": func(t *testing.T, path string, _ *File[fleet]) { saveElsewhere(t, path, 0, 2) },
	} {
		for _, how := range []string{"reported by the system", "polled"} {
			t.Run(name+"/"+how, func(t *testing.T) {
				path := inDir(t, `{"f0":1}`)
				w := startWatch(t, path, Options{})
				notice := w.next
				if how == "polled" {
					w = startWatch(t, path, Options{fault: deaf})
					notice = w.polled
				}
				write(t, path, w.file)
				for fields := ""; !strings.Contains(fields, "+/f0"); { // the other process saves twice
					if fields = fieldsOf(notice()); strings.Contains(fields, "-") {
						t.Fatalf("changed %q", fields)
					}
				}
				if v, err := w.file.Get(); err != nil || v.F0 != 2 {
					t.Errorf("Get returns %v, %v", v.F0, err)
				}
			})
		}
	}
}

// saveElsewhere saves field i, up to the value n, in another process.
func saveElsewhere(t *testing.T, path string, i, n int) *saver {
	t.Helper()
	s := &saver{path: path, me: i, to: n}
	must(t, s.run())
	return s
}

func TestWatchSaysWhoWroteAndWhen(t *testing.T) {
	path := inDir(t, `{"f1":1}`)
	w := startWatch(t, path, Options{fault: deaf})
	s := saveElsewhere(t, path, 0, 1)
	c := w.polled()
	w.want(c, "+/access_token +/f0 +/refresh_token")
	for _, f := range c.Fields {
		by := f.By
		if by.By == nil || by.By.PID != s.cmd.Process.Pid || by.By.App != strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe") || by.By.Kind != KindSave {
			t.Errorf("%s was written by %+v", f.Field, by.By)
		}
		if by.Actor == "00000000" || time.Since(by.Written).Abs() > time.Hour {
			t.Errorf("%s: actor %s, at %v", f.Field, by.Actor, by.Written)
		}
		if grouped := f.Field != "/f0"; grouped != (by.Field == "pair") {
			t.Errorf("%s is kept as %s", f.Field, by.Field)
		}
	}
	seed(t, path, strings.Replace(text(t, path), `"f1":1`, `"f1":2`, 1))
	c = w.polled()
	w.want(c, "+/f1")
	if by := c.Fields[0].By; by.Actor != "00000000" || by.By != nil || len(c.Report.Adopted) != 1 {
		t.Errorf("a hand edit: %+v, adopted %v", by, c.Report.Adopted)
	}
}

func TestAChangeHoldsNoValues(t *testing.T) {
	path := inDir(t, `{"access_token":"AT-old"}`)
	w := startWatch(t, path, Options{})
	must(t, w.file.Update(t.Context(), func(v *fleet) error { v.Access = "AT-new"; return nil }))
	said, err := json.Marshal(w.next())
	if err != nil || strings.Contains(string(said), "AT-") {
		t.Errorf("%s, %v", said, err)
	}
}

func TestARemovedFieldIsReportedWithWhatWasBelow(t *testing.T) {
	path := inDir(t, `{"a":{"b":1,"c":{"d":[]}},"e":1,"g":{"h":1}}`)
	w := startWatch(t, path, Options{fault: deaf})
	must(t, w.file.Doc().Update(t.Context(), setField("/a", "")))
	c := w.polled()
	w.want(c, "-/a/b -/a/c/d")
	if by := c.Fields[0].By; by.Field != "/a" || !by.Deleted || by.By == nil {
		t.Errorf("by %+v", by)
	}
	must(t, w.file.Doc().Update(t.Context(), setField("/e", `{"x":1,"y":{}}`)))
	w.want(w.polled(), "+/e/x +/e/y")
	must(t, w.file.Doc().Update(t.Context(), setField("/g", `1`)))
	w.want(w.polled(), "+/g -/g/h")
}

func TestAMissingFileIsOneThatIsBeingReplaced(t *testing.T) {
	path := inDir(t, `{"f0":1}`)
	saveElsewhere(t, path, 1, 1)
	paused := make(chan struct{})
	w := startWatch(t, path, Options{fault: deaf, sleep: func(time.Duration) { paused <- struct{}{} }})
	whole := text(t, path)
	must(t, os.Remove(path))
	w.polls <- time.Time{}
	for range doubtTries { // it looks, and looks again
		<-paused
	}
	renameOver(t, path, strings.Replace(whole, `"f0":1`, `"f0":2`, 1))
	go func() {
		for w.ctx.Err() == nil {
			select {
			case <-paused:
			case <-w.ctx.Done():
			}
		}
	}()
	w.want(w.polled(), "+/f0")
}

func TestAFileThatStaysGoneIsReportedAtTheSecondPoll(t *testing.T) {
	path := inDir(t, `{"f0":1}`)
	w := startWatch(t, path, Options{fault: deaf})
	must(t, os.Remove(path))
	w.polls <- time.Time{}
	select {
	case c := <-w.changes:
		t.Fatalf("reported at once: %v", fieldsOf(c))
	case w.polls <- time.Time{}:
	}
	c := w.next()
	w.want(c, "-/f0")
	if !c.Report.New {
		t.Errorf("report %+v", c.Report)
	}
	seed(t, path, `{"f0":1}`)
	w.want(w.polled(), "+/f0")
}

func TestADirectoryThatIsMadeAgainIsWatchedAgain(t *testing.T) {
	path := inDir(t, `{"f0":1}`)
	w := startWatch(t, path, Options{})
	must(t, os.RemoveAll(filepath.Dir(path)))
	must(t, os.Mkdir(filepath.Dir(path), 0o700))
	seed(t, path, `{"f0":2}`)
	w.want(w.polled(), "+/f0")
	renameOver(t, path, `{"f0":3}`)
	w.want(w.next(), "+/f0")
}

func TestADirectoryThatIsMovedAwayIsNotFollowed(t *testing.T) {
	path := inDir(t, `{"f0":1}`)
	w := startWatch(t, path, Options{})
	dir := filepath.Dir(path)
	must(t, os.Rename(dir, dir+".old"))
	must(t, os.Mkdir(dir, 0o700))
	seed(t, path, `{"f0":2}`)
	w.want(w.polled(), "+/f0")
	seed(t, filepath.Join(dir+".old", "app.json"), `{"f0":9}`)
	w.quiet(2)
	renameOver(t, path, `{"f0":3}`)
	w.want(w.next(), "+/f0")
}

func TestALinkThatIsPointedElsewhereIsFollowed(t *testing.T) {
	one, two := inDir(t, `{"f0":1}`), inDir(t, `{"f0":2}`)
	link := filepath.Join(t.TempDir(), "link.json")
	if err := os.Symlink(one, link); err != nil {
		t.Skip(err)
	}
	w := startWatch(t, link, Options{})
	renameOver(t, one, `{"f0":3}`)
	w.want(w.next(), "+/f0")
	must(t, os.Symlink(two, link+".new"))
	must(t, os.Rename(link+".new", link))
	w.want(w.next(), "+/f0")
	renameOver(t, two, `{"f0":4}`)
	w.want(w.next(), "+/f0")
	renameOver(t, one, `{"f0":5}`)
	w.quiet(2)
}

func TestChangesDuringACallAreOneChange(t *testing.T) {
	path := inDir(t, `{"f0":1}`)
	w := startWatch(t, path, Options{})
	must(t, w.file.Update(t.Context(), func(v *fleet) error { v.F0 = 2; return nil }))
	// The function is called, or will be, and waits.
	for n := range 20 {
		must(t, w.file.Update(t.Context(), func(v *fleet) error { v.F1, v.F2 = n, n; return nil }))
	}
	must(t, w.file.Update(t.Context(), func(v *fleet) error { v.F3 = 1; return nil }))
	calls := 1
	for !strings.Contains(fieldsOf(w.next()), "f3") {
		calls++
	}
	if calls > 2 {
		t.Errorf("%d calls", calls)
	}
	w.quiet(2)
}

func TestAWriteThatChangesNoValueIsNoChange(t *testing.T) {
	path := inDir(t, `{"f0":1}`)
	w := startWatch(t, path, Options{fault: deaf})
	renameOver(t, path, "{\n  \"f0\": 1.0\n}\n")
	must(t, w.file.Doc().Adopt(t.Context(), Embedded))
	w.quiet(3)
}

func TestDamageIsNoChangeAndTheObserverIsToldOnce(t *testing.T) {
	path := inDir(t, `{"f0":1}`)
	must(t, mustOpen(t, path).Update(t.Context(), func(v *fleet) error { v.F0 = 2; return nil }))
	w := startWatch(t, path, Options{fault: deaf, sleep: func(time.Duration) {}})
	whole := text(t, path)
	renameOver(t, path, whole[:len(whole)/2])
	e := pollForEvent(w)
	var damage *CorruptError
	if e.Kind != EventRecovered || !errors.As(e.Err, &damage) || damage.Class != "truncated" {
		t.Errorf("event %+v", e)
	}
	w.quiet(3)
	if len(w.events) != 0 {
		t.Errorf("told again: %+v", <-w.events)
	}
	renameOver(t, path, strings.Replace(whole, `"f0":2`, `"f0":3`, 1))
	w.want(w.polled(), "+/f0")
}

func TestAFileThatCannotBeReadIsNoChange(t *testing.T) {
	path := inDir(t, `{"f0":1}`)
	w := startWatch(t, path, Options{fault: deaf, sleep: func(time.Duration) {}})
	renameOver(t, path, `{"f0":`)
	var damage *CorruptError
	if e := pollForEvent(w); e.Kind != EventUnreadable || !errors.As(e.Err, &damage) {
		t.Errorf("event %+v", e)
	}
	w.quiet(2)
	must(t, os.Remove(path))
	must(t, os.Mkdir(path, 0o700))
	var refused *FileError
	if e := pollForEvent(w); e.Kind != EventUnreadable || !errors.As(e.Err, &refused) {
		t.Errorf("event %+v", e)
	}
	must(t, os.Remove(path))
	seed(t, path, `{"f0":2}`)
	w.want(w.polled(), "+/f0")
}

func pollForEvent(w *watched) Event {
	w.t.Helper()
	for {
		select {
		case e := <-w.events:
			return e
		case c := <-w.changes:
			w.t.Fatalf("a change: %v", fieldsOf(c))
		case w.polls <- time.Time{}:
		case <-w.ctx.Done():
			w.t.Fatal("no event")
		}
	}
}

func mustOpen(t *testing.T, path string) *File[fleet] {
	t.Helper()
	f, err := Open[fleet](path, nil)
	must(t, err)
	return f
}

func TestTheErrorOfTheFunctionEndsTheWatch(t *testing.T) {
	f := mustOpen(t, inDir(t, `{}`))
	enough := fmt.Errorf("enough")
	if err := f.Watch(t.Context(), func(Change) error { return enough }); err != enough {
		t.Errorf("Watch returns %v", err)
	}
}

func TestTheEndOfTheContextEndsTheWatch(t *testing.T) {
	f := mustOpen(t, inDir(t, `{}`))
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	if err := f.Watch(ctx, func(Change) error { calls++; cancel(); return nil }); !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("Watch returns %v after %d calls", err, calls)
	}
}

func TestAClosedFileIsNotWatched(t *testing.T) {
	w := startWatch(t, inDir(t, `{}`), Options{fault: deaf})
	must(t, w.file.Close())
	for {
		select {
		case w.polls <- time.Time{}:
			continue
		case err := <-w.done:
			if !errors.Is(err, ErrClosed) {
				t.Errorf("Watch returns %v", err)
			}
			w.done <- err
		}
		return
	}
}

// Kubernetes mounts a ConfigMap as a link to a directory that a link leads to,
// and replaces the latter: nothing happens to the file that was read.
func TestAGetInAWatchSeesWhatTheWatchHasSeen(t *testing.T) {
	dir := t.TempDir()
	for version, text := range map[string]string{"v1": `{"f0":1}`, "v2": `{"f0":2}`} {
		if err := os.Mkdir(filepath.Join(dir, version), 0o700); err != nil {
			t.Fatal(err)
		}
		seed(t, filepath.Join(dir, version, "app.json"), text)
	}
	link := func(target, name string) {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Skip("no symbolic links:", err)
		}
	}
	link("v1", "data")
	link(filepath.Join("data", "app.json"), "app.json")
	now := time.Now() // stands still: by the clock alone Get would not look again
	file, err := Open[fleet](filepath.Join(dir, "app.json"), &Options{Now: func() time.Time { return now }, PollInterval: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	enough := errors.New("enough")
	calls := 0
	err = file.Watch(t.Context(), func(Change) error {
		calls++
		v, err := file.Get()
		if err != nil || v.F0 != calls {
			return fmt.Errorf("call %d got %d, %w", calls, v.F0, err)
		}
		if calls == 2 {
			return enough
		}
		link("v2", "new")
		return os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, "data"))
	})
	if !errors.Is(err, enough) {
		t.Error(err)
	}
}

func TestANegativePollIntervalIsTheDefault(t *testing.T) {
	enough := errors.New("enough")
	err := open(t, temp(t, `{}`), &Options{PollInterval: -1}).Watch(t.Context(), func(Change) error { return enough })
	if !errors.Is(err, enough) {
		t.Error(err)
	}
}
