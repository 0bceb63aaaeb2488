//go:build faults

package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Flipping any one rule fails at least one vector. One that survives is a
// vector that is missing.
func TestEachMutantInGoFailsAVector(t *testing.T) {
	vectors, dir := vectorsOf(t), t.TempDir()
	lww, err := filepath.Abs("../lww")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range goMutants() {
		t.Run(m.spec, func(t *testing.T) {
			original := filepath.Join(lww, m.file)
			flipped, binary := filepath.Join(dir, "flipped.go"), filepath.Join(dir, "flipped.exe")
			m.write(t, original, flipped)
			overlay := filepath.Join(dir, "overlay.json")
			text, err := json.Marshal(map[string]map[string]string{"Replace": {original: flipped}})
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(overlay, text, 0o600); err != nil {
				t.Fatal(err)
			}
			build := exec.Command("go", "build", "-ldflags=-s -w", "-overlay", overlay, "-o", binary, "../cmd/cfgmerge")
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("it does not build: %s", out)
			}
			mustFail(t, vectors, binary, "conformance", "--serve")
		})
	}
}

func TestEachMutantInJavaScriptFailsAVector(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	vectors := vectorsOf(t)
	for _, m := range nodeMutants() {
		t.Run(m.spec, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS("node")); err != nil {
				t.Fatal(err)
			}
			m.write(t, filepath.Join("node", m.file), filepath.Join(dir, m.file))
			mustFail(t, vectors, node, filepath.Join(dir, "main.js"))
		})
	}
}

// What nobody has turned round fails none: else the others would prove nothing.
func TestImplementationsWithoutAMutantPass(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "cfgmerge.exe")
	if out, err := exec.Command("go", "build", "-o", binary, "../cmd/cfgmerge").CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	mustPass(t, binary, "conformance", "--serve")
	if node, err := exec.LookPath("node"); err == nil {
		mustPass(t, node, "node/main.js")
	}
}

func mustPass(t *testing.T, command ...string) {
	t.Helper()
	p := &Program{Command: command}
	defer p.Close()
	err := Run(t.Context(), vectorsOf(t), p.Ask, func(o Outcome) {
		if o.Verdict != Passed {
			t.Errorf("%s: %s %s: %q", command[0], o.Verdict, o.Vector.Name, o.Reasons)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// write writes the file with the rule turned round.
func (m mutant) write(t *testing.T, original, to string) {
	t.Helper()
	text, err := os.ReadFile(original)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, []byte(strings.Replace(string(text), m.old, m.new, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func vectorsOf(t *testing.T) []Vector {
	t.Helper()
	vectors, err := Vectors()
	if err != nil {
		t.Fatal(err)
	}
	return vectors
}

// mustFail passes if the program fails a vector. What comes after the first one is not asked.
func mustFail(t *testing.T, vectors []Vector, command ...string) {
	t.Helper()
	p := &Program{Command: command, Timeout: 20 * time.Second}
	defer p.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	noticed := ""
	err := Run(ctx, vectors, p.Ask, func(o Outcome) {
		if o.Verdict == Failed && noticed == "" {
			noticed = fmt.Sprintf("%s notices: %q", o.Vector.Name, o.Reasons[:1])
			cancel()
		}
	})
	switch {
	case noticed != "":
		t.Log(noticed)
	case err != nil:
		t.Fatal(err)
	default:
		t.Error("no vector notices")
	}
}
