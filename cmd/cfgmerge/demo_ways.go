package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/gofrs/flock"

	"github.com/cfgmerge/cfgmerge"
)

// demoConfig is the struct that every process of the demo holds as a whole.
type demoConfig struct {
	AccessToken  string         `json:"access_token" cfgmerge:"group=pair"`
	Projects     []string       `json:"projects"`
	RefreshToken string         `json:"refresh_token" cfgmerge:"group=pair"`
	Saves        map[string]int `json:"saves"` // by process, how often it has saved
}

// The size of a settings file that has been in use for a while: a few pages,
// so that writing it is not one indivisible step.
const demoProjects = 240

// newDemoConfig is what the file holds at the start: the first pair, and a
// counter for each saver.
func newDemoConfig(savers []string) *demoConfig {
	c := &demoConfig{Saves: map[string]int{}}
	c.rotate(1)
	for i := range demoProjects {
		c.Projects = append(c.Projects, fmt.Sprintf("~/src/project-%03d", i))
	}
	for _, name := range savers {
		c.Saves[name] = 0
	}
	return c
}

// rotate replaces the pair by the one numbered n.
func (c *demoConfig) rotate(n int) {
	c.AccessToken, c.RefreshToken = fmt.Sprintf("AT-%d", n), fmt.Sprintf("RT-%d", n)
}

// demoWay is one way to save the struct that a process holds.
type demoWay struct {
	name  string // of its directory, and for machines
	title string
	// load reads the file into c and returns what saves c from then on.
	load func(path string, c *demoConfig) (save func() error, err error)
}

// demoOwnWay is the name of the way that the demo is for.
const demoOwnWay = "cfgmerge"

func demoWays() []demoWay {
	return []demoWay{
		{"writefile", "Marshal + WriteFile", loadForWriteFile},
		{"locked", "the same under a lock", loadForLocked},
		{demoOwnWay, "cfgmerge", loadForCfgmerge},
	}
}

func demoWayNamed(name string) (demoWay, error) {
	for _, w := range demoWays() {
		if w.name == name {
			return w, nil
		}
	}
	return demoWay{}, fmt.Errorf("there is no way %q", name)
}

func loadForWriteFile(path string, c *demoConfig) (func() error, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return func() error { return writeDemoFile(path, c) }, json.Unmarshal(data, c)
}

// loadForLocked takes the lock for the save only. It could as well be held
// for the load, at the start: what is saved later would be no newer.
func loadForLocked(path string, c *demoConfig) (func() error, error) {
	write, err := loadForWriteFile(path, c)
	lock := flock.New(path + ".lock")
	return func() error {
		if err := lock.Lock(); err != nil {
			return err
		}
		err := write()
		if unlockErr := lock.Unlock(); err == nil {
			err = unlockErr
		}
		return err
	}, err
}

func loadForCfgmerge(path string, c *demoConfig) (func() error, error) {
	snap, err := cfgmerge.Load(path, c)
	return func() error { return snap.Save(c) }, err
}

func writeDemoFile(path string, c *demoConfig) error {
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o600)
}
