package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// demoTrial is one way tried: the processes, and a reader beside them.
type demoTrial struct {
	way    demoWay
	path   string
	savers []string
	time   time.Duration
	exe    string // what the processes run
}

// demoGrace is how long processes may take to start, to end and to wait for
// each other before the demo gives them up.
const demoGrace = time.Minute

func (t *demoTrial) run(ctx context.Context) (demoTally, error) {
	limit := t.time + demoGrace
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("the processes were not done after %s", limit))
	defer cancel()
	if err := os.Mkdir(filepath.Dir(t.path), 0o700); err != nil {
		return demoTally{}, err
	}
	if err := writeDemoFile(t.path, newDemoConfig(t.savers)); err != nil {
		return demoTally{}, err
	}
	fleet, err := startDemoFleet(ctx, t.savers, t.argv)
	if err != nil {
		return demoTally{}, err
	}
	defer fleet.close()
	watch := t.watch(fleet)
	err = fleet.run(ctx, t.time)
	seen := watch()
	return t.tally(fleet, seen), cmp.Or(context.Cause(ctx), err)
}

// argv is the command line of a process.
func (t *demoTrial) argv(name string) []string {
	return []string{t.exe, demoWorkerName, "--way", t.way.name, "--name", name, "--", t.path}
}

// watch reads the file over and over, without a lock, until the function that
// it returns is called. The last read is made then.
func (t *demoTrial) watch(fleet *demoFleet) (stop func() *demoWatch) {
	w := &demoWatch{}
	stopping, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for last := false; !last; {
			last = isClosed(stopping)
			saved := demoPair(int(fleet.daemon.saved.Load()))
			text, err := os.ReadFile(t.path)
			if !isDemoRefusal(runtime.GOOS, err) {
				w.saw(text, err, saved)
			}
			time.Sleep(rand.N(500 * time.Microsecond))
		}
	}()
	return func() *demoWatch {
		close(stopping)
		<-stopped
		return w
	}
}

// tally counts, when all processes have ended.
func (t *demoTrial) tally(fleet *demoFleet, seen *demoWatch) demoTally {
	daemon := int(fleet.daemon.saved.Load())
	saves, saved := daemon, map[string]int{}
	for _, p := range fleet.savers {
		saved[p.name] = int(p.saved.Load())
		saves += saved[p.name]
	}
	text, err := os.ReadFile(t.path)
	return demoTally{
		Way: t.way.name, Saves: saves, Reads: seen.reads,
		TornReads: seen.tornReads, TornPairs: seen.tornPairs, PutBack: seen.putBack,
		Lost: demoLost(text, err, saved, demoPair(daemon)),
	}
}
