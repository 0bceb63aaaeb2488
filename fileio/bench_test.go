//go:build unix

package fileio

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// BenchmarkSave sets a whole save beside what it can't do without: create, write, fsync, rename and fsync of the
// directory, by turns in one run, because absolute times mean nothing on a shared machine. The metric to look at is
// the ratio of the medians.
func BenchmarkSave(b *testing.B) {
	for _, size := range []int{2 << 10, 16 << 10, 1 << 20} {
		b.Run(fmt.Sprintf("full/bytes=%d", size), func(b *testing.B) {
			compare(b, size, Options{}, rawReplace)
		})
		b.Run(fmt.Sprintf("none/bytes=%d", size), func(b *testing.B) {
			compare(b, size, Options{Durability: None}, rawWriteFile)
		})
	}
}

func compare(b *testing.B, size int, o Options, raw func(b *testing.B, dir string, data []byte)) {
	ours, theirs := filepath.Join(b.TempDir(), "config.json"), b.TempDir()
	o.StateHome = b.TempDir()
	data := [2][]byte{bytes.Repeat([]byte("a"), size), bytes.Repeat([]byte("b"), size)}
	save(b, ours, data[1], o)
	raw(b, theirs, data[1])
	var saves, raws []time.Duration
	for i := 0; b.Loop(); i++ {
		saves = append(saves, timed(func() { save(b, ours, data[i%2], o) }))
		raws = append(raws, timed(func() { raw(b, theirs, data[i%2]) }))
	}
	mine, base := median(saves), median(raws)
	b.ReportMetric(float64(mine)/float64(base), "ratio")
	b.ReportMetric(float64(mine.Microseconds()), "µs/save")
	b.ReportMetric(float64(base.Microseconds()), "µs/raw")
	b.ReportMetric(0, "ns/op")
}

func timed(do func()) time.Duration {
	start := time.Now()
	do()
	return time.Since(start)
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// save is a whole one, as the package above makes it, with a shadow of the file's size.
func save(tb testing.TB, path string, data []byte, o Options) {
	f, err := OpenFolder(path, true, o)
	must(tb, err)
	defer f.Close()
	txn, err := f.Lock(tb.Context())
	must(tb, err)
	old, err := txn.Read()
	must(tb, err)
	_, err = txn.Slots()
	must(tb, err)
	_, err = txn.Leftovers(func([]byte) bool { return true })
	must(tb, err)
	next := ContentOf(data)
	must(tb, txn.WriteSlot(next.Digest, data, old.Digest, false))
	s, err := txn.Swap(old, next, true)
	must(tb, err)
	_, err = s.Settle(tb.Context())
	must(tb, err)
	must(tb, txn.Unlock())
}

func rawReplace(b *testing.B, dir string, data []byte) {
	temp := filepath.Join(dir, "temp")
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	must(b, err)
	_, err = f.Write(data)
	must(b, err)
	must(b, f.Sync())
	must(b, f.Close())
	must(b, os.Rename(temp, filepath.Join(dir, "config.json")))
	d, err := os.Open(dir)
	must(b, err)
	must(b, d.Sync())
	must(b, d.Close())
}

func rawWriteFile(b *testing.B, dir string, data []byte) {
	must(b, os.WriteFile(filepath.Join(dir, "config.json"), data, 0o600))
}

func BenchmarkUnchanged(b *testing.B) {
	path := filepath.Join(b.TempDir(), "config.json")
	must(b, os.WriteFile(path, bytes.Repeat([]byte("a"), 2<<10), 0o600))
	now := time.Now().Add(time.Hour)
	k, err := Keep(path, 0, func() time.Time { return now })
	must(b, err)
	defer k.Close()
	for b.Loop() {
		if !k.Unchanged() {
			b.Fatal("changed")
		}
	}
}

func must(tb testing.TB, err error) {
	if err != nil {
		tb.Helper()
		tb.Fatal(err)
	}
}
