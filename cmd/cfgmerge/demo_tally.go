package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// demoTally is what came of one way to save. Nothing in it is inferred: saves
// are those that the processes said had returned, all else is what a reader
// found in the file.
type demoTally struct {
	Way   string `json:"way"`
	Saves int    `json:"saves"`
	Reads int    `json:"reads"`
	// TornReads found no file, an empty one, or half of one.
	TornReads int `json:"torn_reads"`
	// TornPairs are reads that found AT-i with RT-j.
	TornPairs int `json:"torn_pairs"`
	// PutBack counts the rotations that had been saved or seen and of which a
	// later read found an older pair. A pair that is put back twice counts
	// once.
	PutBack int `json:"tokens_put_back"`
	// Lost fields don't hold, at the end, what their owner was last told is
	// saved. The pair counts as one.
	Lost int `json:"fields_lost"`
}

// losses is zero if everything that was saved is there and was seen whole.
func (t *demoTally) losses() int { return t.TornReads + t.TornPairs + t.PutBack + t.Lost }

// isDemoProof reports whether cfgmerge was tried, and lost nothing.
func isDemoProof(ways []demoTally) bool {
	return slices.ContainsFunc(ways, func(t demoTally) bool {
		return t.Way == demoOwnWay && t.Saves > 0 && t.Reads > 0 && t.losses() == 0
	})
}

// demoWatch counts what reads find, one after the other.
type demoWatch struct {
	reads, tornReads, tornPairs, putBack int

	newest  int // the highest pair that was saved or seen
	counted int // the highest pair whose loss has been counted
}

// saw takes one read: what it returned, and the number of the newest pair
// whose save had been acknowledged before the read began.
func (w *demoWatch) saw(text []byte, err error, saved int) {
	w.reads++
	c, ok := readDemoConfig(text, err)
	if !ok {
		w.tornReads++
		return
	}
	n, whole := c.pair()
	if !whole {
		w.tornPairs++
		return
	}
	w.newest = max(w.newest, saved, n)
	if n < w.newest && w.counted < w.newest {
		w.putBack++
		w.counted = w.newest
	}
}

// readDemoConfig decodes what a read returned; not ok is a torn read.
func readDemoConfig(text []byte, err error) (c demoConfig, ok bool) {
	ok = err == nil && json.Unmarshal(text, &c) == nil
	return c, ok
}

// pair is the number of the pair; not whole if its halves are of two pairs.
func (c *demoConfig) pair() (n int, whole bool) {
	access, isAccess := strings.CutPrefix(c.AccessToken, "AT-")
	refresh, isRefresh := strings.CutPrefix(c.RefreshToken, "RT-")
	n, err := strconv.Atoi(access)
	return n, err == nil && isAccess && isRefresh && access == refresh
}

// demoLost counts the fields that don't hold what was last acknowledged: of
// each saver the number of its last save, and the pair.
func demoLost(text []byte, err error, saved map[string]int, pair int) (lost int) {
	c, ok := readDemoConfig(text, err)
	for name, number := range saved {
		if !ok || c.Saves[name] != number {
			lost++
		}
	}
	if n, whole := c.pair(); !ok || !whole || n != pair {
		lost++
	}
	return lost
}

// isDemoRefusal reports whether a read says nothing about the file, because
// Windows refuses to open one that is just being replaced.
func isDemoRefusal(goos string, err error) bool {
	return goos == "windows" && err != nil && !errors.Is(err, fs.ErrNotExist)
}
