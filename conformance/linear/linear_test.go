//go:build linux

package linear

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/cfgmerge/cfgmerge"
)

const processes = 4

// operations is how many each process does.
func operations() int {
	if n, err := strconv.Atoi(os.Getenv("CFGMERGE_OPERATIONS")); err == nil {
		return n
	}
	return 200
}

// fleet is several processes with one file.
type fleet struct {
	task
	// kill says after which of its calls a process is killed; nil: after none.
	kill func(call int) bool
	history
}

// run lets them all do their operations, and reads the file at the end.
func (f *fleet) run(t *testing.T) {
	t.Helper()
	f.Path = filepath.Join(t.TempDir(), "app.json")
	f.To = operations()
	var all sync.WaitGroup
	for i := range processes {
		own := f.task
		own.Name = string(rune('a' + i))
		all.Go(func() {
			if err := f.keepGoing(own); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
	end := op{Kind: read, Value: "end", Called: moment()}
	var last fields
	if _, err := cfgmerge.Load(f.Path, &last); err != nil {
		t.Fatal(err)
	}
	end.Saw, end.Returned = last.all(), moment()
	f.add(end)
}

// keepGoing starts a process, and another in its place when it was killed, until
// all operations of its share were called.
func (f *fleet) keepGoing(own task) error {
	for own.From < own.To {
		next, err := f.start(own)
		if err != nil {
			return err
		}
		own.From = next
	}
	return nil
}

// start returns the number of the operation after the last that was called.
func (f *fleet) start(own task) (next int, err error) {
	text, err := json.Marshal(own)
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), taskVariable+"="+string(text))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return 0, err
	}
	next = own.From
	err = told(bufio.NewScanner(out), func(o op) {
		f.add(o)
		if o.Returned != 0 {
			return
		}
		next = o.ID + 1
		if f.kill != nil && f.kill(o.ID) {
			_ = cmd.Process.Kill()
		}
	})
	if waitErr := cmd.Wait(); waitErr != nil && cmd.ProcessState.Exited() {
		return 0, fmt.Errorf("%s: %w: %s", own.Name, waitErr, stderr.Bytes())
	}
	return next, err
}

// patience bounds the search for an order.
const patience = 30 * time.Second

// explained fails unless there is an order, for each field alone and for all.
func (f *fleet) explained(t *testing.T) {
	t.Helper()
	all := f.operations()
	for name, model := range map[string]porcupine.Model{"each field": register, "the document": document} {
		if result := porcupine.CheckOperationsTimeout(model, all, patience); result != porcupine.Ok {
			t.Errorf("no order explains %s: %s", name, result)
		}
	}
	t.Logf("%d operations of %d processes, %d with unknown outcome", len(all), processes, f.unknown())
}

func layouts(t *testing.T, test func(t *testing.T, l cfgmerge.Layout)) {
	for _, l := range []cfgmerge.Layout{cfgmerge.Embedded, cfgmerge.Sidecar} {
		t.Run(l.String(), func(t *testing.T) { test(t, l) })
	}
}

func TestSomeOrderExplainsWhatProcessesSee(t *testing.T) {
	layouts(t, func(t *testing.T, l cfgmerge.Layout) {
		f := fleet{task: task{Layout: l}}
		f.run(t)
		f.explained(t)
		if f.unknown() > 0 {
			t.Errorf("%d operations did not return", f.unknown())
		}
	})
}

func TestSomeOrderExplainsWhatIsSeenBesideKilledProcesses(t *testing.T) {
	layouts(t, func(t *testing.T, l cfgmerge.Layout) {
		f := fleet{task: task{Layout: l}, kill: func(call int) bool { return call%17 == 16 }}
		f.run(t)
		f.explained(t)
		if f.unknown() == 0 {
			t.Error("no process was killed within a write")
		}
	})
}

// What looks for an order must find that there is none.
func TestPlantedProgramsAreFound(t *testing.T) {
	for _, w := range []wrong{unlocked, early, cached} {
		t.Run(string(w), func(t *testing.T) {
			f := fleet{task: task{Layout: cfgmerge.Embedded, Wrong: w}}
			f.run(t)
			if result := porcupine.CheckOperationsTimeout(register, f.operations(), patience); result != porcupine.Illegal {
				t.Errorf("an order explains it: %s", result)
			}
		})
	}
}

// The rules of the search itself.
func TestAnOrderIsFoundExactlyWhereThereIsOne(t *testing.T) {
	w := func(value string, called, returned int64) op {
		return op{Kind: write, Value: value, Called: called, Returned: returned}
	}
	r := func(id, saw string, called, returned int64) op {
		return op{Kind: read, Value: id, Saw: [fieldCount]string{saw}, Called: called, Returned: returned}
	}
	u := func(value, saw string, called, returned int64) op {
		return op{Kind: update, Value: value, Saw: [fieldCount]string{saw}, Called: called, Returned: returned}
	}
	for name, c := range map[string]struct {
		ops  []op
		want bool
	}{
		"a read after a write sees it":                  {[]op{w("1", 1, 2), r("r", "1", 3, 4)}, true},
		"a read after a write misses it":                {[]op{w("1", 1, 2), r("r", "", 3, 4)}, false},
		"a read beside a write misses it":               {[]op{w("1", 1, 4), r("r", "", 2, 3)}, true},
		"two reads see a write, and then not":           {[]op{w("1", 1, 9), r("r", "1", 2, 3), r("s", "", 4, 5)}, false},
		"a killed write is seen late":                   {[]op{w("1", 1, 0), r("r", "", 2, 3), r("s", "1", 4, 5)}, true},
		"a killed write is never seen":                  {[]op{w("1", 1, 0), r("r", "", 2, 3), r("s", "", 4, 5)}, true},
		"a killed write is seen, and then not":          {[]op{w("1", 1, 0), r("r", "1", 2, 3), r("s", "", 4, 5)}, false},
		"two updates had the same before them":          {[]op{u("1", "", 1, 4), u("2", "", 2, 3)}, false},
		"one update follows the other":                  {[]op{u("1", "2", 1, 4), u("2", "", 2, 3)}, true},
		"a killed update says nothing of what it found": {[]op{w("1", 1, 2), u("2", "", 3, 0), r("r", "2", 4, 5)}, true},
	} {
		h := history{}
		for _, o := range c.ops {
			h.add(o)
		}
		for _, model := range []porcupine.Model{register, document} {
			if got := porcupine.CheckOperations(model, h.operations()); got != c.want {
				t.Errorf("%s: %v", name, got)
			}
		}
	}
}
