package faults

import (
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"slices"
)

// Cut is what a power cut may leave.
type Cut struct {
	Tree Tree
	// Acked counts the programs that had ended whenever the power was cut: what
	// they did must be there. Begun counts those that may have done something.
	Acked, Begun int
	// Lost says for people when the power was cut, and what was lost.
	Lost string
}

// Cuts are all different states that a power cut may leave, at whatever moment
// it comes. What is durable at a moment:
//
//   - What was written to a file, and its length, once the file was synced.
//     Until then each file, apart from the others, has all of it; nothing;
//     its first or its last half; zeros in its place; its new length alone; or
//     all of it but one write.
//   - The names in a directory, once the directory was synced. Until then those
//     that were given or taken last may be missing, in each directory as many as
//     it likes; or any one of them alone, with all that came after it in place, and
//     all bytes. Syncing a file does nothing for its name.
//   - The mode of a file, once the file was synced otherwise than by fdatasync.
//     Until then all modes are as they were set, or none is.
//
// A rename is one step, also from a directory to another: it is durable once the
// directory is in which the new name lies.
//
// This is more than what ext4, XFS and btrfs do. The first two have one journal
// for all names, so what is missing is the end of it, and a synced file has its
// name; btrfs logs files one by one, and comes nearer to it. Zeros were what XFS
// left of files in its early years. One name missing from the middle is what file
// systems without a journal do, as ext2 and FAT; but on those a rename is two
// steps, and there this model promises too much. Not covered either: disks that
// lose what they said was flushed, sectors written in half, and file systems
// that damage what was durable.
func (l *Log) Cuts() []Cut {
	found := map[[sha256.Size]byte]*Cut{}
	var cuts []*Cut
	for moment := len(l.ops); moment >= 0; moment-- {
		acked, begun := l.programs(moment)
		for c := range l.losses(moment) {
			tree := l.after(moment, c)
			key := tree.sum()
			known := found[key]
			if known == nil {
				known = &Cut{Tree: tree, Acked: acked, Begun: begun, Lost: l.describe(moment, c)}
				found[key] = known
				cuts = append(cuts, known)
			}
			known.Acked, known.Begun = max(known.Acked, acked), min(known.Begun, begun)
		}
	}
	all := make([]Cut, len(cuts))
	for i, c := range cuts {
		all[i] = *c
	}
	return all
}

// programs counts those that have ended at a moment, and those that have begun
// to change something.
func (l *Log) programs(moment int) (acked, begun int) {
	before := 0
	for _, end := range l.ends {
		if moment >= end {
			acked++
		}
		if moment > before {
			begun++
		}
		before = end
	}
	return acked, begun
}

// fate is what becomes of an operation.
type fate int

const (
	whole fate = iota
	dropped
	firstHalf
	lastHalf
	zeroed
)

// loss is what becomes of the operations that were not durable, by their
// number. What is not listed is whole.
type loss map[int]fate

func (f fate) String() string {
	return []string{"whole", "lost", "first half of", "last half of", "zeros for"}[f]
}

// after is the state of a disk on which a loss came over what was done up to a
// moment.
func (l *Log) after(moment int, c loss) Tree {
	d := l.start.clone()
	for _, n := range l.now[len(d):] { // those made since begin empty
		d.add(n.born, "")
	}
	for i, o := range l.ops[:moment] {
		if c[i] != dropped {
			d.apply(o.cut(c[i]))
		}
	}
	return d.tree()
}

// cut is what is left of an operation.
func (o operation) cut(f fate) operation {
	if o.effect != written {
		return o
	}
	switch half := len(o.data) / 2; f {
	case firstHalf:
		o.data = o.data[:half]
	case lastHalf:
		o.offset, o.data = o.offset+half, o.data[half:]
	case zeroed:
		o.data = make([]byte, len(o.data))
	}
	return o
}

// describe names the moment and what was lost.
func (l *Log) describe(moment int, c loss) string {
	text := "at the end"
	if moment < len(l.ops) {
		text = fmt.Sprintf("before %d %s", moment, l.ops[moment].text)
	}
	for _, i := range slices.Sorted(maps.Keys(c)) {
		text += fmt.Sprintf("; %v %d %s", c[i], i, l.ops[i].text)
	}
	return text
}

