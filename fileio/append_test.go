//go:build unix

package fileio

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestLinesAreAppended(t *testing.T) {
	f := openFolder(t, fixture(t, "x"), Options{})
	must(t, f.Append("journal.jsonl", []byte("a"), 0))
	must(t, f.Append("journal.jsonl", []byte("b\n"), 0))
	wantFile(t, filepath.Join(f.Path(), "journal.jsonl"), "a\nb\n")
}

func TestAFullJournalIsRotatedOnce(t *testing.T) {
	f := openFolder(t, fixture(t, "x"), Options{})
	for _, line := range []string{"1234", "5678", "90ab", "cdef", "ghij"} {
		must(t, f.Append("journal.jsonl", []byte(line), 10))
	}
	wantFile(t, filepath.Join(f.Path(), "journal.jsonl"), "ghij\n")
	wantFile(t, filepath.Join(f.Path(), "journal.jsonl.1"), "90ab\ncdef\n")
}

func TestALineThatIsTooLongAloneIsStillWritten(t *testing.T) {
	f := openFolder(t, fixture(t, "x"), Options{})
	long := strings.Repeat("x", 100)
	must(t, f.Append("journal.jsonl", []byte(long), 10))
	wantFile(t, filepath.Join(f.Path(), "journal.jsonl"), long+"\n")
}
