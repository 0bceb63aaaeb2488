package lww

import "testing"

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
