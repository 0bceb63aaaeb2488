package refresh

import (
	"context"
	"errors"

	"github.com/cfgmerge/cfgmerge"
)

// persist stores the token that s was exchanged for, whatever becomes of the
// caller. What can't be stored is kept.
func (t *turn) persist(ctx context.Context, s Stored, next Token) (Stored, error) {
	next = next.over(s.Token)
	if t.isOther(s.Token, next) {
		f := t.failed(s, nil, nil, Permanent)
		f.Code = codeMismatch
		_ = f.write(t.folder, t.names)
		return Stored{}, errors.Join(&IdentityMismatchError{Discarded: next}, t.forget())
	}
	if err := t.opts.fault("persist"); err != nil {
		return Stored{}, t.keep(s, next, err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.opts.PersistTimeout)
	defer cancel()
	now, err := t.swap(ctx, s, next)
	var committed *cfgmerge.DurabilityError
	var superseded *SupersededError
	switch {
	case errors.As(err, &committed):
		// A power cut may bring the spent token back: the marker then says so,
		// and has the new one with it.
		_ = t.spill(next)
		return now, nil
	case errors.As(err, &superseded):
		_ = t.forget()
		return Stored{}, err
	case err != nil:
		return Stored{}, t.keep(s, next, err)
	}
	if err := t.opts.fault("persisted"); err != nil {
		return Stored{}, err
	}
	if now.Refresh == s.Refresh {
		t.noteReusable(now)
	}
	_ = t.forget() // it says nothing about the token that is stored now
	return now, t.opts.fault("cleared")
}

const codeMismatch = "identity_mismatch"

// isOther reports whether the tokens belong to two accounts.
func (c *Coordinator) isOther(a, b Token) bool {
	one, two := c.opts.Identity(a), c.opts.Identity(b)
	return one != "" && two != "" && one != two
}

// swap is the store's, until it is settled what is stored. Where only another
// member of the group was changed meanwhile, the spent token is still the
// stored one, and is replaced.
func (t *turn) swap(ctx context.Context, s Stored, next Token) (Stored, error) {
	for {
		now, err := t.store.Swap(ctx, s, next, Rotation)
		var lock *cfgmerge.LockError
		var changed *cfgmerge.SupersededError
		switch {
		case ctx.Err() == nil && (errors.As(err, &lock) || errors.Is(err, cfgmerge.ErrUnsettled)):
			continue
		case !errors.As(err, &changed):
			return now, err
		}
		current, loadErr := t.store.Load(ctx)
		if loadErr != nil {
			return Stored{}, loadErr
		}
		if current.Era != s.Era || current.Refresh != s.Refresh {
			return Stored{}, &SupersededError{Discarded: next, Err: err}
		}
		s, next = current, next.over(current.Token)
	}
}

// keep puts the token where the next holder of the lock finds it, or, if that
// is impossible too, where the next call of this process does.
func (t *turn) keep(s Stored, next Token, reason error) error {
	kept := t.kept || t.spill(next) == nil
	if !kept {
		t.mu.Lock()
		t.unkept = &unkept{era: s.Era, digest: t.names.digest(s.Refresh), token: next}
		t.mu.Unlock()
	}
	return &PersistError{Token: next, Kept: kept, Err: reason}
}

// takeUnkept returns what this process could not store, if it is still about
// the stored token.
func (t *turn) takeUnkept(s Stored, digest string) *Token {
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.unkept
	t.unkept = nil
	if u == nil || u.era != s.Era || u.digest != digest {
		return nil
	}
	return &u.token
}
