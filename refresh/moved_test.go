package refresh

import (
	"context"
	"testing"

	"github.com/cfgmerge/cfgmerge/fileio"
)

// moving is a store whose state folder moves away during an exchange, and is
// not found again before it is settled.
type moving struct {
	*FileStore
	gone bool
}

func (m *moving) Swap(context.Context, Stored, Token, Change) (Stored, error) {
	m.gone = true
	return Stored{}, moved()
}

func (m *moving) Folder(create bool) (*fileio.Folder, error) {
	if m.gone {
		return nil, moved()
	}
	return m.FileStore.Folder(create)
}

func moved() error {
	return &fileio.FileError{Op: "lock", Path: "lock", Class: fileio.ClassMoved, Err: errDisk}
}

// To look for the folder again is right before the exchange. After it the new
// token must not get lost on the way.
func TestATokenThatCanNotBeStoredBecauseTheFolderMovedIsInTheError(t *testing.T) {
	r := newRig(t)
	c := r.over(&moving{FileStore: r.store()}, func(o *Options) {
		o.Fault = func(p string) error {
			if p == "spill" {
				return errDisk
			}
			return nil
		}
	})
	_, err := c.Token(t.Context())
	equal(t, "in the error", fails[*PersistError](t, err).Token.Refresh, "RT-2")
	equal(t, "calls", r.server.count(), 1)

	// The next call stores it, once it can.
	c.store = r.store()
	token, err := c.Token(t.Context())
	must(t, err)
	equal(t, "token", token.Access, "AT-2")
	equal(t, "stored", r.pair(), "AT-2 RT-2")
	equal(t, "calls", r.server.count(), 1)
}
