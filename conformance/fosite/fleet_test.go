package fosite

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/refresh"
)

// roleVariable makes the test binary a process of a fleet.
const roleVariable = "CFGMERGE_FOSITE_ROLE"

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		if err := play(role); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// part is what a process is told to do.
type part struct {
	Server, Path string
	Naive        bool
	Grace, Pace  time.Duration
	// Turns are how often it asks for the resource; 0 is until all exchanges
	// are made.
	Turns int
	// Rejected makes the process refresh this access token, say what came of
	// it, and end; Resume makes it resume an interrupted rotation.
	Rejected string
	Resume   bool
	// Told is where it says so; empty if nobody wants to know.
	Told string
	// Aimed is the part of its system calls of which one is going to be hit.
	Aimed string
	// Bug is one that is planted; empty is none.
	Bug string
	// Wait bounds the wait for another process that refreshes; 0 is for ever.
	Wait time.Duration
	// Timeout bounds an exchange; 0 is the usual time.
	Timeout time.Duration
}

func play(role string) error {
	var p part
	if err := json.Unmarshal([]byte(role), &p); err != nil {
		return err
	}
	w := newWorker(p.Server)
	w.pace, w.aimed = p.Pace, p.Aimed
	if p.Aimed == onConnections {
		w.base = leading()
	}
	if p.Naive {
		return w.work(context.Background(), &naive{p.Path, w.endpoint()}, p.Turns)
	}
	w.bug = p.Bug
	c, file, err := coordinate(w, p.Path, refresh.Options{Grace: p.Grace, LockTimeout: p.Wait, ExchangeTimeout: p.Timeout})
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if p.Aimed == onFiles {
		lead()
	}
	switch {
	case p.Bug == bugUnlocked:
		access, err := (&naive{p.Path, w.endpoint()}).refresh(context.Background(), p.Rejected)
		return p.tell(refresh.Token{Access: access}, err)
	case p.Resume:
		return p.tell(c.Resume(context.Background()))
	case p.Rejected != "":
		return p.tell(c.Refresh(context.Background(), p.Rejected))
	}
	return w.work(context.Background(), c, p.Turns)
}

const fleetSize = 8

// fleet is eight processes that share one file. The first may be a daemon that
// runs from the beginning to the end; each of the others does a few turns and
// ends, and another one takes its place.
type fleet struct {
	part
	daemon  bool
	witness *witness

	mu      sync.Mutex
	running map[int]*os.Process
	victims map[int]string // of these: in which moment it was killed
	dead    map[int]string // the same, when it has ended
	kills   map[string]int // by moment
	events  map[string]int // by kind
	blamed  []int          // processes that were said to be interrupted
	started int
}

// newFleet logs in at the server and writes the file.
func newFleet(t *testing.T, server http.Handler, exchanges, uses int) *fleet {
	t.Helper()
	f := &fleet{running: map[int]*os.Process{}, victims: map[int]string{}, dead: map[int]string{}, kills: map[string]int{}, events: map[string]int{}}
	f.witness = newWitness(server, exchanges, uses)
	h := httptest.NewServer(f.witness)
	t.Cleanup(h.Close)
	f.Server, f.Path = h.URL, filepath.Join(t.TempDir(), "app.json")
	f.Turns = turns
	if err := f.login(t.Context()); err != nil {
		t.Fatal(err)
	}
	return f
}

// turns of a process that is no daemon.
const turns = 12

func (f *fleet) login(ctx context.Context) error {
	w := newWorker(f.Server)
	c, file, err := coordinate(w, f.Path, refresh.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	token, err := w.login(ctx)
	if err != nil {
		return err
	}
	return c.Login(ctx, token)
}

// killAtRandom lets processes die with these odds in each moment of an
// exchange.
func (f *fleet) killAtRandom(odds float64, seed uint64) {
	f.witness.killer = &killer{odds: odds, rand: rand.New(rand.NewPCG(seed, 0)), kill: f.kill}
}

func (f *fleet) kill(pid int, moment string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := f.running[pid]; p != nil && f.victims[pid] == "" {
		f.victims[pid] = moment
		f.kills[moment]++
		_ = p.Kill()
	}
}

// run lets the fleet make all exchanges.
func (f *fleet) run(t *testing.T) {
	t.Helper()
	for _, err := range f.sail() {
		t.Error(err)
	}
}

// sail returns the errors of processes that ended badly.
func (f *fleet) sail() (wrong []error) {
	done := make(chan error, fleetSize)
	for i := range fleetSize {
		go func() { done <- f.keep(i == 0 && f.daemon) }()
	}
	for range fleetSize {
		if err := <-done; err != nil {
			wrong = append(wrong, err)
		}
	}
	return wrong
}

// keep starts one process after the other, until all is done or one fails.
func (f *fleet) keep(daemon bool) error {
	for !f.witness.isDone() {
		p := f.part
		if daemon {
			p.Turns = 0
		}
		if err := f.start(p); err != nil {
			f.witness.stop()
			return err
		}
	}
	return nil
}

// start runs a process to its end, which is a good one, or a kill.
func (f *fleet) start(p part) error {
	cmd := exec.Command(os.Args[0])
	cmd.Env = p.env()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = f.launch(cmd)
	}
	if err != nil {
		return err
	}
	f.listen(out)
	err = cmd.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.running, cmd.Process.Pid)
	moment := f.victims[cmd.Process.Pid]
	delete(f.victims, cmd.Process.Pid) // another process may get the number
	if moment != "" {
		f.dead[cmd.Process.Pid] = moment
	}
	if err != nil && moment == "" {
		return fmt.Errorf("a process ended badly: %w: %s", err, stderr.String())
	}
	return nil
}

func (p part) env() []string {
	role, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings, numbers and booleans
	}
	return append(os.Environ(), roleVariable+"="+string(role), "GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE"))
}

// launch starts the process before anybody can kill it.
func (f *fleet) launch(cmd *exec.Cmd) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return err
	}
	f.started++
	f.running[cmd.Process.Pid] = cmd.Process
	return nil
}

// listen counts what the process says.
func (f *fleet) listen(out io.Reader) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		kind, detail, _ := strings.Cut(lines.Text(), " ")
		f.mu.Lock()
		f.events[kind]++
		if pid, err := strconv.Atoi(detail); err == nil && kind == eventInterrupted {
			f.blamed = append(f.blamed, pid)
		}
		f.mu.Unlock()
	}
}

// rotations is how many exchanges a test makes.
func rotations(t *testing.T, few int) int {
	t.Helper()
	text := os.Getenv("CFGMERGE_ROTATIONS")
	if text == "" {
		return few
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal("CFGMERGE_ROTATIONS: ", err)
	}
	return n
}
