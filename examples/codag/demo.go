package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// demo lets an update check that loaded before a rotation save after it, the
// old way and the new way, and then refreshes once more.
func (c *codag) demo() error {
	for _, way := range []struct {
		name  string
		naive bool
	}{{"whole-struct save", true}, {"cfgmerge", false}} {
		if err := c.demonstrate(way.name, way.naive); err != nil {
			return err
		}
	}
	return nil
}

func (c *codag) demonstrate(name string, naive bool) error {
	dir, err := os.MkdirTemp("", "codag-demo-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	l, err := (&tokenServer{}).serve()
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	d := &codag{path: filepath.Join(dir, "config.json"), server: urlOf(l), naive: naive, in: c.in, out: c.out, now: c.now}

	if err := d.login(); err != nil {
		return err
	}
	var stale Config // the update checker has loaded RT-1 …
	save, err := d.load(&stale)
	if err != nil {
		return err
	}
	if err := d.refresh(); err != nil { // … another terminal rotates to RT-2 …
		return err
	}
	stale.Update.LastChecked = c.now()
	if err := save(); err != nil { // … and the checker saves when it looked.
		return err
	}
	switch err := d.refresh(); {
	case errors.Is(err, errLoggedOut):
		c.say(fmt.Sprintf("%-18s logged out: the check put RT-1 back, and the server took its use for theft", name+":"))
	case err != nil:
		return err
	default:
		c.say(fmt.Sprintf("%-18s still logged in, and the time of the check is saved", name+":"))
	}
	return nil
}
