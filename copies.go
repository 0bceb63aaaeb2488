package cfgmerge

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/cfgmerge/cfgmerge/fileio"
)

// copiesOf returns the conflict copies of a file that sync tools have left
// beside it. The name is a hint; whether it is a copy, its id decides.
func copiesOf(path string) []string {
	resolved, err := fileio.Resolve(path)
	if err != nil {
		return nil
	}
	entries, err := os.ReadDir(filepath.Dir(resolved))
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if isConflictName(filepath.Base(resolved), e.Name()) && e.Type().IsRegular() {
			out = append(out, filepath.Join(filepath.Dir(resolved), e.Name()))
		}
	}
	return out
}

// isConflictName knows how Syncthing, Dropbox, Nextcloud, OneDrive, rclone and
// Seafile name a copy that they could not merge.
func isConflictName(base, name string) bool {
	stem := strings.TrimSuffix(base, filepath.Ext(base))
	if name == base || len(name) <= len(stem) || !strings.HasPrefix(name, stem) || !strings.ContainsRune(" ._-(", rune(name[len(stem)])) {
		return false
	}
	rest := strings.ToLower(name[len(stem):])
	for _, mark := range []string{".sync-conflict-", "conflicted copy", "conflict-", ".conflict", "_conflict", "(sfconflict"} {
		if strings.Contains(rest, mark) {
			return true
		}
	}
	return false
}

// conflictSides splits a text at git's conflict markers.
func conflictSides(text string) (ours, theirs string, ok bool) {
	var a, b strings.Builder
	const both, left, base, right = 0, 1, 2, 3
	part, hunks := both, 0
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "<<<<<<<") && part == both:
			part, hunks = left, hunks+1
		case strings.HasPrefix(line, "|||||||") && part == left:
			part = base
		case strings.HasPrefix(line, "=======") && (part == left || part == base):
			part = right
		case strings.HasPrefix(line, ">>>>>>>") && part == right:
			part = both
		default:
			if part == both || part == left {
				a.WriteString(line)
			}
			if part == both || part == right {
				b.WriteString(line)
			}
		}
	}
	return a.String(), b.String(), hunks > 0 && part == both
}
