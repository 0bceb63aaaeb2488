package scenarios

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/cfgmerge/cfgmerge/examples/proctest"
)

// links are ways in which a config file is a link into a folder of dotfiles.
var links = []struct {
	reason string
	target func(dotfiles string) string // what the link says
	exists bool                         // the file that it leads to
}{
	{"absolute", func(d string) string { return filepath.Join(d, "settings.json") }, true},
	{"relative", func(string) string { return filepath.Join("..", "dotfiles", "settings.json") }, true},
	{"through another link", func(string) string { return filepath.Join("..", "dotfiles", "link.json") }, true},
	{"dangling", func(d string) string { return filepath.Join(d, "settings.json") }, false},
	{"dangling and relative", func(string) string { return filepath.Join("..", "dotfiles", "settings.json") }, false},
	{"dangling through another link", func(string) string { return filepath.Join("..", "dotfiles", "link.json") }, false},
}

// linked makes app/config.json a link, and returns it and dotfiles/settings.json.
func linked(t *testing.T, target func(string) string, exists bool) (link, file string) {
	t.Helper()
	root := t.TempDir()
	dotfiles := filepath.Join(root, "dotfiles")
	link, file = filepath.Join(root, "app", "config.json"), filepath.Join(dotfiles, "settings.json")
	must(t, os.Mkdir(dotfiles, 0o700))
	must(t, os.Mkdir(filepath.Dir(link), 0o700))
	if err := os.Symlink("settings.json", filepath.Join(dotfiles, "link.json")); err != nil {
		t.Skip("no symlinks here:", err)
	}
	must(t, os.Symlink(target(dotfiles), link))
	if exists {
		write(t, file, "{\n  \"theme\": \"light\"\n}\n")
	}
	return link, file
}

func wantLink(t *testing.T, link, target string) {
	t.Helper()
	if got, err := os.Readlink(link); err != nil || got != target {
		t.Errorf("the link says %q, not %q: %v", got, target, err)
	}
}

// Scenario 11.
func TestASymlinkStaysALinkAndItsFileIsWritten(t *testing.T) {
	for _, row := range links {
		t.Run(row.reason, func(t *testing.T) {
			link, file := linked(t, row.target, row.exists)
			target, err := os.Readlink(link)
			must(t, err)
			set(t, link, logIn)
			set(t, link, func(s *Settings) { s.Theme = "blue" })
			wantLink(t, link, target)
			wantLink(t, filepath.Join(filepath.Dir(file), "link.json"), "settings.json")
			if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() {
				t.Fatalf("%v, %v", info, err)
			}
			set(t, file, func(s *Settings) {
				if *s != (Settings{Theme: "blue", AccessToken: "AT-1", RefreshToken: "RT-1"}) {
					t.Errorf("the file holds %+v", *s)
				}
			})
			if _, err := os.Stat(stateFolder(file)); err != nil {
				t.Error("the state folder is not beside the file that is written:", err)
			}
			if entries, err := os.ReadDir(filepath.Dir(link)); err != nil || len(entries) != 1 {
				t.Errorf("beside the link: %v, %v", entries, err)
			}
		})
	}
}

// Scenario 11: processes that know the file by different names share it.
func TestProcessesThatGoThroughTheLinkAndTheFileShareTheLock(t *testing.T) {
	link, file := linked(t, links[1].target, true)
	stale := proctest.Start(t, "save", link, "dark")
	stale.Expect("loaded")
	set(t, file, func(s *Settings) { s.AccessToken, s.RefreshToken = "AT-2", "RT-2" })
	stale.Finish()
	set(t, file, func(s *Settings) {
		if *s != (Settings{Theme: "dark", AccessToken: "AT-2", RefreshToken: "RT-2"}) {
			t.Errorf("the file holds %+v", *s)
		}
	})
}

// Scenario 11, the bug: a rename puts a file in the place of the link, and the
// dotfiles never hear of it.
func TestARenameReplacesTheLink(t *testing.T) {
	link, file := linked(t, links[0].target, true)
	renameOver(t, link, "{}")
	if info, err := os.Lstat(link); err != nil || !info.Mode().IsRegular() {
		t.Errorf("%v, %v", info, err)
	}
	if read(t, file) == "{}" {
		t.Error("the file was written")
	}
}
