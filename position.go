package cfgmerge

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// textIndex finds lines without counting them from the start each time.
type textIndex []int // where each line starts

func indexText(src string) textIndex {
	lines := textIndex{0}
	for at := 0; ; {
		i := strings.IndexByte(src[at:], '\n')
		if i < 0 {
			return lines
		}
		at += i + 1
		lines = append(lines, at)
	}
}

func (x textIndex) position(offset int) (line, column int) {
	line = sort.SearchInts(x, offset+1)
	return line, offset - x[line-1] + 1
}

// keyBefore returns where the key of the value at offset begins, or offset if it
// is the value of no member. A quote that the key holds has an odd number of
// backslashes before it.
func keyBefore(src string, offset int) int {
	rest, isMember := strings.CutSuffix(strings.TrimRight(src[:offset], " \t\r\n"), ":")
	if !isMember {
		return offset
	}
	key := strings.TrimSuffix(strings.TrimRight(rest, " \t\r\n"), `"`)
	for {
		key = key[:strings.LastIndexByte(key, '"')]
		if bare := strings.TrimRight(key, `\`); (len(key)-len(bare))%2 == 0 {
			return len(key)
		}
	}
}

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
