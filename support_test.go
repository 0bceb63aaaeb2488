package cfgmerge

import (
	"context"
	"os"
	"testing"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

func context0() context.Context { return context.Background() }

func seed(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func text(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// setField returns a change that sets one field to a JSON text; an empty text
// removes it.
func setField(pointer, raw string) func(*lww.Document, lww.Writer) error {
	return func(d *lww.Document, w lww.Writer) error {
		path, err := strictjson.SplitPointer(pointer)
		if err != nil {
			return err
		}
		change := lww.Change{Path: path}
		if raw != "" {
			tree, err := strictjson.Parse([]byte(raw), strictjson.Limits{})
			if err != nil {
				return err
			}
			change.Want = lww.ViewOf(tree.Root())
		}
		return d.Write(w, change)
	}
}
