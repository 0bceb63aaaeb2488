package cfgmerge

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/gofrs/flock"
)

// sized is a settings file of about n bytes with one counter.
func sized(n int) map[string]any {
	m := map[string]any{"counter": 0}
	for i := 0; n > 64; i++ {
		m[fmt.Sprintf("setting_%d", i)] = strings.Repeat("x", 30)
		n -= 50
	}
	return m
}

// The benchmarks report ratios to what they are compared with, measured by turns
// in one run: absolute times mean nothing on a shared machine.

// BenchmarkSaveAgainstRaw saves one field of a file and, in turn, replaces a
// file of the same size by create, write, fsync, rename and fsync of the
// directory.
func BenchmarkSaveAgainstRaw(b *testing.B) {
	for _, layout := range []Layout{Embedded, Sidecar} {
		for _, size := range []int{2 << 10, 16 << 10} {
			b.Run(fmt.Sprintf("%s/bytes=%d", layout, size), func(b *testing.B) { benchSave(b, layout, size) })
		}
	}
}

func benchSave(b *testing.B, layout Layout, size int) {
	dir := b.TempDir()
	save, text := savesOf(b, dir, size, &Options{Layout: layout})
	inTurn(b, "raw", save, func() { replaceRaw(b, filepath.Join(dir, "raw.json"), text) })
}

// BenchmarkSaveAgainstLockedJSON sets a save beside what a careful program does
// without this package: lock, read, unmarshal, change a field, marshal, and
// replace the file durably.
func BenchmarkSaveAgainstLockedJSON(b *testing.B) {
	for _, size := range []int{2 << 10, 1 << 20} {
		b.Run(fmt.Sprintf("bytes=%d", size), func(b *testing.B) {
			dir := b.TempDir()
			save, text := savesOf(b, dir, size, &Options{Layout: Embedded})
			path := filepath.Join(dir, "json.json")
			seed(b, path, string(text))
			inTurn(b, "json", save, func() { saveLockedJSON(b, path) })
		})
	}
}

// BenchmarkFieldAgainstLockedJSON is the same for a program that has no Go value of
// the whole file, and changes one field: encoding/json has no part in its saves.
func BenchmarkFieldAgainstLockedJSON(b *testing.B) {
	for _, size := range []int{2 << 10, 1 << 20} {
		b.Run(fmt.Sprintf("bytes=%d", size), func(b *testing.B) {
			dir := b.TempDir()
			_, text := savesOf(b, dir, size, &Options{Layout: Embedded})
			path := filepath.Join(dir, "json.json")
			seed(b, path, string(text))
			inTurn(b, "json", fieldSaves(b, dir), func() { saveLockedJSON(b, path) })
		})
	}
}

// BenchmarkUnsyncedSaveAgainstWriteFile is for programs that ask for no
// durability, and compares with what they would do then.
func BenchmarkUnsyncedSaveAgainstWriteFile(b *testing.B) {
	for _, size := range []int{2 << 10, 16 << 10} {
		b.Run(fmt.Sprintf("bytes=%d", size), func(b *testing.B) {
			dir := b.TempDir()
			save, text := savesOf(b, dir, size, &Options{Layout: Embedded, Durability: NoSync})
			inTurn(b, "writefile", save, func() { seed(b, filepath.Join(dir, "raw.json"), string(text)) })
		})
	}
}

// BenchmarkUnchangedGet asks for the value of a file that nobody touches.
func BenchmarkUnchangedGet(b *testing.B) {
	path := filepath.Join(b.TempDir(), "app.json")
	seed(b, path, `{"theme":"dark","size":12}`)
	later := time.Now().Add(time.Hour) // when the file's times are trusted
	f, err := Open[struct {
		Theme string
		Size  int
	}](path, &Options{Now: func() time.Time { return later }})
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for b.Loop() {
		if v, err := f.Get(); err != nil || v.Size != 12 {
			b.Fatal(v, err)
		}
	}
}

// savesOf makes a file of about size bytes, and returns a save of one of its
// fields and the file's text.
func savesOf(tb testing.TB, dir string, size int, o *Options) (save func(), first []byte) {
	path := filepath.Join(dir, "app.json")
	v := map[string]any{}
	snap, err := LoadContext(context0(), path, &v, o)
	if err != nil {
		tb.Fatal(err)
	}
	maps.Copy(v, sized(size))
	n := 0
	save = func() {
		n++
		v["counter"] = n
		if err := snap.Save(&v); err != nil {
			tb.Fatal(err)
		}
	}
	save()
	return save, []byte(text(tb, path))
}

// fieldSaves returns a save of one field of the file that savesOf has made.
func fieldSaves(tb testing.TB, dir string) (save func()) {
	doc, err := OpenDoc(filepath.Join(dir, "app.json"), nil)
	if err != nil {
		tb.Fatal(err)
	}
	n := 0
	return func() {
		n--
		err := doc.Update(context0(), func(d *lww.Document, w lww.Writer) error {
			return d.Write(w, lww.Change{Path: []string{"counter"}, Want: &lww.View{Leaf: strconv.Itoa(n)}})
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// inTurn runs both by turns and reports the ratio of their medians.
func inTurn(b *testing.B, against string, ours, theirs func()) {
	var mine, base []time.Duration
	for b.Loop() {
		mine, base = append(mine, timed(ours)), append(base, timed(theirs))
	}
	b.ReportMetric(float64(median(mine))/float64(median(base)), "×"+against)
	b.ReportMetric(float64(median(mine).Microseconds()), "µs/save")
	b.ReportMetric(0, "ns/op")
}

func timed(do func()) time.Duration {
	start := time.Now()
	do()
	return time.Since(start)
}

func saveLockedJSON(b *testing.B, path string) {
	lock := flock.New(path + ".flock")
	if err := lock.Lock(); err != nil {
		b.Fatal(err)
	}
	defer lock.Unlock()
	data, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(data, &v); err != nil {
		b.Fatal(err)
	}
	v["counter"] = len(v)
	if data, err = json.MarshalIndent(v, "", "  "); err != nil {
		b.Fatal(err)
	}
	replaceRaw(b, path, data)
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func replaceRaw(b *testing.B, path string, data []byte) {
	f, err := os.OpenFile(path+".tmp", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err == nil {
		_, err = f.Write(data)
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = f.Close()
	}
	if err == nil {
		err = os.Rename(path+".tmp", path)
	}
	if err != nil {
		b.Fatal(err)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err == nil {
		err = dir.Sync()
		_ = dir.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
}
