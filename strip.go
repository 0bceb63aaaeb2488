package cfgmerge

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"strings"

	"github.com/cfgmerge/cfgmerge/fileio"
)

// ErrUnstored is returned by a Strip that would remove a token with the folder:
// an exchange could not store it in the file, and nobody gets it a second time.
var ErrUnstored = errors.New("the state folder keeps a new token that is not in the file yet")

// Strip takes the block out of the file: plain JSON remains, with the same
// values. With all, the state folder goes too, and with it every trace of
// cfgmerge; those who exchange a token, or make a value that is made once, are
// waited for. The reasons in its *Error are those of Update, and ErrUnstored.
func (d *Doc) Strip(ctx context.Context, all bool) error {
	in := &intent{plain: true, always: true, removeFolder: all}
	if !all {
		return d.fail("strip", d.commit(ctx, in))
	}
	release, err := d.awaitExchanges(ctx)
	if err == nil {
		defer release()
		err = d.commit(ctx, in)
	}
	return d.fail("strip", err)
}

// awaitExchanges takes the locks under which tokens are exchanged: whoever has
// one of them stores a token in the end, which the file would lack. SPEC.md
// section 11.
func (d *Doc) awaitExchanges(ctx context.Context) (release func(), err error) {
	folder, err := fileio.OpenFolder(d.path, false, d.opts.files())
	if err != nil {
		return nil, err
	}
	var held []*fileio.Guard
	release = func() {
		for _, g := range held {
			_ = g.Unlock()
		}
		_ = folder.Close()
	}
	if !folder.Exists() {
		return release, nil
	}
	entries, err := fs.ReadDir(folder.Root().FS(), ".")
	for _, e := range entries {
		if err == nil && strings.HasSuffix(e.Name(), ".lock") {
			var g *fileio.Guard
			g, err = folder.Acquire(ctx, e.Name())
			held = append(held, g)
		}
	}
	for _, e := range entries {
		if err == nil && strings.HasSuffix(e.Name(), ".marker") {
			err = mustKeepNone(folder, e.Name())
		}
	}
	if err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// A marker of an exchange: after so many bytes the length of a token, if one is
// kept in it.
const (
	markerRoom = 512
	mostMarker = markerRoom + 2<<20
)

func mustKeepNone(folder *fileio.Folder, marker string) error {
	data, err := folder.ReadFile(marker, mostMarker)
	if err == nil && len(data) >= markerRoom+4 && binary.LittleEndian.Uint32(data[markerRoom:]) != 0 {
		err = ErrUnstored
	}
	return err
}
