package cfgmerge

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
)

// Load returns the document as it is now: a copy that the caller owns. It
// takes no lock and changes nothing. A missing file is an empty document.
// The reasons in its *Error are *CorruptError, *VersionError and *FileError.
func (d *Doc) Load(ctx context.Context) (*lww.Document, error) {
	st, err := d.loaded(ctx)
	if err != nil {
		return nil, err
	}
	return st.doc, nil
}

// LoadExisting is Load for callers to whom a missing file is an error: a
// *FileError that is fs.ErrNotExist. An empty file is an empty document.
func (d *Doc) LoadExisting(ctx context.Context) (*lww.Document, error) {
	st, err := d.lookExisting(ctx)
	if err != nil {
		return nil, err
	}
	return st.doc, nil
}

// Text returns the file's text as Load understands it, without the block and
// otherwise with the bytes of the file; nil if there is no file.
func (d *Doc) Text(ctx context.Context) ([]byte, error) {
	st, err := d.loaded(ctx)
	if err != nil {
		return nil, err
	}
	text, err := st.text()
	return text, d.fail("load", err)
}

// TextExisting is Text with the errors of LoadExisting. An empty file reads {}.
func (d *Doc) TextExisting(ctx context.Context) ([]byte, error) {
	st, err := d.lookExisting(ctx)
	if err != nil {
		return nil, err
	}
	text, err := compose(st.tree, st.doc.View(), "")
	return text, d.fail("load", err)
}

// Query evaluates a query of gjson's path language over Text and returns the
// JSON of the matches, nil if there are none. It is for people: a key that
// holds one of the language's characters is better asked for by pointer.
func (d *Doc) Query(ctx context.Context, path string) ([]byte, error) {
	text, err := d.Text(ctx)
	if err != nil {
		return nil, err
	}
	return query(text, path), nil
}

// loaded is look for an operation that consists of it.
func (d *Doc) loaded(ctx context.Context) (*state, error) {
	st, err := d.look(ctx)
	if err != nil {
		return nil, d.fail("load", err)
	}
	d.conclude(st.report())
	return st, nil
}

func (d *Doc) lookExisting(ctx context.Context) (*state, error) {
	st, err := d.look(ctx)
	if err == nil && !st.main.Exists {
		err = missing(d.path)
	}
	if err != nil {
		return nil, d.fail("load", err)
	}
	d.conclude(st.report())
	return st, nil
}

func missing(path string) error {
	return &FileError{Op: "open", Path: path, Class: fileio.ClassMissing, Err: fs.ErrNotExist}
}

// How often, and for how long, a look that shows nothing good is repeated.
const (
	doubtTries = 5
	doubtPause = 5 * time.Millisecond
	calmTries  = 20
)

// look reads the state without a lock. A file that nothing remembered
// describes was written by somebody else only if nothing moves meanwhile.
func (d *Doc) look(ctx context.Context) (*state, error) { return d.lookWith(ctx, assemble) }

// lookWith is look with another way to make a state of a sighting.
func (d *Doc) lookWith(ctx context.Context, assemble func(sighting) (*state, error)) (*state, error) {
	if d.isClosed() {
		return nil, ErrClosed
	}
	var last sighting
	doubts := 0
	for try := 0; ; try++ {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		now, err := d.sight()
		if err != nil {
			return nil, err
		}
		st, err := assemble(now)
		switch {
		case st.doubtful(err) && doubts < doubtTries:
			d.opts.pause(doubtPause << doubts)
			doubts++
		case err != nil, st.exact, try > 0 && now.same(last), try == calmTries:
			return st.declared(d.shape), err
		}
		last = now
	}
}

// lookKeeping is look, and keeps the file open: while that is unchanged, another
// look would show the same. It is opened before the look, so that what changes
// in between shows the next time. Nil if there is no such file.
func (d *Doc) lookKeeping(ctx context.Context, now func() time.Time) (*state, *fileio.Kept, error) {
	kept, keepErr := fileio.Keep(d.path, d.opts.MaxSize, now)
	st, err := d.look(ctx)
	if keepErr != nil {
		return st, nil, err // why it can't be opened, the look says
	}
	if err != nil || kept.Content().Digest != st.main.Digest {
		kept.Close()
		kept = nil
	}
	return st, kept, err
}

// sight looks at the file and at the state folder, if there is one.
func (d *Doc) sight() (sighting, error) {
	main, err := fileio.Read(d.path, d.opts.MaxSize)
	if err != nil {
		return sighting{}, err
	}
	seen := sighting{main: main, spent: d.spent(), limits: d.limits()}
	folder, err := fileio.OpenFolder(d.path, false, d.opts.files())
	if errors.Is(err, fs.ErrPermission) {
		return seen, nil // of one who may only read: the file speaks for itself
	}
	if err != nil {
		return sighting{}, err
	}
	defer folder.Close()
	slots, err := folder.Slots()
	if err != nil {
		return sighting{}, err
	}
	seen.memories = remember(slots, main.Digest)
	return seen, nil
}
