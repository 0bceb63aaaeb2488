package lww

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

func TestOnlyRFC3339IsTheTimeThatValuesCompareBy(t *testing.T) {
	for text, want := range map[string]int{
		"2026-01-01T01:00:00Z":           timeClass,
		"2026-01-01T01:00:00.5+23:59":    timeClass,
		"2026-01-01T01:00:00.123456789Z": timeClass,
		"2026-01-01T1:00:00Z":            stringClass,
		"2026-01-01T01:00:00,5Z":         stringClass,
		"2026-01-01T01:00:00+24:00":      stringClass,
		"2026-01-01T01:00:00+00:60":      stringClass,
		"2026-01-01t01:00:00z":           stringClass,
		"2026-01-01 01:00:00Z":           stringClass,
		"2026-01-01T01:00:00":            stringClass,
		"2026-02-30T01:00:00Z":           stringClass,
		"2026-01-01T24:00:00Z":           stringClass,
		"2026-01-01T01:00:60Z":           stringClass,
		"":                               stringClass,
	} {
		if got := rankValue(`"` + text + `"`).class; got != want {
			t.Errorf("%s: class %d, not %d", text, got, want)
		}
	}
}

func TestATimeIsWhatTheGrammarSays(t *testing.T) {
	grammar := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)
	whole := rapid.StringMatching(`\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d([.,]\d*)?(Z|z|[+-](0\d|2[2-5]):(0\d|5[89]|6[01]))`)
	rapid.Check(t, func(t *rapid.T) {
		text := whole.Draw(t, "time")
		if rapid.IntRange(0, 3).Draw(t, "spoiled") == 0 && text != "" {
			at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
			text = text[:at] + rapid.SampledFrom([]string{"", "0", "9", ".", "Z", "é", "\n", "-"}).Draw(t, "by") + text[at+1:]
		}
		if got := isTime(text); got != grammar.MatchString(text) {
			t.Fatalf("%q: %v", text, got)
		}
	})
}
