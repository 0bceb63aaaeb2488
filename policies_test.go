package cfgmerge

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/schema"
)

// setTo returns the change that sets a field of the root.
func setTo(key, value string) Edit {
	return func(d *lww.Document, w lww.Writer) error {
		return d.Write(w, lww.Change{Path: []string{key}, Want: &lww.View{Leaf: value}})
	}
}

func built(t *testing.T, b *schema.Builder) lww.Table {
	t.Helper()
	table, err := b.Table()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestAnUntypedProgramMergesUnderItsPolicies(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.json")
	doc, err := OpenDoc(path, &Options{Policies: built(t, new(schema.Builder).First("/id"))})
	if err != nil {
		t.Fatal(err)
	}
	defer doc.Close()
	for _, value := range []string{`"one"`, `"two"`} {
		if err := doc.Update(context.Background(), setTo("id", value)); err != nil {
			t.Fatal(err)
		}
	}
	state, err := doc.Load(context.Background())
	if err != nil || state.View().Kid("id").Leaf != `"one"` || state.Policies["/id"].Kind != lww.First {
		t.Errorf("got %v, %v", state.View().JSON(), err)
	}
	// They are in the file, for all who come later.
	plain, err := OpenDoc(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if state, err := plain.Load(context.Background()); err != nil || state.Policies["/id"].Kind != lww.First {
		t.Errorf("got %v, %v", state.Policies, err)
	}
}

func TestOfTagsAndOptionsTheHigherRankWins(t *testing.T) {
	type config struct {
		A int `json:"a" cfgmerge:"first"`
		B int `json:"b" cfgmerge:"max"`
		C int `json:"c"`
	}
	path := filepath.Join(t.TempDir(), "app.json")
	if err := os.WriteFile(path, []byte(`{"A": 1, "b": 2, "c": 3}`), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open[config](path, &Options{Policies: built(t, new(schema.Builder).Max("/a").First("/b").Min("/c"))})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	state, err := f.Doc().Load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]lww.Kind{"/A": lww.Max, "/b": lww.Max, "/c": lww.Min} {
		if got := state.Policies[name].Kind; got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// Each of its members is a change of its own, and the first to be written would
// keep the others out.
func TestAStructThatIsMadeOnceIsWrittenWhole(t *testing.T) {
	type config struct {
		Device struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		} `json:"device" cfgmerge:"first"`
	}
	path := filepath.Join(t.TempDir(), "app.json")
	var c config
	snapshot, err := Load(path, &c)
	if err != nil {
		t.Fatal(err)
	}
	c.Device.ID, c.Device.Name = "d-1", "box"
	if err := snapshot.Save(&c); err != nil {
		t.Fatal(err)
	}
	var again config
	if _, err := Load(path, &again); err != nil || again != c {
		t.Errorf("got %+v, %v", again, err)
	}
}

func TestPoliciesThatMakeNoSenseAreRefused(t *testing.T) {
	bad := &Options{Policies: lww.Table{"/a": {Kind: lww.Max, At: lww.Pattern{{Key: "b"}}}}}
	doc, err := OpenDoc("app.json", bad)
	var be *BuildError
	if doc != nil || !errors.As(err, &be) || be.At != "/a" {
		t.Errorf("got %v, %v", doc, err)
	}
	if _, err := Open[struct{}]("app.json", bad); !errors.As(err, &be) {
		t.Errorf("got %v", err)
	}
}
