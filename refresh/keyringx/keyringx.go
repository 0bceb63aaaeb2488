// Package keyringx keeps a token in the keyring of the system: the Keychain of
// macOS, the Credential Manager of Windows, the Secret Service of Linux
// desktops. It is a module of its own, so that programs without it don't
// depend on D-Bus.
//
// Start with [New], whose result is a refresh.Store, or with [Auto], which
// falls back to a file where there is no keyring.
//
// # What is guaranteed
//
// A keyring has no locks and no compare-and-swap. Processes agree by a lock in
// the user's state directory, which is named for service and account: those who
// name the same item share it, wherever they were started. The era and the
// generation are stored with the token, as one item, so that no crash can part
// them. What can't be read is an error, and never taken for a logout; what would
// not fit is refused before the refresh token is spent.
//
// # What is not
//
// Programs that write the item without this package are not excluded: what they
// write counts as a login. Keyrings of several users, and a keyring that is
// synchronised between machines, are several keyrings and none that is guarded.
package keyringx

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/refresh"
)

// Options configure a Store. The zero value is right.
type Options struct {
	// App names the program to those who wait for its lock; empty names only
	// the executable.
	App string
	// StateHome is where the locks lie; empty means $XDG_STATE_HOME or its
	// equivalent. All programs that share the item must agree.
	StateHome string
	// LockTimeout bounds the wait of a Swap; 0 means 5 s.
	LockTimeout time.Duration
	// MaxItem is the largest item in bytes; 0 means what the system takes: 2,560
	// on Windows, 3,000 on macOS, and no limit elsewhere.
	MaxItem int
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Store is a token in the keyring. It is safe for concurrent use.
type Store struct {
	service, account string
	opts             Options
	target           string // whose state folder holds the locks
}

// New returns the store of the item. Nothing is read before the first
// operation. The error says that a name is empty, or that there is no state
// directory.
func New(service, account string, o Options) (*Store, error) {
	if service == "" || account == "" {
		return nil, errors.New("the service or the account of the keyring item is empty")
	}
	home, err := stateHome(o.StateHome)
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d:%s%s", len(service), service, account))
	return &Store{service, account, o, filepath.Join(home, "cfgmerge", "keyring", hex.EncodeToString(sum[:10]))}, nil
}

// stateHome is the user's state directory.
func stateHome(given string) (string, error) {
	if given != "" {
		return given, nil
	}
	if home := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(home) {
		return home, nil
	}
	switch runtime.GOOS {
	case "windows", "darwin":
		return os.UserConfigDir()
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local", "state"), err
}

// Name is made of service and account.
func (s *Store) Name() string { return s.service + " " + s.account }

// item is what the keyring holds.
type item struct {
	V          int            `json:"v"`
	Access     string         `json:"access,omitempty"`
	Refresh    string         `json:"refresh,omitempty"`
	Expiry     time.Time      `json:"expiry,omitzero"`
	Identity   string         `json:"identity,omitempty"`
	Extra      map[string]any `json:"extra,omitempty"`
	Era        string         `json:"era"`
	Generation uint64         `json:"generation"`
	Written    time.Time      `json:"written"`
}

// UnreadableError: the keyring holds something under this name that this
// package has not written. It was left alone.
type UnreadableError struct{ Service string }

func (e *UnreadableError) Error() string {
	return "the keyring item of " + e.Service + " is not one of this program"
}

// Hint says what to do.
func (e *UnreadableError) Hint() string {
	return "log out with the program that wrote it, then log in again"
}

// TooLargeError: the token does not fit into an item of the system's keyring.
// No token was spent.
type TooLargeError struct {
	// Size and Max are in bytes.
	Size, Max int
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the token needs %d bytes, and the keyring takes %d", e.Size, e.Max)
}

// Hint says what to do.
func (e *TooLargeError) Hint() string { return "keep this token in a file" }

// Load reads the item. The errors are *UnreadableError and those of the
// keyring.
func (s *Store) Load(context.Context) (refresh.Stored, error) {
	text, err := keyring.Get(s.service, s.account)
	if errors.Is(err, keyring.ErrNotFound) {
		return refresh.Stored{Version: ""}, nil
	}
	if err != nil {
		return refresh.Stored{}, fmt.Errorf("read the keyring: %w", err)
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var it item
	if d.Decode(&it) != nil || it.V != 1 {
		return refresh.Stored{}, &UnreadableError{s.service}
	}
	return it.stored(text), nil
}

func (it item) stored(text string) refresh.Stored {
	return refresh.Stored{
		Token: refresh.Token{Access: it.Access, Refresh: it.Refresh, Expiry: it.Expiry, Identity: it.Identity, Extra: it.Extra},
		Era:   it.Era, Generation: it.Generation, Written: it.Written, Version: text,
	}
}

// Swap replaces the item under the lock. A logout leaves an item without a
// token: it is newer than every refresh that is under way. The errors are
// *cfgmerge.SupersededError, *cfgmerge.LockError, *TooLargeError and those of
// the keyring.
func (s *Store) Swap(ctx context.Context, old refresh.Stored, next refresh.Token, change refresh.Change) (refresh.Stored, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return refresh.Stored{}, err
	}
	defer unlock()
	now, err := s.Load(ctx)
	if err != nil {
		return refresh.Stored{}, err
	}
	if now.Version != old.Version {
		return refresh.Stored{}, &cfgmerge.SupersededError{Group: cfgmerge.GroupRef{Name: s.Name()}}
	}
	it := s.successor(now, next, change)
	text, err := it.encode()
	if err != nil {
		return refresh.Stored{}, err
	}
	if err := s.fits(len(text)); err != nil {
		return refresh.Stored{}, err
	}
	if err := keyring.Set(s.service, s.account, text); err != nil {
		return refresh.Stored{}, fmt.Errorf("write the keyring: %w", err)
	}
	return it.stored(text), nil
}

func (s *Store) successor(now refresh.Stored, next refresh.Token, change refresh.Change) item {
	it := item{
		V: 1, Access: next.Access, Refresh: next.Refresh, Expiry: next.Expiry, Identity: next.Identity, Extra: next.Extra,
		Era: now.Era, Generation: now.Generation + 1, Written: s.opts.Now().UTC(),
	}
	if change != refresh.Rotation {
		it.Era, it.Generation = newEra(), 0
	}
	return it
}

// newEra names a login or a logout: unlike a time it can't be drawn twice.
func newEra() string { return rand.Text() }

func (it item) encode() (string, error) {
	text, err := json.Marshal(it)
	return string(text), err
}

// Ready asks for the lock, and for room for a token a little larger than s.
func (s *Store) Ready(ctx context.Context, now refresh.Stored) error {
	text, _ := now.Version.(string)
	if err := s.fits(len(text) + growth); err != nil {
		return err
	}
	unlock, err := s.lock(ctx)
	if err == nil {
		unlock()
	}
	return err
}

// growth is by how many bytes tokens are expected to differ.
const growth = 64

func (s *Store) fits(size int) error {
	most := s.opts.MaxItem
	if most == 0 {
		most = map[string]int{"windows": 2560, "darwin": 3000}[runtime.GOOS]
	}
	if most > 0 && size > most {
		return &TooLargeError{size, most}
	}
	return nil
}

// lock takes the lock of a save.
func (s *Store) lock(ctx context.Context) (unlock func(), err error) {
	folder, err := s.folder(true, s.opts.LockTimeout)
	if err != nil {
		return nil, err
	}
	txn, err := folder.Lock(ctx)
	if err != nil {
		_ = folder.Close()
		return nil, err
	}
	return func() { _, _ = txn.Unlock(), folder.Close() }, nil
}

// Folder opens the state folder of the item.
func (s *Store) Folder(create bool) (*fileio.Folder, error) { return s.folder(create, -1) }

func (s *Store) folder(create bool, timeout time.Duration) (*fileio.Folder, error) {
	if create {
		if err := os.MkdirAll(filepath.Dir(s.target), 0o700); err != nil {
			return nil, err
		}
	}
	return fileio.OpenFolder(s.target, create, fileio.Options{App: s.opts.App, LockTimeout: timeout, Now: s.opts.Now})
}
