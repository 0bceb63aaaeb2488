package refresh

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
)

// FileStore is a Store in a file of cfgmerge: a group of the policy token.
type FileStore struct {
	doc *cfgmerge.Doc
	ref cfgmerge.GroupRef
}

// NewFileStore returns the store for one instance of a group. The group is
// declared by struct tags of the type that the file was opened for, or stored
// in the file.
func NewFileStore(doc *cfgmerge.Doc, ref cfgmerge.GroupRef) *FileStore {
	ref.Key = slices.Clone(ref.Key)
	return &FileStore{doc: doc, ref: ref}
}

// Name is the name of the group's instance.
func (f *FileStore) Name() string { return lww.InstanceName(f.ref.Name, f.ref.Key) }

// Load reads the file. The reasons in its *cfgmerge.Error are those of
// Doc.Group, and *KindError.
func (f *FileStore) Load(ctx context.Context) (Stored, error) {
	return f.stored(f.doc.Group(ctx, f.ref))
}

// Glance reads the file only if it has changed. The reasons in its
// *cfgmerge.Error are those of Load.
func (f *FileStore) Glance(ctx context.Context) (Stored, error) {
	return f.stored(f.doc.GlanceGroup(ctx, f.ref))
}

// KindError: the group is not one of the policy token, or has no member for
// the access token. Nothing was done.
type KindError struct {
	// Group is its name.
	Group string
}

func (e *KindError) Error() string {
	return fmt.Sprintf("the group %q is no token, or has no member with the role access", e.Group)
}

// Hint says what to do.
func (e *KindError) Hint() string {
	return "tag its fields with token=NAME and the roles access, refresh and expiry"
}

func (f *FileStore) stored(state cfgmerge.GroupState, err error) (Stored, error) {
	if err != nil {
		return Stored{}, err
	}
	p := state.Policy
	if p.Kind != lww.Token || p.Access == "" {
		return Stored{}, &KindError{Group: f.ref.Name}
	}
	s := Stored{Era: state.Era.String(), Generation: state.Generation, Written: state.Written, Version: state}
	s.Access, s.Refresh, s.Identity = member(state, p.Access), member(state, p.Refresh), member(state, p.Identity)
	if p.Expiry != "" {
		s.Expiry = parseExpiry(state.Values[p.Expiry], p.ExpiryForm)
	}
	for key, v := range state.Values {
		if !hasRole(p, key) {
			if s.Extra == nil {
				s.Extra = map[string]any{}
			}
			s.Extra[key] = v
		}
	}
	return s, nil
}

// member returns the member that plays a role, empty if none does.
func member(state cfgmerge.GroupState, key string) string {
	text, _ := state.Values[key].(string)
	return text
}

func hasRole(p lww.Policy, key string) bool {
	return key == p.Access || key == p.Refresh || key == p.Expiry || key == p.Identity
}

// Swap writes the group. Members of next.Extra that the group does not have
// are left out.
func (f *FileStore) Swap(ctx context.Context, old Stored, next Token, change Change) (Stored, error) {
	state, ok := old.Version.(cfgmerge.GroupState)
	if !ok {
		return Stored{}, errors.New("the version is not one of this store")
	}
	var values map[string]any
	if change != Logout {
		values = tupleOf(state.Policy, next)
	}
	now, err := f.doc.SwapGroup(ctx, f.ref, state, values, change != Rotation)
	var committed *cfgmerge.DurabilityError
	if err != nil && !errors.As(err, &committed) {
		return Stored{}, err
	}
	s, kindErr := f.stored(now, nil)
	return s, errors.Join(err, kindErr)
}

// tupleOf lays a token out as the members of the group.
func tupleOf(p lww.Policy, t Token) map[string]any {
	values := map[string]any{}
	for key, v := range t.Extra {
		if slices.Contains(p.Members, key) && !hasRole(p, key) {
			values[key] = v
		}
	}
	maps.DeleteFunc(values, func(_ string, v any) bool { return v == nil })
	put := func(key, text string) {
		if key != "" && text != "" {
			values[key] = text
		}
	}
	put(p.Access, t.Access)
	put(p.Refresh, t.Refresh)
	put(p.Identity, t.Identity)
	if p.Expiry != "" && !t.Expiry.IsZero() {
		values[p.Expiry] = formatExpiry(t.Expiry, p.ExpiryForm)
	}
	return values
}

// parseExpiry reads a time as programs write it: RFC 3339, seconds or
// milliseconds since 1970. Zero if it is none of these.
func parseExpiry(v any, form string) time.Time {
	switch v := v.(type) {
	case string:
		if t, err := time.Parse(time.RFC3339, v); err == nil {
			return t
		}
		return parseExpiry(json.Number(v), form)
	case json.Number:
		n, err := v.Float64()
		switch {
		case err != nil || n <= 0:
			return time.Time{}
		case form == lww.FormMillis || form == "" && n >= lww.MillisFrom:
			return time.UnixMilli(int64(n))
		}
		return time.UnixMilli(int64(n * 1000))
	}
	return time.Time{}
}

// formatExpiry writes a time in one of the forms; seconds if none is known.
func formatExpiry(t time.Time, form string) any {
	switch form {
	case lww.FormRFC3339:
		return t.UTC().Format(time.RFC3339)
	case lww.FormMillis:
		return json.Number(strconv.FormatInt(t.UnixMilli(), 10))
	}
	return json.Number(strconv.FormatInt(t.Unix(), 10))
}

// Ready takes the lock that a save takes, and gives it back.
func (f *FileStore) Ready(ctx context.Context, _ Stored) error { return f.doc.Ready(ctx) }

// Folder is the file's state folder.
func (f *FileStore) Folder(create bool) (*fileio.Folder, error) { return f.doc.Folder(create) }

// Author looks the last write up in the journal.
func (f *FileStore) Author(ctx context.Context, _ Stored) (string, error) {
	fields, err := f.doc.Blame(ctx)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(fields, func(a cfgmerge.Attribution) bool { return a.Field == f.Name() })
	if i < 0 || fields[i].By == nil {
		return "", nil
	}
	by := fields[i].By
	return fmt.Sprintf("%s, pid %d", by.App, by.PID), nil
}
