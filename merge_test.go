package cfgmerge_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/lww"
)

func openText(t *testing.T, text string) (*cfgmerge.Doc, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "app.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	doc, err := cfgmerge.OpenDoc(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return doc, path
}

// The digest of 1 at /n under the salt s, at the zero stamp.
func withID(id string) string {
	doc := &lww.Document{ID: id, Salt: "s"}
	doc.Put("/n", lww.Register{Value: "1"})
	return string(doc.Canonical())
}

func TestMergeRefusesAnotherDocumentUnlessForced(t *testing.T) {
	ctx := context.Background()
	a, _ := openText(t, withID("aaa"))
	b, pathB := openText(t, withID("bbb"))
	var other *cfgmerge.IdentityError
	_, err := cfgmerge.Merge(ctx, cfgmerge.MergeRules{}, a, b)
	if !errors.As(err, &other) || !strings.Contains(err.Error(), pathB) {
		t.Errorf("got %v, want an *IdentityError that names %s", err, pathB)
	}
	doc, err := cfgmerge.Merge(ctx, cfgmerge.MergeRules{Force: true}, b, a)
	if err != nil || doc.ID != "aaa" {
		t.Errorf("got id %q, %v; want the smaller one", doc.ID, err)
	}
}

// Nothing but the id differed, and the save took that for nothing at all: the
// two files stayed different documents.
func TestMergeIntoAFileWithEqualFieldsKeepsTheSmallerID(t *testing.T) {
	doc, path := openText(t, withID("bbb"))
	other, err := cfgmerge.DecodeText([]byte(withID("aaa")))
	if err != nil {
		t.Fatal(err)
	}
	change := cfgmerge.MergeRules{Force: true}.Into(other)
	if steps, err := doc.Preview(context.Background(), change); len(steps) == 0 || err != nil {
		t.Errorf("the preview says %v, %v", steps, err)
	}
	if err := doc.Update(context.Background(), change); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(path)
	if !strings.Contains(string(text), `"id":"aaa"`) {
		t.Errorf("left %s", text)
	}
}

func TestMergeAsksBeforeItTakesStampsFromTheFuture(t *testing.T) {
	ctx := context.Background()
	poisoned := &lww.Document{ID: "aaa", Salt: "s"}
	poisoned.Put("/n", lww.Register{Value: "1", Stamp: lww.NewStamp(0, time.Now().Add(6*time.Minute).UnixMilli(), 0, 1)})
	poisoned.Put("/fine", lww.Register{Value: "1", Stamp: lww.NewStamp(0, time.Now().Add(4*time.Minute).UnixMilli(), 0, 1)})
	a, _ := openText(t, string(poisoned.Canonical()))
	var future *cfgmerge.FutureError
	if _, err := cfgmerge.Merge(ctx, cfgmerge.MergeRules{}, a); !errors.As(err, &future) || len(future.Fields) != 1 || future.Fields[0] != "/n" {
		t.Errorf("got %v, want a *FutureError about /n", err)
	}
	if _, err := cfgmerge.Merge(ctx, cfgmerge.MergeRules{AllowFuture: true}, a); err != nil {
		t.Error(err)
	}
}

func TestMergeOfAMissingFileIsAnError(t *testing.T) {
	doc, err := cfgmerge.OpenDoc(filepath.Join(t.TempDir(), "none.json"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cfgmerge.Merge(context.Background(), cfgmerge.MergeRules{}, doc); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