// losses are what may be lost at a moment: the last names, modes and bytes, each
// combined with each; and single names.
func (l *Log) losses(moment int) func(yield func(loss) bool) {
	pending := l.pending(moment)
	ends, modes, bytes := l.lostEnds(pending), l.lostModes(pending), l.lostBytes(pending)
	return func(yield func(loss) bool) {
		for _, i := range pending {
			if l.ops[i].effect == named && !yield(loss{i: dropped}) {
				return
			}
		}
		for _, n := range ends {
			for _, m := range modes {
				for _, b := range bytes {
					c := maps.Clone(n)
					maps.Copy(c, m)
					maps.Copy(c, b)
					if !yield(c) {
						return
					}
				}
			}
		}
	}
}

// pending are the operations before a moment that nothing has made durable.
func (l *Log) pending(moment int) (pending []int) {
	for i, o := range l.ops[:moment] {
		if o.effect != synced && o.effect != dataSynced && !slices.ContainsFunc(l.ops[i:moment], o.isSettledBy) {
			pending = append(pending, i)
		}
	}
	return pending
}

// isSettledBy reports whether a later operation makes this one durable.
func (o operation) isSettledBy(later operation) bool {
	switch o.effect {
	case named:
		return later.effect == synced && later.node == o.names[0].dir
	case chmodded:
		return later.effect == synced && later.node == o.node
	}
	return (later.effect == synced || later.effect == dataSynced) && later.node == o.node
}

// lostEnds are the ends of each directory's operations, each length of one with
// each of the others.
func (l *Log) lostEnds(pending []int) []loss {
	byDir := map[int][]int{}
	for _, i := range pending {
		if o := l.ops[i]; o.effect == named {
			byDir[o.names[0].dir] = append(byDir[o.names[0].dir], i)
		}
	}
	ends := []loss{{}}
	for _, dir := range slices.Sorted(maps.Keys(byDir)) {
		var longer []loss
		for _, c := range ends {
			for first := range byDir[dir] {
				more := maps.Clone(c)
				for _, i := range byDir[dir][first:] {
					more[i] = dropped
				}
				longer = append(longer, more)
			}
		}
		ends = append(ends, longer...)
	}
	return ends
}

// lostModes are none and all.
func (l *Log) lostModes(pending []int) []loss {
	all := loss{}
	for _, i := range pending {
		if l.ops[i].effect == chmodded {
			all[i] = dropped
		}
	}
	if len(all) == 0 {
		return []loss{all}
	}
	return []loss{{}, all}
}

// lostBytes are the ways in which one file, or all alike, can have lost what
// was written to them.
func (l *Log) lostBytes(pending []int) []loss {
	byFile := map[int][]int{}
	all := []loss{{}}
	var everything []int
	for _, i := range pending {
		if o := l.ops[i]; o.effect == written || o.effect == resized {
			byFile[o.node] = append(byFile[o.node], i)
			everything = append(everything, i)
			all = append(all, loss{i: dropped})
		}
	}
	all = append(all, l.ways(everything)...)
	for _, node := range slices.Sorted(maps.Keys(byFile)) {
		own := byFile[node]
		all = append(all, l.ways(own)...)
		others := loss{}
		for _, i := range everything {
			others[i] = dropped
		}
		for _, way := range append(l.ways(own), loss{}) {
			c := maps.Clone(others)
			for _, i := range own {
				delete(c, i)
			}
			maps.Copy(c, way)
			all = append(all, c)
		}
	}
	return all
}

// ways are those in which the operations on a file, or on several, can be lost.
func (l *Log) ways(ops []int) []loss {
	var all []loss
	for _, f := range []fate{dropped, firstHalf, lastHalf, zeroed} {
		c := loss{}
		for _, i := range ops {
			if f == dropped || l.ops[i].effect == written {
				c[i] = f
			}
		}
		all = append(all, c)
	}
	emptied := loss{}
	for _, i := range ops {
		if l.ops[i].effect == written {
			emptied[i] = dropped
		}
	}
	return append(all, emptied)
}

// sum tells trees apart.
func (t Tree) sum() (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(t)) {
		f := t[name]
		fmt.Fprintf(h, "%q %v %d ", name, f.Mode, len(f.Data))
		_, _ = io.WriteString(h, f.Data)
	}
	h.Sum(sum[:0])
	return sum
}
