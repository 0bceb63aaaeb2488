package cfgmerge

import (
	"strings"
	"sync"

	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
)

// The record of superseded secrets outlives the shadow: a token that was
// rotated years ago must not come back.
const (
	spentName = "spent"
	spentSize = 1 << 20 // bytes, about 60,000 digests; one older file is kept
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
	for _, name := range []string{spentName + ".1", spentName} {
		data, err := folder.Root().ReadFile(name)
		if err != nil {
			continue
		}
		for digest := range strings.Lines(string(data)) {
			spent[strings.TrimSpace(digest)] = true
		}
	}
	return spent
}

// recordSpent notes the secrets that this save supersedes, before the swap: a
// record of a secret that is still the present one does no harm.
func (c *commit) recordSpent(before *lww.Document) error {
	if digests := lww.SpentBy(before, c.doc); len(digests) > 0 {
		return c.folder.Append(spentName, []byte(strings.Join(digests, "\n")), spentSize)
	}
	return nil
}
