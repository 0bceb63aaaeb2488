package fileio

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestListingTheFolderLeavesNoTraceInIt(t *testing.T) {
	f := openFolder(t, fixture(t, "old"), Options{})
	long := time.Unix(1, 0)
	must(t, os.Chtimes(f.Path(), long, time.Now())) // the system would note an access now, as nothing was read since it was written
	_, err := f.Names()
	must(t, err)
	var st unix.Stat_t
	must(t, unix.Stat(f.Path(), &st))
	if got := time.Unix(st.Atim.Unix()); !got.Equal(long) {
		t.Error("accessed", got)
	}
}
