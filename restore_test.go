package cfgmerge

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// setAsideDesk quarantines text by damaging the file with it, and repairs.
func setAsideDesk(t *testing.T, path, damaged string) string {
	t.Helper()
	seed(t, path, damaged)
	mustRepair(t, path, RepairOptions{})
	return quarantineOf(t, path)[0].Name
}

func mustRestore(t *testing.T, path string, o RestoreOptions) RestoreReport {
	t.Helper()
	d, err := OpenDoc(path, impatient())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	r, err := d.Restore(context0(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestARestoredPairBeginsANewEraAndIsWhole(t *testing.T) {
	path, saved := savedDesk(t, t.TempDir())
	old := strings.NewReplacer("AT-CANARY-2", "AT-OLD", "RT-CANARY-2", "RT-OLD").Replace(saved)
	name := setAsideDesk(t, path, old[:strings.Index(old, `"port"`)])
	d, err := OpenDoc(path, impatient())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Update(context0(), setField("/auth/refresh_token", `"RT-NEW"`)); err != nil {
		t.Fatal(err)
	}
	r := mustRestore(t, path, RestoreOptions{Name: name, Pointers: []string{"/auth/access_token"}})
	got := leavesIn(t, []byte(text(t, path)))
	if !slices.Equal(r.Fields, []string{"auth"}) || got["/auth/access_token"] != `"AT-OLD"` || got["/auth/refresh_token"] != `"RT-OLD"` {
		t.Errorf("%v", r.Fields)
	}
	state, err := d.Group(context0(), GroupRef{Name: "auth"})
	if err != nil || state.Generation != 0 || state.reg.Era != state.reg.Stamp {
		t.Errorf("%v, generation %d", err, state.Generation)
	}
	entries, err := d.Journal(context0())
	if err != nil || entries[len(entries)-1].Kind != KindRestore {
		t.Error("the journal does not say that it was a restore")
	}
}

func TestHalfAPairIsNotRestored(t *testing.T) {
	path, saved := savedDesk(t, t.TempDir())
	old := strings.ReplaceAll(saved, "AT-CANARY-2", "AT-OLD")
	name := setAsideDesk(t, path, old[:strings.Index(old, `"refresh_token"`)])
	r := mustRestore(t, path, RestoreOptions{Name: name})
	if !slices.Equal(r.Torn, []string{"auth"}) || r.Changed || text(t, path) != saved {
		t.Errorf("%+v", r)
	}
}

func TestADryRestoreChangesNothingAndSaysTheSame(t *testing.T) {
	path, saved := savedDesk(t, t.TempDir())
	name := setAsideDesk(t, path, strings.Replace(saved, `"dark"`, `"old"`, 1)[:40])
	d, err := OpenDoc(path, impatient())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Update(context0(), setField("/theme", `"new"`)); err != nil {
		t.Fatal(err)
	}
	before := text(t, path)
	dry := mustRestore(t, path, RestoreOptions{Name: name, DryRun: true})
	if text(t, path) != before || !dry.Changed {
		t.Errorf("%+v", dry)
	}
	wet := mustRestore(t, path, RestoreOptions{Name: name})
	if !slices.Equal(dry.Fields, wet.Fields) || leavesIn(t, []byte(text(t, path)))["/theme"] != `"old"` {
		t.Errorf("%v, then %v", dry.Fields, wet.Fields)
	}
}

func TestOnlyWhatIsInQuarantineCanBeRestored(t *testing.T) {
	path, saved := savedDesk(t, t.TempDir())
	name := setAsideDesk(t, path, saved[:100])
	d, err := OpenDoc(path, impatient())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		o    RestoreOptions
		want error
	}{
		{RestoreOptions{Name: "../" + "shadow.0"}, ErrNotQuarantined},
		{RestoreOptions{Name: ""}, ErrNotQuarantined},
		{RestoreOptions{Name: "19990101"}, ErrNotQuarantined},
		{RestoreOptions{Name: name, Pointers: []string{"/nowhere"}}, ErrNotInText},
	} {
		if _, err := d.Restore(context0(), tt.o); !errors.Is(err, tt.want) {
			t.Errorf("%q: %v", tt.o.Name, err)
		}
	}
}

func TestAFieldMadeOnceIsRestoredAllTheSame(t *testing.T) {
	path, _ := savedDesk(t, t.TempDir())
	type once struct {
		ID string `json:"id" cfgmerge:"first"`
	}
	f, err := Open[once](path, impatient())
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Update(context0(), func(v *once) error { v.ID = "mine"; return nil }); err != nil {
		t.Fatal(err)
	}
	name := setAsideDesk(t, path, `{"id": "other", "x`)
	mustRestore(t, path, RestoreOptions{Name: name, Pointers: []string{"/id"}})
	if got := leavesIn(t, []byte(text(t, path)))["/id"]; got != `"other"` {
		t.Errorf("%s", got)
	}
}
