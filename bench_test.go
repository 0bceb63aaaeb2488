package cfgmerge

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
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

// BenchmarkSaveAgainstRaw saves one field of a file and, in turn, replaces a
// file of the same size by create, write, fsync, rename and fsync of the
// directory. It reports the ratio of the medians: absolute times mean nothing
// on a shared machine.
func BenchmarkSaveAgainstRaw(b *testing.B) {
	for _, layout := range []Layout{Embedded, Sidecar} {
		for _, size := range []int{2 << 10, 16 << 10} {
			b.Run(fmt.Sprintf("%s/bytes=%d", layout, size), func(b *testing.B) { benchSave(b, layout, size) })
		}
	}
}

func benchSave(b *testing.B, layout Layout, size int) {
	dir := b.TempDir()
	path := filepath.Join(dir, "app.json")
	v := map[string]any{}
	snap, err := LoadContext(context0(), path, &v, &Options{Layout: layout})
	if err != nil {
		b.Fatal(err)
	}
	maps.Copy(v, sized(size))
	if err := snap.Save(&v); err != nil {
		b.Fatal(err)
	}
	raw := []byte(text(b, path))
	var ours, theirs []time.Duration
	for i := 0; b.Loop(); i++ {
		v["counter"] = i + 1
		start := time.Now()
		if err := snap.Save(&v); err != nil {
			b.Fatal(err)
		}
		ours = append(ours, time.Since(start))
		start = time.Now()
		replaceRaw(b, filepath.Join(dir, "raw.json"), raw)
		theirs = append(theirs, time.Since(start))
	}
	b.ReportMetric(float64(median(ours))/float64(median(theirs)), "×raw")
	b.ReportMetric(float64(median(ours).Microseconds()), "µs/save")
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
