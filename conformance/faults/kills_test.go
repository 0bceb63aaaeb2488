package faults

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge"
)

// Tests that need several processes start this binary again.
const writerVariable = "CFGMERGE_FAULTS_WRITER"

func TestMain(m *testing.M) {
	if path := os.Getenv(writerVariable); path != "" {
		write(path, os.Args[1], os.Args[2])
		return
	}
	os.Exit(m.Run())
}

// write saves ever greater numbers in a field. It says what it is going to
// write before, and what is acknowledged after, each save.
func write(path, field, last string) {
	n, err := strconv.Atoi(last)
	file, openErr := cfgmerge.Open[map[string]int](path, &cfgmerge.Options{
		Layout: cfgmerge.Embedded, Durability: cfgmerge.NoSync, LockTimeout: time.Minute})
	if err != nil || openErr != nil {
		panic(fmt.Sprint(err, openErr))
	}
	for {
		n++
		fmt.Println("intend", n)
		err := file.Update(context.Background(), func(m *map[string]int) error {
			(*m)[field] = n
			return nil
		})
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		fmt.Println("ack", n)
	}
}

// writer is a field with its process, one after the other.
type writer struct {
	field         string
	intended, ack int
}

// live starts a process and kills it at some time after it has begun to save.
func (w *writer) live(path string, delay time.Duration) error {
	cmd := exec.Command(os.Args[0], w.field, strconv.Itoa(w.intended))
	cmd.Env = append(os.Environ(), writerVariable+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	var timer *time.Timer
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var n int
		if _, err := fmt.Sscanf(lines.Text(), "intend %d", &n); err == nil {
			w.intended = n
			if timer == nil {
				timer = time.AfterFunc(delay, func() { _ = cmd.Process.Kill() })
			}
		} else if _, err := fmt.Sscanf(lines.Text(), "ack %d", &n); err == nil {
			w.ack = n
		}
	}
	if err := cmd.Wait(); cmd.ProcessState.Exited() {
		return fmt.Errorf("a writer ended by itself: %w", err)
	}
	return nil
}

// killAll has writers killed again and again, and counts what is wrong with
// the file in the end, or was in between.
func killAll(path string, kills int) (y *tally, acknowledged int, err error) {
	writers := []*writer{{field: "a"}, {field: "b"}, {field: "c"}, {field: "d"}}
	y = &tally{name: "killed at random", runs: kills}
	var left atomic.Int64
	left.Store(int64(kills))
	var mu sync.Mutex
	var group sync.WaitGroup
	for _, w := range writers {
		group.Go(func() {
			for left.Add(-1) >= 0 {
				failure := w.live(path, time.Duration(rand.Int64N(int64(8*time.Millisecond))))
				mu.Lock()
				if failure != nil {
					err = failure
				}
				if data, readErr := os.ReadFile(path); readErr == nil && !json.Valid(data) {
					y.add(violation{torn, "the file does not parse"}, "after a kill")
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	var now map[string]int
	if _, loadErr := cfgmerge.Load(path, &now); loadErr != nil {
		return y, 0, loadErr
	}
	for _, w := range writers {
		acknowledged += w.ack
		switch where := fmt.Sprintf("%s is %d: acknowledged %d, intended %d", w.field, now[w.field], w.ack, w.intended); {
		case now[w.field] < w.ack:
			y.add(violation{missing, where}, "in the end")
		case now[w.field] > w.intended:
			y.add(violation{wrong, where}, "in the end")
		}
	}
	return y, acknowledged, err
}

// killings is how often writers are killed.
func killings() int {
	if n, err := strconv.Atoi(os.Getenv("CFGMERGE_KILLS")); err == nil {
		return n
	}
	return 24
}

func TestWritersKilledAtRandomLoseNothingAcknowledged(t *testing.T) {
	for place, dir := range places(t) {
		y, acknowledged, err := killAll(filepath.Join(dir, "app.json"), killings())
		if err != nil {
			t.Error(err)
		}
		y.report(t)
		t.Logf("%s: %d kills, %d saves acknowledged", place, y.runs, acknowledged)
	}
}

// places are directories on the file systems on which the attacks take place.
func places(t testing.TB) map[string]string {
	t.Helper()
	found := map[string]string{"disk": t.TempDir()}
	dir, err := os.MkdirTemp("/dev/shm", "cfgmerge-faults-")
	if err != nil {
		t.Logf("left out: there is no tmpfs at /dev/shm: %v", err)
		return found
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	found["tmpfs"] = dir
	return found
}
