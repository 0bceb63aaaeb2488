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
// removed since the block was written.
func (d *Decoded) Edits() []Edited {
	var out []Edited
	for _, e := range d.edits {
		_, key := e.changes()
		out = append(out, Edited{Key: key, Path: e.path, Removed: e.want == nil})
	}
	for _, c := range d.block.losses() {
		path, _ := strictjson.SplitPointer(c.key)
		out = append(out, Edited{Key: c.key, Path: path, Removed: true})
	}
	return out
}
