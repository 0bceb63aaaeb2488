package main

import (
	"fmt"
	"sync"
	"time"
)

// progress tells people who wait what is being done: after a second, and then
// ever more rarely.
type progress struct {
	mu   sync.Mutex
	what string

	quit, done chan struct{}
}

// startProgress prints at the first tick, the second, the fourth, and so on.
func startProgress(s *screen, ticks <-chan time.Time) *progress {
	p := &progress{quit: make(chan struct{}), done: make(chan struct{})}
	go p.run(s, ticks)
	return p
}

func (p *progress) run(s *screen, ticks <-chan time.Time) {
	defer close(p.done)
	for tick, next := 1, 1; ; tick++ {
		select {
		case <-p.quit:
			return
		case <-ticks:
		}
		if tick == next {
			next *= 2
			s.note("%s", p.now())
		}
	}
}

func (p *progress) now() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.what
}

func (p *progress) set(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.what = what
}

func (p *progress) looking(dir string) { p.set("looking for files in " + dir) }

func (p *progress) checking(done, of int) {
	p.set(fmt.Sprintf("checking: %d of %s done", done, counted(of, "file")))
}

// stop ends it; nothing is printed after it has returned.
func (p *progress) stop() {
	close(p.quit)
	<-p.done
}
