package faults

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// File is what a Tree has at a path: the bytes of a file, or a directory.
type File struct {
	Mode fs.FileMode // permissions, and fs.ModeDir
	Data string
}

// Tree is what lies below a directory, by path. The directory itself is ".".
type Tree map[string]File

// inode is a file or a directory, whatever names it has.
type inode struct {
	born    fs.FileMode // the mode that it was made with
	mode    fs.FileMode
	data    []byte
	entries map[string]int // of a directory: numbers of inodes
}

// disk holds inodes by number. The one that a Tree calls "." has the number 0.
type disk []inode

// none is the number of no inode.
const none = -1

// newDisk has an inode for each path of the tree.
func newDisk(t Tree) disk {
	d := disk{{born: t["."].Mode, mode: t["."].Mode, entries: map[string]int{}}}
	numbers := map[string]int{".": 0}
	for _, name := range slices.Sorted(maps.Keys(t)) {
		if name != "." {
			numbers[name] = d.add(t[name].Mode, t[name].Data)
			d[numbers[path.Dir(name)]].entries[path.Base(name)] = numbers[name]
		}
	}
	return d
}

// add makes an inode without a name.
func (d *disk) add(mode fs.FileMode, data string) int {
	n := inode{born: mode, mode: mode, data: []byte(data)}
	if mode.IsDir() {
		n.entries = map[string]int{}
	}
	*d = append(*d, n)
	return len(*d) - 1
}

// clone shares nothing with d.
func (d disk) clone() disk {
	c := slices.Clone(d)
	for i := range c {
		c[i].data = slices.Clone(c[i].data)
		if c[i].entries != nil {
			c[i].entries = map[string]int{}
			for name, n := range d[i].entries {
				c[i].entries[name] = n
			}
		}
	}
	return c
}

// find returns the inode at a path, or none.
func (d disk) find(name string) int {
	at := 0
	for part := range strings.SplitSeq(name, "/") {
		if part == "." {
			continue
		}
		next, ok := d[at].entries[part]
		if !ok {
			return none
		}
		at = next
	}
	return at
}

// tree is what a program finds that looks for names.
func (d disk) tree() Tree {
	t := Tree{}
	d.walk(0, ".", t)
	return t
}

func (d disk) walk(at int, name string, t Tree) {
	t[name] = File{d[at].mode, string(d[at].data)}
	for base, n := range d[at].entries {
		d.walk(n, path.Join(name, base), t)
	}
}

// effect is what an operation does to a disk.
type effect int

const (
	named      effect = iota // names are given and taken
	written                  // bytes are written at an offset
	resized                  // the file is cut or grown
	chmodded                 // the mode is changed
	synced                   // nothing is done, but what was done to the inode is durable
	dataSynced               // the same, but for the mode
)

// operation is one step of a program, as the disk sees it.
type operation struct {
	effect effect
	text   string // for people
	node   int    // the file; of a naming, none
	// names are set together: a rename takes one and gives one.
	names  []naming
	offset int
	data   []byte
	size   int
	mode   fs.FileMode
}

// naming gives a name in a directory to an inode, or to none.
type naming struct {
	dir  int
	name string
	node int
}

// apply does what the operation does.
func (d disk) apply(o operation) {
	switch o.effect {
	case named:
		for _, n := range o.names {
			if n.node == none {
				delete(d[n.dir].entries, n.name)
			} else {
				d[n.dir].entries[n.name] = n.node
			}
		}
	case written:
		d.resize(o.node, max(len(d[o.node].data), o.offset+len(o.data)))
		copy(d[o.node].data[o.offset:], o.data)
	case resized:
		d.resize(o.node, o.size)
	case chmodded:
		d[o.node].mode = d[o.node].mode.Type() | o.mode
	}
}

func (d disk) resize(node, size int) {
	data := d[node].data
	if size <= len(data) {
		d[node].data = data[:size]
		return
	}
	d[node].data = append(data, make([]byte, size-len(data))...)
}
