package cfgmerge

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cfgmerge/cfgmerge/lww"
)

// MaxSkew is how far ahead of the clock a stamp from another copy of the file may
// be. What is further ahead would win over every write until the clock is there:
// it is refused by MergeRules, reported by Check, and taken back by Repair, each
// as far as it is asked to.
const MaxSkew = 5 * time.Minute

// MergeRules say what is let in: a merge by itself, of lww.Document, refuses
// nothing. The zero value refuses all that a person should look at first.
type MergeRules struct {
	// Force joins different documents, which are otherwise an *IdentityError. The
	// smaller id is kept.
	Force bool
	// AllowFuture lets in stamps that are more than MaxSkew ahead of the clock,
	// which are otherwise a *FutureError.
	AllowFuture bool
}

// IdentityError: the files are different documents, not copies of one.
// Nothing was merged.
type IdentityError struct{}

func (e *IdentityError) Error() string { return "a different document, not a copy of this one" }

// FutureError: fields carry stamps from the future, and would win over
// everything until then. Nothing was merged.
type FutureError struct {
	// Fields are the pointers or group names, sorted.
	Fields []string
	// Ahead of the clock is the one that is furthest.
	Ahead time.Duration
}

func (e *FutureError) Error() string {
	more := ""
	if n := len(e.Fields) - 1; n > 0 {
		more = fmt.Sprintf(" and of %d more", n)
	}
	return fmt.Sprintf("the stamp of %s%s is %s ahead of the clock", e.Fields[0], more, span(e.Ahead))
}

// span writes a duration as people say it.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*365*day:
		return fmt.Sprintf("%d years", d/(365*day))
	case d >= 2*day:
		return fmt.Sprintf("%d days", d/day)
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours", d/time.Hour)
	}
	return fmt.Sprintf("%d minutes", d/time.Minute)
}

// Merge joins the files' states, sidecars and edits by hand included, and
// changes none of them. The reasons in the *Error, which names the file that
// was refused, are those of Load, fs.ErrNotExist in a *FileError,
// *IdentityError and *FutureError.
func Merge(ctx context.Context, rules MergeRules, files ...*Doc) (*lww.Document, error) {
	out := &lww.Document{}
	for _, d := range files {
		doc, err := d.LoadExisting(ctx)
		if err != nil {
			return nil, err
		}
		if err := rules.admit(out, doc, d.opts.now()); err != nil {
			return nil, d.fail("merge", err)
		}
		out.Merge(doc)
	}
	return out, nil
}

// Into returns the change that merges other into a document. Its errors are
// *IdentityError and *FutureError.
func (r MergeRules) Into(other *lww.Document) Edit {
	return func(d *lww.Document, w lww.Writer) error {
		if err := r.admit(d, other, w.Now); err != nil {
			return err
		}
		d.Merge(other)
		return nil
	}
}

// Merge merges other into the file. The journal tells it from a change. The
// reasons in its *Error are those of Update, *IdentityError and *FutureError.
func (d *Doc) Merge(ctx context.Context, rules MergeRules, other *lww.Document) error {
	change := rules.Into(other)
	return d.fail("merge", d.commit(ctx, &intent{kind: KindMerge, change: func(_ *state, doc *lww.Document, w lww.Writer) error {
		return change(doc, w)
	}}))
}

func (r MergeRules) admit(ours, theirs *lww.Document, now time.Time) error {
	if !r.Force && ours.ID != "" && theirs.ID != "" && ours.ID != theirs.ID {
		return &IdentityError{}
	}
	if r.AllowFuture {
		return nil
	}
	ahead := map[string]time.Duration{}
	for key, reg := range theirs.Registers() {
		for _, s := range []lww.Stamp{reg.Stamp, reg.Era} {
			if s.Future(now, MaxSkew) {
				ahead[key] = max(ahead[key], s.Time().Sub(now))
			}
		}
	}
	if len(ahead) == 0 {
		return nil
	}
	return &FutureError{
		Fields: slices.Sorted(maps.Keys(ahead)),
		Ahead:  slices.Max(slices.Collect(maps.Values(ahead))),
	}
}
