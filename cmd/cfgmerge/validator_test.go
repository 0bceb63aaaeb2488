package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestWithoutTheProgramThatComparesThereIsARemedy(t *testing.T) {
	t.Setenv("PATH", "")
	_, err := newValidator(context.Background(), autoSchema)
	if err == nil || !strings.Contains(err.Error(), validatorName) || !strings.Contains(hintFor(err), "go install") {
		t.Errorf("got %v, %s", err, hintFor(err))
	}
}

// A program that ends in the middle must not count as one that has found
// nothing, and what it says may hold values.
func TestAProgramThatFailsIsAnError(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a script stands in for the program")
	}
	for _, script := range []string{"echo CANARY >&2; exit 1", "echo CANARY", "exit 0", "kill -9 $$"} {
		program := filepath.Join(t.TempDir(), validatorName)
		if err := os.WriteFile(program, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		v := &validator{program: program, text: []byte("{}")}
		breaches, err := v.rules(context.Background(), "app.json")([]byte("{}"))
		if err == nil || strings.Contains(err.Error(), "CANARY") || len(breaches) > 0 {
			t.Errorf("%s: got %v, %v", script, breaches, err)
		}
	}
}

func TestAComparisonEndsWithItsContext(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a script stands in for the program")
	}
	program := filepath.Join(t.TempDir(), validatorName)
	if err := os.WriteFile(program, []byte("#!/bin/sh\nexec tail -f /dev/null\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	v := &validator{program: program, text: []byte("{}")}
	if _, err := v.rules(ctx, "app.json")([]byte("{}")); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("got %v", err)
	}
}
