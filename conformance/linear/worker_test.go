//go:build linux

package linear

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/cfgmerge/cfgmerge"
)

// taskVariable makes the test binary one of the processes.
const taskVariable = "CFGMERGE_LINEAR_TASK"

func TestMain(m *testing.M) {
	var t task
	if text := os.Getenv(taskVariable); text == "" {
		os.Exit(m.Run())
	} else if err := json.Unmarshal([]byte(text), &t); err != nil {
		panic(err)
	}
	if err := t.run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// fields are what the processes share: registers, of which each value is written
// once.
type fields struct {
	A string `json:"a"`
	B string `json:"b"`
	C string `json:"c"`
}

const fieldCount = 3

func (f *fields) at(i int) *string { return [...]*string{&f.A, &f.B, &f.C}[i] }

func (f *fields) all() [fieldCount]string { return [...]string{f.A, f.B, f.C} }

// kind is what an operation does.
type kind string

const (
	read   kind = "read"   // all fields
	write  kind = "write"  // a field, whatever it held
	update kind = "update" // a field, and says what it held
)

// op is an operation as the process tells of it: when it calls, and once more
// with Returned when it is done. A process that is killed tells of the call alone.
type op struct {
	ID       int                `json:"id"`
	Kind     kind               `json:"kind"`
	Field    int                `json:"field"`
	Value    string             `json:"value"`
	Called   int64              `json:"called"`
	Returned int64              `json:"returned,omitempty"`
	Saw      [fieldCount]string `json:"saw"`
}

// task is what one process is told to do.
type task struct {
	Path   string
	Layout cfgmerge.Layout
	Name   string // begins its values
	From   int    // the first operation's number
	To     int
	// Wrong is what the process does not do as it ought to; empty for nothing.
	Wrong wrong
}

// wrong is a program that is planted.
type wrong string

const (
	unlocked wrong = "writes without the lock"
	early    wrong = "loads before it has the lock"
	cached   wrong = "reads from a cache"
)

// moment reads the clock that all processes of a machine share and nobody sets.
func moment() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		panic(err)
	}
	return ts.Nano()
}

// worker does the operations of a task.
type worker struct {
	task
	*rand.Rand
	clock time.Duration // how far its wall clock is off
	file  *cfgmerge.File[fields]
	snap  *cfgmerge.Snapshot
	held  fields // as the snapshot was loaded first; never loaded again
	cache fields
	age   int // of the cache, in reads
}

func (t task) run() error {
	w := worker{task: t, Rand: rand.New(rand.NewPCG(uint64(t.From), uint64(t.Name[0])))}
	o := &cfgmerge.Options{
		Layout: t.Layout, Durability: cfgmerge.NoSync, LockTimeout: -1,
		Now: func() time.Time { return time.Now().Add(w.clock) },
	}
	var err error
	if w.file, err = cfgmerge.Open[fields](t.Path, o); err != nil {
		return err
	}
	if w.snap, err = cfgmerge.LoadContext(context.Background(), t.Path, &w.held, o); err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	for id := t.From; id < t.To; id++ {
		w.clock = []time.Duration{-24 * time.Hour, -time.Second, 0, time.Minute, 240 * time.Hour}[w.IntN(5)]
		o := op{ID: id, Kind: []kind{read, read, write, update}[w.IntN(4)], Field: w.IntN(fieldCount), Value: fmt.Sprint(t.Name, id)}
		o.Called = moment()
		if err := out.Encode(o); err != nil {
			return err
		}
		if err := w.do(&o); err != nil {
			return fmt.Errorf("%s %d: %w", o.Kind, id, err)
		}
		o.Returned = moment()
		if err := out.Encode(o); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) do(o *op) error {
	switch {
	case o.Kind == read:
		now, err := w.read()
		o.Saw = now.all()
		return err
	case w.Wrong == unlocked:
		return w.replace(o)
	case o.Kind == write:
		now := w.held
		*now.at(o.Field) = o.Value
		return w.snap.Save(&now)
	case w.Wrong == early:
		now, err := w.load()
		if err != nil {
			return err
		}
		return w.set(o, func(*fields) [fieldCount]string { return now.all() })
	}
	return w.set(o, (*fields).all)
}

// set writes the field under the lock and says what it held.
func (w *worker) set(o *op, seen func(*fields) [fieldCount]string) error {
	return w.file.Update(context.Background(), func(f *fields) error {
		o.Saw = seen(f)
		*f.at(o.Field) = o.Value
		return nil
	})
}

func (w *worker) load() (f fields, err error) {
	_, err = cfgmerge.Load(w.Path, &f)
	return f, err
}

// maxAge is how many reads the wrong cache answers.
const maxAge = 8

func (w *worker) read() (fields, error) {
	if w.Wrong != cached {
		return w.load()
	}
	var err error
	if w.age%maxAge == 0 {
		w.cache, err = w.load()
	}
	w.age++
	return w.cache, err
}

// replace is what programs do that know no lock.
func (w *worker) replace(o *op) error {
	now, err := w.load()
	if err != nil {
		return err
	}
	o.Saw = now.all()
	*now.at(o.Field) = o.Value
	text, err := json.Marshal(&now)
	if err != nil {
		return err
	}
	temp := w.Path + "." + w.Name
	if err := os.WriteFile(temp, text, 0o600); err != nil {
		return err
	}
	return os.Rename(temp, w.Path)
}

// told reads what a process tells, line by line.
func told(lines *bufio.Scanner, fn func(op)) error {
	for lines.Scan() {
		var o op
		if json.Unmarshal(lines.Bytes(), &o) != nil {
			continue // the last line of a killed process
		}
		fn(o)
	}
	return lines.Err()
}
