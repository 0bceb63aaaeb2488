package scenarios

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/examples/proctest"
)

// Scenario numbers refer to the list of reported data losses that this project
// keeps; the behaviours are also in SPEC.md.

func TestMain(m *testing.M) {
	roles := map[string]proctest.Role{
		"use-context": useContext,
		"save":        save,
	}
	addUnixRoles(roles)
	proctest.Main(m, roles)
}

// Settings hold a secret beside what is none.
type Settings struct {
	Theme        string `json:"theme,omitempty"`
	AccessToken  string `json:"access_token,omitempty"  cfgmerge:"token=login,access"`
	RefreshToken string `json:"refresh_token,omitempty" cfgmerge:"token=login,refresh"`
}

// loggedIn is what the tests save.
var loggedIn = Settings{Theme: "dark", AccessToken: "AT-1", RefreshToken: "RT-1"}

// save is a process that loads the file, waits, and saves another theme.
func save(args []string) int {
	var s Settings
	snap, err := cfgmerge.Load(args[0], &s)
	if err == nil {
		err = proctest.Meet(bufio.NewReader(os.Stdin), "loaded")
	}
	if err == nil {
		s.Theme = args[1]
		err = snap.Save(&s)
	}
	return report(err)
}

// report ends a role.
func report(err error) int {
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// set loads, changes and saves in this process.
func set(t *testing.T, path string, change func(*Settings)) {
	t.Helper()
	var s Settings
	snap, err := cfgmerge.Load(path, &s)
	must(t, err)
	change(&s)
	must(t, snap.Save(&s))
}

func logIn(s *Settings) { *s = loggedIn }

// renameOver is the usual cure for torn files: a temp file, and a rename.
func renameOver(t *testing.T, path, text string) {
	t.Helper()
	temp := filepath.Join(filepath.Dir(path), "usual.tmp")
	must(t, os.WriteFile(temp, []byte(text), 0o644))
	must(t, os.Rename(temp, path))
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	return string(data)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(text), 0o600))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// stateFolder is where the history, the lock and all temp files are.
func stateFolder(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".cfgmerge")
}
