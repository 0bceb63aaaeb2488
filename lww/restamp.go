package lww

import "time"

// Restamp overrules poisoned stamps: each register that is stamped more than
// skew ahead of the writer's clock is written again, with the same value, at
// the present time of the next epoch, so that it wins over its poisoned copies
// everywhere and can be superseded by ordinary writes again. It returns the
// keys. Only a person may decide this.
func (d *Document) Restamp(w Writer, skew time.Duration) []string {
	poisoned := &Document{}
	for key, r := range d.Registers() {
		if r.Stamp.Future(w.Now, skew) || r.Era.Future(w.Now, skew) {
			poisoned.Put(key, w.restamp(r, skew))
		}
	}
	d.Merge(poisoned)
	return poisoned.Keys()
}

func (w Writer) restamp(r Register, skew time.Duration) Register {
	now := NewStamp(r.Stamp.Epoch()+1, w.Now.UnixMilli(), 0, w.Actor)
	if r.Era.Future(w.Now, skew) {
		r.Era = now
	}
	r.Stamp = now
	return r
}
