package strictjson

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// configText is a configuration of about fields leaves: projects keyed by path, with counters, flags, tokens.
func configText(fields int, indent string) []byte {
	projects := make(map[string]any)
	for i := range max(fields/8, 1) {
		projects[fmt.Sprintf("/home/ann/src/project-%d", i)] = map[string]any{
			"enabled":      i%3 == 0,
			"cost":         float64(i) * 1.25,
			"runs":         i * 17,
			"lastSession":  fmt.Sprintf("018f2c6e-7d1b-7cc2-98a5-%012d", i),
			"lastError":    nil,
			"instructions": "keep <this> & \"that\" as they are",
			"allowedTools": []any{"read", "write"},
		}
	}
	raw, err := json.MarshalIndent(map[string]any{"projects": projects, "theme": "dark"}, "", indent)
	if err != nil {
		panic(err)
	}
	if indent == "" {
		raw = []byte(Canonical(string(raw)))
	}
	return raw
}

// BenchmarkParse runs encoding/json in turns with Parse and reports how much longer that takes.
func BenchmarkParse(b *testing.B) {
	for _, fields := range []int{40, 10_000} {
		for _, style := range []struct{ name, indent string }{{"compact", ""}, {"indented", "  "}} {
			src := configText(fields, style.indent)
			b.Run(fmt.Sprintf("fields=%d/%s", fields, style.name), func(b *testing.B) {
				turn := 1 + 20_000/fields/8
				var ours, theirs []time.Duration
				for b.Loop() {
					ours = append(ours, timed(turn, func() error { _, err := Parse(src, Limits{}); return err }))
					theirs = append(theirs, timed(turn, func() error { var v map[string]any; return json.Unmarshal(src, &v) }))
				}
				took := median(ours)
				b.ReportMetric(float64(took)/float64(turn), "ns/op")
				b.ReportMetric(float64(len(src)*turn)/took.Seconds()/1e6, "MB/s")
				b.ReportMetric(float64(median(theirs))/float64(took), "x-encoding/json")
				b.ReportMetric(testing.AllocsPerRun(10, func() { Parse(src, Limits{}) }), "allocs/op")
			})
		}
	}
}

// timed collects garbage first, so that neither pays for the other's.
func timed(n int, fn func() error) time.Duration {
	runtime.GC()
	start := time.Now()
	for range n {
		if err := fn(); err != nil {
			panic(err)
		}
	}
	return time.Since(start)
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func BenchmarkCanonical(b *testing.B) {
	src := configText(10_000, "  ")
	tree, err := Parse(src, Limits{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		dst = tree.Root().AppendCanonical(dst[:0])
	}
}

func BenchmarkApply(b *testing.B) {
	src := configText(10_000, "  ")
	tree, err := Parse(src, Limits{})
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{1, 100, 1000} {
		var edits []Edit
		for i := range n {
			edits = append(edits, Edit{Path: []string{"projects", fmt.Sprintf("/home/ann/src/project-%d", i), "runs"}, Value: "1"})
		}
		b.Run(fmt.Sprintf("edits=%d", n), func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Apply(tree, edits); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRefuseTwentyMegabytesOfBrackets(b *testing.B) {
	src := []byte(strings.Repeat("[", 20<<20))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(src, Limits{}); err == nil {
			b.Fatal("accepted")
		}
	}
}
