package main

import (
	"bytes"
	"testing"
	"time"
)

func TestProgressIsToldToThoseWhoWaitASecond(t *testing.T) {
	var said bytes.Buffer
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	p := &pace{screen: &screen{w: &said}, now: func() time.Time { return now }, patience: time.Second}
	p.begin("app.json")
	p.step("shadow")
	if said.Len() > 0 {
		t.Errorf("too early: %s", &said)
	}
	now = now.Add(time.Second)
	p.step("older shadow")
	if got := said.String(); got != "cfgmerge: app.json: looking at older shadow\n" {
		t.Errorf("%q", got)
	}
	said.Reset()
	p.begin("next.json")
	if p.step("file"); said.Len() > 0 {
		t.Errorf("of the next file: %s", &said)
	}
}
