package fileio

import (
	"cmp"
	"errors"
	"os"
	"slices"
)

const slots = 2

// Slot is one intact shadow: what was known when the main file had the digest Describes.
type Slot struct {
	Seq       uint64 // counts the shadows written; the highest is the newest
	Describes Digest
	Payload   []byte
	Committed bool // Confirm was called: the main file did get the digest Describes
	Foreign   bool // written on another host: it came with a copy of the folder
}

func slotName(i int) string { return [slots]string{"shadow.0", "shadow.1"}[i] }

// Slots returns the intact shadows, newest first, without a lock: a slot that is being written is missing from the
// result. The error is a *FileError.
func (f *Folder) Slots() ([]Slot, error) {
	_, found, err := f.readSlots()
	return found, err
}

// Slots is Folder.Slots under the lock. It saves WriteSlot from reading them again.
func (t *Txn) Slots() ([]Slot, error) {
	heads, found, err := t.folder.readSlots()
	if err != nil {
		return nil, err
	}
	t.heads = heads
	return found, nil
}

// Remembers reports whether the newest shadow is a committed one of this host that describes the given file with the
// given payload. It is Slots for a caller who has reason to think so, and copies nothing. The error is a *FileError.
func (t *Txn) Remembers(describes Digest, payload []byte) (bool, error) {
	var heads [slots]head
	newest, remembered := uint64(0), false
	for i := range heads {
		h, err := openHandle(t.folder.in(slotName(i)))
		if is(err, ClassMissing) {
			continue
		}
		if err != nil {
			return false, err
		}
		heads[i], err = h.head()
		if err == nil && heads[i].valid && heads[i].seq > newest {
			newest = heads[i].seq
			remembered, err = t.isRemembered(h, heads[i], describes, payload)
		}
		_ = h.Close()
		if err != nil {
			return false, fail("read", h.at.path(), err)
		}
	}
	if remembered {
		t.heads = &heads
	}
	return remembered, nil
}

func (t *Txn) isRemembered(h *handle, slot head, describes Digest, payload []byte) (bool, error) {
	if !slot.committed || slot.describes != describes || slot.host != t.folder.self.host() || slot.length != uint64(len(payload)) {
		return false, nil
	}
	same, _, err := h.holds(payload, headerSize)
	return same, err
}

func (f *Folder) readSlots() (*[slots]head, []Slot, error) {
	var heads [slots]head
	var found []Slot
	if !f.Exists() {
		return &heads, nil, nil
	}
	for i := range heads {
		c, err := readEntry(f.in(slotName(i)), f.maxSlot())
		if err != nil {
			return nil, nil, err
		}
		h, payload := decodeSlot(c.Data)
		heads[i] = h
		if h.valid {
			found = append(found, Slot{Seq: h.seq, Describes: h.describes, Payload: payload,
				Committed: h.committed, Foreign: h.host != f.self.host()})
		}
	}
	slices.SortFunc(found, func(a, b Slot) int { return cmp.Compare(b.Seq, a.Seq) })
	return &heads, found, nil
}

// readHeads finds out the heads, unless they are known. It reads no payloads: a slot whose payload is torn describes a
// file that never came to be, and if it did come to be there is nothing better to protect.
func (t *Txn) readHeads() error {
	if t.heads != nil {
		return nil
	}
	var heads [slots]head
	for i := range heads {
		h, err := openHandle(t.folder.in(slotName(i)))
		if is(err, ClassMissing) {
			continue
		}
		if err != nil {
			return err
		}
		heads[i], err = h.head()
		h.Close()
		if err != nil {
			return fail("read", h.at.path(), err)
		}
	}
	t.heads = &heads
	return nil
}

func (h *handle) head() (head, error) {
	info, err := h.info()
	if err != nil {
		return head{}, err
	}
	raw := make([]byte, headerSize)
	n, err := h.readAt(raw, 0)
	if err != nil {
		return head{}, err
	}
	decoded := decodeHeader(raw[:n])
	decoded.used = info.Size
	return decoded, nil
}

// maxSlot leaves room for what a shadow holds beside the values.
func (f *Folder) maxSlot() int64 { return 8 * f.opts.maxSize() }

// WriteSlot records payload as the shadow of the main file that will have the digest describes. It overwrites, in
// place, the slot that does not describe the current file, so that until the swap the other one still speaks for it, and
// marks that one as committed if a killed save has not come to it.
// With sync the slot is on disk when it returns. The error is a *FileError; the other slot is intact in any case.
func (t *Txn) WriteSlot(describes Digest, payload []byte, current Digest, sync bool) error {
	if err := t.readHeads(); err != nil {
		return err
	}
	if err := t.vouch(current); err != nil {
		return err
	}
	i := victim(t.heads, current)
	next := head{valid: true, seq: newestSeq(t.heads) + 1, describes: describes, host: t.folder.self.host()}
	next.used = headerSize + int64(len(payload))
	erase := t.heads[i].used
	t.heads[i] = head{used: max(next.used, erase)} // torn, until the write has succeeded
	if err := t.openSlot(i); err != nil {
		return err
	}
	if err := t.folder.overwrite(t.slot, slotParts(next, payload, erase), sync); err != nil {
		return err
	}
	t.heads[i] = next
	return nil
}

