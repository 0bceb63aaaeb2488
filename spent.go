package cfgmerge

import (
	"slices"
	"strings"
	"sync"

	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
)

// The record of superseded secrets outlives the shadow: a token that was
// rotated years ago must not come back.
const (
	spentName    = "spent"
	spentOlder   = spentName + ".1"
	spentSize    = 1 << 20 // bytes, after which the record is tidied
	spentMost    = 1 << 25 // bytes: more are not our record
	spentPerItem = 4096    // that are kept of each member
)

// spent returns the test for spent secrets. The record is read when it is first
// asked for: most files have no secrets, and so no record.
func (d *Doc) spent() func(digest string) bool {
	read := sync.OnceValue(d.readSpent)
	return func(digest string) bool { return read()[digest] }
}

func (d *Doc) readSpent() map[string]bool {
	spent := map[string]bool{}
	folder, err := fileio.OpenFolder(d.path, false, d.opts.files())
	if err != nil {
		return spent
	}
	defer folder.Close()
	if !folder.Exists() {
		return spent
	}
	// In this order: what is moved meanwhile is seen twice, and not missed.
	for _, name := range []string{spentName, spentOlder} {
		data, err := folder.ReadFile(name, spentMost)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(data)) {
			digest, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			spent[digest] = digest != ""
		}
	}
	return spent
}

// recordSpent notes the secrets that this save supersedes, before the swap: a
// record of a secret that is still the present one does no harm.
func (c *commit) recordSpent(before *lww.Document) error {
	var lines strings.Builder
	for _, s := range lww.SpentBy(before, c.doc) {
		lines.WriteString("\n" + s.Digest + " " + s.Member) // a power cut may have torn the line before
	}
	if lines.Len() == 0 {
		return nil
	}
	c.tidySpent()
	return c.folder.Append(spentName, []byte(lines.String()), 0)
}

// tidySpent makes a record that has grown long short again, if that can be
// done. What was recorded last of each member is in the older file before it is
// removed from the newer one.
func (c *commit) tidySpent() {
	info, err := c.folder.Root().Stat(spentName)
	if err != nil || info.Size() < spentSize {
		return
	}
	var lines []string
	for _, name := range []string{spentOlder, spentName} {
		data, err := c.folder.ReadFile(name, spentMost)
		if err != nil {
			return
		}
		lines = slices.AppendSeq(lines, strings.Lines(string(data)))
	}
	if c.folder.WriteFile(spentOlder, []byte(strings.Join(newestOfEach(lines, spentPerItem), ""))) == nil {
		_ = c.folder.Remove(spentName)
	}
}

// newestOfEach returns, of each member, the lines that were appended last.
func newestOfEach(lines []string, most int) []string {
	count, kept := map[string]int{}, make([]string, 0, len(lines))
	for _, line := range slices.Backward(lines) {
		digest, member, _ := strings.Cut(strings.TrimSpace(line), " ")
		if digest == "" {
			continue
		}
		if count[member]++; count[member] <= most {
			kept = append(kept, line)
		}
	}
	slices.Reverse(kept)
	return kept
}
