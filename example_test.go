package cfgmerge_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/cfgmerge/cfgmerge"
)

// Config is what the program of these examples keeps in its file. The tokens
// only make sense together, so they are declared as one.
type Config struct {
	Theme     string `json:"theme"`
	LastCheck string `json:"last_check"`
	Access    string `json:"access_token"  cfgmerge:"token=login,access"`
	Refresh   string `json:"refresh_token" cfgmerge:"token=login,refresh"`
}

// A program that was started long ago saves the one field that it changed. The
// tokens that it still holds are old, and stay in its memory.
func ExampleLoad() {
	path, done := exampleFile()
	defer done()
	var cfg Config
	snap, err := cfgmerge.Load(path, &cfg)
	check(err)

	rotate(path) // another process, meanwhile

	cfg.LastCheck = "2026-11-22"
	err = snap.Save(&cfg)
	check(err)

	show(path)
	// Output: {Theme:light LastCheck:2026-11-22 Access:AT-2 Refresh:RT-2}
}

// Update works on what the file holds at that moment, whoever wrote it.
func ExampleOpen() {
	path, done := exampleFile()
	defer done()
	file, err := cfgmerge.Open[Config](path, nil)
	check(err)
	defer file.Close()

	err = file.Update(context.Background(), func(cfg *Config) error {
		cfg.Theme = "dark"
		return nil
	})
	check(err)

	cfg, err := file.Get()
	check(err)
	fmt.Println(cfg.Theme, cfg.Refresh)
	// Output: dark RT-1
}

// What the environment overrides is used, and not written.
func ExampleSnapshot_Rebase() {
	path, done := exampleFile()
	defer done()
	var cfg Config
	snap, err := cfgmerge.Load(path, &cfg)
	check(err)
	cfg.Theme = "high-contrast" // from APP_THEME
	err = snap.Rebase(&cfg)
	check(err)

	cfg.LastCheck = "2026-11-22"
	err = snap.Save(&cfg)
	check(err)

	fmt.Println("in use:", cfg.Theme)
	show(path)
	// Output:
	// in use: high-contrast
	// {Theme:light LastCheck:2026-11-22 Access:AT-1 Refresh:RT-1}
}

// A program that knows nothing of cfgmerge rewrites the file as it knew it,
// with one setting changed: the setting counts, and the tokens that it puts
// back don't.
func ExampleSnapshot_Report() {
	path, done := exampleFile()
	defer done()
	rotate(path)
	stale := `{"theme":"dark","last_check":"2026-11-21","access_token":"AT-1","refresh_token":"RT-1"}`
	check(os.WriteFile(path, []byte(stale), 0o600)) // an old version of the program

	var cfg Config
	snap, err := cfgmerge.Load(path, &cfg)
	check(err)
	report := snap.Report()
	fmt.Println("adopted:", report.Adopted)
	fmt.Println("rejected:", report.Rejected)
	fmt.Printf("%+v\n", cfg)
	// Output:
	// adopted: [/theme]
	// rejected: [login]
	// {Theme:dark LastCheck:2026-11-21 Access:AT-2 Refresh:RT-2}
}

// exampleFile makes a file as an earlier run of the program has left it.
func exampleFile() (path string, done func()) {
	dir, err := os.MkdirTemp("", "cfgmerge-example-")
	check(err)
	path = filepath.Join(dir, "config.json")
	var cfg Config
	snap, err := cfgmerge.Load(path, &cfg)
	check(err)
	check(snap.Save(&Config{Theme: "light", LastCheck: "2026-11-21", Access: "AT-1", Refresh: "RT-1"}))
	return path, func() { check(os.RemoveAll(dir)) }
}

// rotate is what another process does: it exchanges the tokens.
func rotate(path string) {
	var cfg Config
	snap, err := cfgmerge.Load(path, &cfg)
	check(err)
	cfg.Access, cfg.Refresh = "AT-2", "RT-2"
	check(snap.Save(&cfg))
}

func show(path string) {
	var cfg Config
	_, err := cfgmerge.Load(path, &cfg)
	check(err)
	fmt.Printf("%+v\n", cfg)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
