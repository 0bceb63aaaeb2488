package cfgmerge

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// countCharacters fills in Character. The findings are visited in the order of
// their places, so that no line is counted twice.
func countCharacters(findings []Finding, text []byte) {
	var placed []*Finding
	for i := range findings {
		if findings[i].Line > 0 {
			placed = append(placed, &findings[i])
		}
	}
	slices.SortStableFunc(placed, func(a, b *Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	lines := indexText(string(text))
	line, column, character := 0, 0, 0
	for _, f := range placed {
		if f.Line != line {
			line, column, character = f.Line, 1, 1
		}
		start := lines[min(f.Line, len(lines))-1]
		from, to := min(start+column-1, len(text)), min(start+f.Column-1, len(text))
		character += utf8.RuneCount(text[from:to])
		f.Character, column = character, f.Column
	}
}
