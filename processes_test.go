package cfgmerge

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// fleet is what the processes of these tests share: each owns one field, and
// the pair belongs to whoever rotates it.
type fleet struct {
	Access  string `json:"access_token" cfgmerge:"group=pair"`
	Refresh string `json:"refresh_token" cfgmerge:"group=pair"`
	F0      int    `json:"f0"`
	F1      int    `json:"f1"`
	F2      int    `json:"f2"`
	F3      int    `json:"f3"`
	F4      int    `json:"f4"`
	F5      int    `json:"f5"`
	F6      int    `json:"f6"`
	F7      int    `json:"f7"`
}

func (f *fleet) own(i int) *int {
	return [...]*int{&f.F0, &f.F1, &f.F2, &f.F3, &f.F4, &f.F5, &f.F6, &f.F7}[i]
}

const fleetSize = 8

// saverRole loads once, keeps its first struct, and saves copies of it that
// differ in the process's own field. Each save is announced before and
// acknowledged after it. Process 0 rotates the pair as well.
func saverRole(args []string) {
	path, me, from, to := args[0], atoi(args[1]), atoi(args[2]), atoi(args[3])
	var first fleet
	snap, err := LoadContext(context0(), path, &first, &Options{LockTimeout: -1, Durability: NoSync})
	for n := from; n <= to && err == nil; n++ {
		now := first
		*now.own(me) = n
		if me == 0 {
			now.Access, now.Refresh = fmt.Sprint("AT-", n), fmt.Sprint("RT-", n)
		}
		fmt.Println("try", n)
		if err = snap.Save(&now); err == nil {
			fmt.Println("ack", n)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

// saver is one such process, restarted where it was when it is killed.
type saver struct {
	path   string
	me, to int

	mu         sync.Mutex
	cmd        *exec.Cmd
	tried, ack int
}

func (s *saver) start() (*exec.Cmd, io.Reader, *bytes.Buffer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	cmd := exec.Command(os.Args[0], s.path, strconv.Itoa(s.me), strconv.Itoa(s.ack+1), strconv.Itoa(s.to))
	cmd.Env = append(os.Environ(), roleVariable+"=saver")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	s.cmd = cmd
	return cmd, out, &stderr, err
}

// run keeps the process going until all its saves are acknowledged.
func (s *saver) run() error {
	for s.acked() < s.to {
		cmd, out, stderr, err := s.start()
		if err != nil {
			return err
		}
		for lines := bufio.NewScanner(out); lines.Scan(); {
			s.note(lines.Text())
		}
		if err := cmd.Wait(); err != nil && cmd.ProcessState.Exited() {
			return fmt.Errorf("saver %d: %v: %s", s.me, err, stderr)
		}
	}
	return nil
}

func (s *saver) note(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var n int
	if _, err := fmt.Sscanf(line, "ack %d", &n); err == nil {
		s.ack = n
	} else if _, err := fmt.Sscanf(line, "try %d", &n); err == nil {
		s.tried = n
	}
}

func (s *saver) acked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ack
}

func (s *saver) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd != nil && s.cmd.Process != nil {
		_ = s.cmd.Process.Kill()
	}
}

// watch reads the file, as a program that knows nothing of cfgmerge does, until
// stop, and returns what it saw that must never be seen.
func watch(path string, stop *atomic.Bool) (reads int, wrong []string) {
	highest := 0
	for !stop.Load() {
		data, err := os.ReadFile(path)
		if err != nil {
			wrong = append(wrong, err.Error())
			continue
		}
		reads++
		var now fleet
		if err := json.Unmarshal(data, &now); err != nil {
			wrong = append(wrong, "torn file")
			continue
		}
		var a, r int
		_, _ = fmt.Sscanf(now.Access, "AT-%d", &a)
		_, _ = fmt.Sscanf(now.Refresh, "RT-%d", &r)
		if a != r {
			wrong = append(wrong, fmt.Sprintf("torn pair: AT-%d with RT-%d", a, r))
		}
		if r < highest {
			wrong = append(wrong, fmt.Sprintf("RT-%d after RT-%d", r, highest))
		}
		highest = max(highest, r)
	}
	return reads, wrong
}

func TestStaleProcessesKilledAtRandomLoseAndTearNothing(t *testing.T) {
	saves := 60
	if testing.Short() {
		saves = 10
	}
	if n := os.Getenv("CFGMERGE_SAVES"); n != "" {
		saves = atoi(n)
	}
	path := filepath.Join(t.TempDir(), "app.json")
	seed(t, path, `{"access_token":"AT-0","refresh_token":"RT-0"}`)

	var savers []*saver
	for i := range fleetSize {
		savers = append(savers, &saver{path: path, me: i, to: saves})
	}
	var stop atomic.Bool
	watched := make(chan []string)
	reads := 0
	go func() {
		n, wrong := watch(path, &stop)
		reads = n
		watched <- wrong
	}()
	done := make(chan error, fleetSize)
	for _, s := range savers {
		go func() { done <- s.run() }()
	}
	kills := 0
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for left := fleetSize; left > 0; {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			left--
		case <-tick.C:
			savers[kills%fleetSize].kill()
			kills++
		}
	}
	stop.Store(true)
	for i, wrong := range <-watched {
		if i < 10 {
			t.Error("a reader saw: ", wrong)
		}
	}
	var last fleet
	if _, err := Load(path, &last); err != nil {
		t.Fatal(err)
	}
	for i, s := range savers {
		if got := *last.own(i); got < s.ack || got > s.tried {
			t.Errorf("field %d is %d: acknowledged %d, tried %d", i, got, s.ack, s.tried)
		}
	}
	if want := fmt.Sprint("RT-", saves); last.Refresh != want {
		t.Errorf("the pair ends with %s, not %s", last.Refresh, want)
	}
	checkFolder(t, path)
	t.Logf("%d processes × %d saves, %d kills, %d reads", fleetSize, saves, kills, reads)
}

// checkFolder verifies that nothing of what killed processes began is left
// after one more save.
func checkFolder(t *testing.T, path string) {
	t.Helper()
	doc, err := OpenDoc(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Update(context0(), setField("/swept", "true")); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".app.json.cfgmerge", ".*-*-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left over: %v %v", left, err)
	}
}
