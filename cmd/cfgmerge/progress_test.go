package main

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"
)

// lines tells of each line that is written to it.
type lines struct {
	mu      sync.Mutex
	text    bytes.Buffer
	written chan struct{}
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() { l.written <- struct{}{} }()
	return l.text.Write(p)
}

func TestProgressIsToldEverMoreRarely(t *testing.T) {
	out := &lines{written: make(chan struct{}, 8)}
	ticks := make(chan time.Time)
	p := startProgress(&screen{w: out}, ticks)
	p.looking("a\x1b[31mb")
	for tick := 1; tick <= 9; tick++ {
		ticks <- time.Time{}
		if tick&(tick-1) == 0 {
			<-out.written
		}
		p.checking(tick, 340)
	}
	p.stop()
	want := `cfgmerge: looking for files in a\u001b[31mb
cfgmerge: checking: 1 of 340 files done
cfgmerge: checking: 3 of 340 files done
cfgmerge: checking: 7 of 340 files done
`
	if got := out.text.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestProgressOfWhatTakesNoTimeIsNotTold(t *testing.T) {
	var out strings.Builder
	p := startProgress(&screen{w: &out}, make(chan time.Time))
	p.looking("dir")
	p.stop()
	if out.String() != "" {
		t.Errorf("got %q", out.String())
	}
}
