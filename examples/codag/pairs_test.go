package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/examples/proctest"
)

// stamps returns the stamp of each entry in the file's block.
func stamps(t *testing.T, text string) map[string]string {
	t.Helper()
	var file struct {
		Block struct {
			At map[string]json.RawMessage `json:"at"`
		} `json:"$cfgmerge"`
	}
	if err := json.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for key, entry := range file.Block.At {
		out[key] = strings.Trim(strings.SplitN(string(entry), ",", 2)[0], `[" ]`)
	}
	return out
}

// loginLoop logs in again and again: args are the file, the way, this
// process's name and how often.
func loginLoop(args []string) int {
	path, way, name := args[0], load, args[2]
	if args[1] == "naive" {
		way = loadNaively
	}
	times, err := strconv.Atoi(args[3])
	if err == nil {
		err = proctest.Meet(stdin(), "ready")
	}
	for i := 0; i < times && err == nil; i++ {
		var cfg Config
		var save func() error
		if save, err = way(path, &cfg); err == nil {
			cfg.AccessToken, cfg.RefreshToken = fmt.Sprintf("AT-%s-%d", name, i), fmt.Sprintf("RT-%s-%d", name, i)
			err = save()
		}
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// sightings counts what readers see.
type sightings struct {
	good, torn, mixed int
}

func (s *sightings) add(t *sightings) {
	s.good, s.torn, s.mixed = s.good+t.good, s.torn+t.torn, s.mixed+t.mixed
}

func (s *sightings) count(cfg Config, err error) {
	at, hasAT := strings.CutPrefix(cfg.AccessToken, "AT-")
	rt, hasRT := strings.CutPrefix(cfg.RefreshToken, "RT-")
	switch {
	case err != nil || !hasAT || !hasRT:
		s.torn++
	case at != rt:
		s.mixed++
	default:
		s.good++
	}
}

// readPlain reads as a program does that has never heard of cfgmerge.
func readPlain(path string) (cfg Config, err error) {
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &cfg)
	}
	return cfg, err
}

func readLoaded(path string) (cfg Config, err error) {
	_, err = cfgmerge.Load(path, &cfg)
	return cfg, err
}

// watch reads until done is closed, and at least once.
func watch(path string, read func(string) (Config, error), done <-chan struct{}) *sightings {
	s := &sightings{}
	for {
		s.count(read(path))
		select {
		case <-done:
			return s
		default:
		}
	}
}

// race lets processes log in at the same time while readers look on.
func (m *machine) race(way string, processes, saves int) sightings {
	m.Helper()
	var writers []*proctest.Process
	for i := range processes {
		p := proctest.Start(m.T, "loop", m.path, way, strconv.Itoa(i), strconv.Itoa(saves))
		p.Expect("ready")
		writers = append(writers, p)
	}
	done := make(chan struct{})
	seen := make(chan *sightings)
	readers := []func(string) (Config, error){readPlain, readPlain, readLoaded}
	for _, read := range readers {
		go func() { seen <- watch(m.path, read, done) }()
	}
	var all sync.WaitGroup
	for _, p := range writers {
		all.Go(func() {
			if out, said, code := p.End(); code != 0 {
				m.Errorf("a writer failed: %s%s", out, said)
			}
		})
	}
	all.Wait()
	close(done)
	var sum sightings
	for range readers {
		sum.add(<-seen)
	}
	return sum
}

// Scenario 4.
func TestNoReaderEverSeesHalfOfAPair(t *testing.T) {
	m := loggedIn(t)
	seen := m.race("cfgmerge", 6, 25)
	if seen.torn > 0 || seen.mixed > 0 || seen.good == 0 {
		t.Errorf("%d whole pairs, %d torn files, %d mixed pairs", seen.good, seen.torn, seen.mixed)
	}
	var last sightings
	if last.count(m.config(), nil); last.good != 1 {
		t.Error("the last pair is none")
	}
	// How the old way fares depends on the scheduler; the next test does not.
	naive := loggedIn(t).race("naive", 6, 25)
	t.Logf("naively: %d whole pairs, %d torn files, %d mixed pairs", naive.good, naive.torn, naive.mixed)
}

// Scenario 4, the bug: os.WriteFile truncates before it writes. Here the
// writer is stopped in between.
func TestNaivelyAReaderSeesAnEmptyFile(t *testing.T) {
	m := loggedIn(t)
	file, err := os.OpenFile(m.path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var seen sightings
	seen.count(readPlain(m.path))
	if seen.torn != 1 {
		t.Error("the counter of torn files does not count")
	}
	var cfg Config
	if _, err := loadNaively(m.path, &cfg); err != nil || cfg != (Config{}) {
		t.Errorf("got %+v, %v", cfg, err)
	}
	if cfg, err := readLoaded(m.path); err != nil || cfg.RefreshToken != "RT-1" {
		t.Errorf("cfgmerge did not fall back to the last good state: %v", err)
	}
}
