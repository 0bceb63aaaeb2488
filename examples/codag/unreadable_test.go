package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cfgmerge/cfgmerge"
)

// unreadable are files that hold a token and can't be taken for a Config.
var unreadable = []struct{ reason, text string }{
	{"truncated", `{"refresh_token": "RT-1", "upd`},
	{"garbage after the document", `{"refresh_token": "RT-1"}}`},
	{"two documents", `{"refresh_token": "RT-1"}{}`},
	{"not an object", `["RT-1"]`},
	{"lost blocks", "\x00\x00\x00\x00 RT-1"},
}

// Scenario 7: every command leaves an unreadable file as it is.
func TestASaveAfterAParseErrorLeavesTheBytes(t *testing.T) {
	for _, row := range unreadable {
		t.Run(row.reason, func(t *testing.T) {
			m := newMachine(t)
			m.write(row.text)
			for _, command := range []string{"login", "refresh", "check-update", "id", "anon", "status"} {
				m.fail(command)
			}
			if m.text() != row.text {
				t.Errorf("the file is now %q", m.text())
			}
			m.run("-naive", "id")
			if strings.Contains(m.text(), "RT-1") {
				t.Error("the naive way kept what it could not read")
			}
		})
	}
}

// Scenario 7: a file that is sound, but not what this version expects.
func TestASaveAfterATypeErrorLeavesTheBytes(t *testing.T) {
	const text = `{"refresh_token": "RT-1", "update": "never"}`
	m := newMachine(t)
	m.write(text)
	for _, command := range []string{"login", "check-update", "status"} {
		m.fail(command)
	}
	if m.text() != text {
		t.Errorf("the file is now %q", m.text())
	}
}

// Scenario 7, for a program that goes on after the error.
func TestTheSnapshotOfAFailedLoadNeverSaves(t *testing.T) {
	m := newMachine(t)
	const text = `{"refresh_token": "RT-1"`
	m.write(text)
	cfg := Config{AnonToken: "ANON-1"}
	snap, err := cfgmerge.Load(m.path, &cfg)
	var corrupt *cfgmerge.CorruptError
	if !errors.As(err, &corrupt) {
		t.Fatalf("got %v, not a CorruptError", err)
	}
	if cfg != (Config{AnonToken: "ANON-1"}) {
		t.Errorf("the load touched the value: %+v", cfg)
	}
	cfg.DistinctID = "new"
	if again := snap.Save(&cfg); !errors.Is(again, err) {
		t.Errorf("the save returned %v", again)
	}
	if m.text() != text {
		t.Errorf("the file is now %q", m.text())
	}
	m.wantAlone()
}

// wantAlone wants nothing beside the file.
func (m *machine) wantAlone() {
	m.Helper()
	entries, err := os.ReadDir(filepath.Dir(m.path))
	if err != nil {
		m.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(m.path) {
			m.Errorf("%s was made", e.Name())
		}
	}
}

// Scenario 7: an open that fails is no missing file.
func TestADirectoryInPlaceOfTheFileIsNoEmptyConfig(t *testing.T) {
	m := newMachine(t)
	if err := os.Mkdir(m.path, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"login", "check-update", "status"} {
		m.fail(command)
	}
	if info := m.stat(); !info.IsDir() {
		t.Error("the directory is gone")
	}
	m.wantAlone()
}

// Scenario 7, with a state folder: damage is mended, not taken for a reset.
func TestATornFileIsMendedFromTheLastGoodState(t *testing.T) {
	m := loggedIn(t)
	torn := m.text()[:30]
	m.write(torn)
	m.run("status")
	if m.text() != torn {
		t.Error("a read wrote")
	}
	m.run("check-update")
	m.wantPair("1")
	if m.config().Update.LastChecked.IsZero() {
		t.Error("the check is not saved")
	}
}