// vouch marks the slot that describes the current file: its save was killed, but not before the swap. Without the mark
// there might soon be no slot that is known to have come to pass. What this transaction has written itself may yet be
// undone.
func (t *Txn) vouch(current Digest) error {
	if t.slot != nil {
		return nil
	}
	for i, h := range t.heads {
		if !h.valid || h.committed || h.describes != current || h.host != t.folder.self.host() {
			continue
		}
		if err := t.openSlot(i); err != nil {
			return err
		}
		if err := t.Confirm(); err != nil {
			return err
		}
	}
	return nil
}

// openSlot keeps the file open for Confirm or Void to follow.
func (t *Txn) openSlot(i int) (err error) {
	t.closeSlot()
	t.slot, err = t.folder.create(slotName(i), os.O_WRONLY)
	t.written = i
	return err
}

func (t *Txn) closeSlot() {
	if t.slot != nil {
		_ = t.slot.Close()
		t.slot = nil
	}
}

// overwrite changes a file of the folder in place, which costs no new inode and leaves no old copy behind.
func (f *Folder) overwrite(file *handle, parts [][]byte, sync bool) error {
	err := f.opts.step("slot", func() error { return writeParts(file, parts) })
	if err != nil {
		return fail("write", file.at.path(), err)
	}
	if !sync {
		return nil
	}
	if err := f.opts.step("slot-sync", func() error { return syncData(file) }); err != nil {
		return fail("sync", file.at.path(), err)
	}
	return nil
}

// Confirm marks the slot that WriteSlot wrote last as committed: the main file did get the digest that it describes.
// A slot without the mark says what a save intended, and nobody knows whether it came to pass. The error is a
// *FileError.
func (t *Txn) Confirm() error {
	return t.mark([]byte{markSet}, markOffset, func(h *head) { h.committed = true })
}

// Void makes the slot that WriteSlot wrote last unreadable, because its save has failed. The error is a *FileError.
func (t *Txn) Void() error {
	return t.mark(make([]byte, len(slotMagic)), 0, func(h *head) { h.valid = false })
}

// EraseOthers overwrites with zeros what slots remember beside the present version: for secrets that must not stay behind.
// With swapped this transaction has replaced the file, so that only the slot that it wrote speaks for it; without, the
// newest does. The error is a *FileError.
func (t *Txn) EraseOthers(swapped bool) error {
	if err := t.readHeads(); err != nil {
		return err
	}
	var failed error
	for i, h := range t.heads {
		if h.valid && (t.slot != nil && i == t.written || !swapped && h.seq == newestSeq(t.heads)) || h.used == 0 {
			continue
		}
		t.heads[i] = head{used: h.used}
		file, err := t.folder.create(slotName(i), os.O_WRONLY)
		if err == nil {
			err = t.folder.overwrite(file, [][]byte{make([]byte, h.used)}, true)
			_ = file.Close()
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

func (t *Txn) mark(data []byte, offset int64, note func(*head)) error {
	if t.slot == nil {
		return &FileError{Op: "mark", Path: t.folder.path, Class: ClassMissing, Err: errNoSlot}
	}
	note(&t.heads[t.written])
	if err := t.slot.writeAt(data, offset); err != nil {
		return fail("write", t.slot.at.path(), err)
	}
	return nil
}

var errNoSlot = errors.New("no slot was written")

// writeParts writes the parts one after the other from the start of the file.
func writeParts(file *handle, parts [][]byte) error {
	var offset int64
	for _, part := range parts {
		if err := file.writeAt(part, offset); err != nil {
			return err
		}
		offset += int64(len(part))
	}
	return nil
}

// victim chooses the slot to overwrite: never the newest that describes the current file, first one that is torn, else
// the older.
func victim(heads *[slots]head, current Digest) int {
	return slices.IndexFunc(heads[:], func(h head) bool {
		for _, other := range heads {
			if less(other, h, current) {
				return false
			}
		}
		return true
	})
}

// less orders slots by how little they are worth keeping.
func less(a, b head, current Digest) bool {
	rank := func(h head) int {
		switch {
		case !h.valid:
			return 0
		case h.describes == current:
			return 3
		case h.committed:
			return 2
		}
		return 1
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.seq, b.seq)) < 0
}

func newestSeq(heads *[slots]head) uint64 { return max(heads[0].seq, heads[1].seq) }
