package lww

import "github.com/cfgmerge/cfgmerge/strictjson"

// Edited is a place of a text that its block does not vouch for.
type Edited struct {
	// Key is the place's JSON Pointer, or the name of the group's instance.
	Key string
	// Path leads to the place; for a group, to the object that holds it.
	Path []string
	// Removed: the text lacks what the block lists. If only the entry that
	// listed it is known, Key and Path are that entry's.
	Removed bool
}

// Edits lists what Edited reports: what other programs changed, added and
// removed since the block was written. Of fields that one write has made
// together it can't tell a renamed one from a changed one, and says changed.
func (d *Decoded) Edits() []Edited {
	var out []Edited
	for _, e := range d.edits {
		_, key := e.changes()
		out = append(out, Edited{Key: key, Path: e.path, Removed: e.want == nil})
	}
	for _, c := range d.block.losses() {
		// A leaf that was changed is missed under its old digest, and no more.
		if kept, _ := c.align(); count(kept, false) >= len(c.lost) {
			continue
		}
		path, _ := strictjson.SplitPointer(c.key)
		out = append(out, Edited{Key: c.key, Path: path, Removed: true})
	}
	return out
}

func count(all []bool, what bool) int {
	n := 0
	for _, b := range all {
		if b == what {
			n++
		}
	}
	return n
}
