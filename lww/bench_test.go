package lww

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// many is a document of n fields in objects of 100.
func many(n int) *Document {
	d := &Document{ID: "many", Salt: "abcdefgh"}
	for i := range n {
		path := []string{fmt.Sprintf("section_%d", i/100), fmt.Sprintf("setting_%d", i)}
		d.growTo(path).put(Register{Stamp: NewStamp(0, int64(i), 0, 1), Value: fmt.Sprintf("%q", strings.Repeat("x", 20))})
	}
	return d
}

// BenchmarkMergeAgain merges what is there already: 10,000 fields.
func BenchmarkMergeAgain(b *testing.B) {
	d, same := many(10_000), many(10_000)
	b.ReportAllocs()
	for b.Loop() {
		if d.Merge(same) {
			b.Fatal("merging again changed something")
		}
	}
	b.ReportMetric(float64(b.N)*10_000/b.Elapsed().Seconds()/1e6, "Mfields/s")
}

// BenchmarkMergeOneField merges a change of one field into 10,000.
func BenchmarkMergeOneField(b *testing.B) {
	d, delta := many(10_000), &Document{}
	delta.growTo([]string{"section_50", "setting_5050"}).put(Register{Stamp: NewStamp(1, 0, 0, 1), Value: "1"})
	b.ReportAllocs()
	for b.Loop() {
		d.Merge(delta)
	}
}

// BenchmarkScanWithDigests scans a text strictly and takes the digest of each
// leaf, by turns with encoding/json, which makes a map of it.
func BenchmarkScanWithDigests(b *testing.B) {
	text := many(10_000).View().AppendJSON(nil)
	var mine, base []time.Duration
	for b.Loop() {
		start := time.Now()
		scanWithDigests(b, text)
		half := time.Now()
		var v map[string]any
		if err := json.Unmarshal(text, &v); err != nil {
			b.Fatal(err)
		}
		mine, base = append(mine, half.Sub(start)), append(base, time.Since(half))
	}
	slices.Sort(mine)
	slices.Sort(base)
	b.ReportMetric(float64(base[len(base)/2])/float64(mine[len(mine)/2]), "×json")
	b.ReportMetric(0, "ns/op")
}

func scanWithDigests(b *testing.B, text []byte) {
	tree, err := strictjson.ParseObject(text, strictjson.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	digests := newDigester("abcdefgh")
	digests.leaves(nil, tree.Root())
}

// leaves takes the digest of each leaf.
func (d *digester) leaves(at []byte, n strictjson.Node) {
	if n.Kind() != strictjson.Object {
		d.ofPointer(at, n.Raw())
		return
	}
	for key, kid := range n.Members() {
		d.leaves(strictjson.AppendPointer(at, key), kid)
	}
}
