package keyringx

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/conformance/oauthtest"
	"github.com/cfgmerge/cfgmerge/refresh"
)

// store is on a keyring of its own.
func store(t *testing.T, o Options) *Store {
	t.Helper()
	keyring.MockInit()
	o.StateHome = t.TempDir()
	s, err := New("app", "me", o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func coordinator(t *testing.T, s refresh.Store, server *oauthtest.Server) *refresh.Coordinator {
	t.Helper()
	endpoint := &refresh.Endpoint{URL: server.URL + "/token", ClientID: "cli"}
	c, err := refresh.New(s, refresh.Options{ClientID: "cli", Exchange: endpoint.Exchange})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// expired logs in with a token that has expired.
func expired(t *testing.T, c *refresh.Coordinator, server *oauthtest.Server) {
	t.Helper()
	a := server.Login("me", "cli")
	err := c.Login(t.Context(), refresh.Token{Access: a.AccessToken, Refresh: a.RefreshToken, Expiry: time.Now().Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
}

func TestManyHandlesOfOneItemSpendATokenOnce(t *testing.T) {
	server := oauthtest.Start(t, oauthtest.Options{})
	s := store(t, Options{})
	expired(t, coordinator(t, s, server), server)
	var all sync.WaitGroup
	for range 8 {
		same, err := New("app", "me", s.opts)
		if err != nil {
			t.Fatal(err)
		}
		c := coordinator(t, same, server)
		all.Go(func() {
			if _, err := c.Token(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if c := server.Counts(); c.Exchanges != 1 || c.Reuses != 0 {
		t.Errorf("%+v", c)
	}
}

func TestARefreshThatEndsAfterALogoutBringsNothingBack(t *testing.T) {
	server := oauthtest.Start(t, oauthtest.Options{})
	server.Script("/token", oauthtest.Step{After: "gate"})
	s := store(t, Options{})
	c := coordinator(t, s, server)
	expired(t, c, server)
	result := make(chan error, 1)
	go func() {
		_, err := c.Token(context.WithoutCancel(t.Context()))
		result <- err
	}()
	<-server.Reached("gate")
	if _, err := c.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.Open("gate")
	var late *refresh.SupersededError
	if err := <-result; !errors.As(err, &late) || late.Discarded.Refresh != "RT-2" {
		t.Errorf("%v", err)
	}
	if now, err := s.Load(t.Context()); err != nil || !now.IsZero() {
		t.Errorf("%v, %v", now, err)
	}
}

func TestATokenThatWouldNotFitIsNotSpent(t *testing.T) {
	server := oauthtest.Start(t, oauthtest.Options{})
	s := store(t, Options{MaxItem: 250})
	c := coordinator(t, s, server)
	expired(t, c, server)
	s.opts.MaxItem = 200
	var large *TooLargeError
	if _, err := c.Token(t.Context()); !errors.As(err, &large) || large.Max != 200 {
		t.Errorf("%v", err)
	}
	if c := server.Counts(); c.Exchanges != 0 {
		t.Errorf("%+v", c)
	}
}

func TestWhatIsNotOursIsNeitherReadNorReplaced(t *testing.T) {
	s := store(t, Options{})
	if err := keyring.Set("app", "me", "CANARY"); err != nil {
		t.Fatal(err)
	}
	c := coordinator(t, s, oauthtest.Start(t, oauthtest.Options{}))
	_, tokenErr := c.Token(t.Context())
	loginErr := c.Login(t.Context(), refresh.Token{Access: "AT"})
	for _, err := range []error{tokenErr, loginErr} {
		var unreadable *UnreadableError
		if !errors.As(err, &unreadable) || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%v", err)
		}
	}
	if text, err := keyring.Get("app", "me"); err != nil || text != "CANARY" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestAKeyringThatFailsIsNoLogout(t *testing.T) {
	s := store(t, Options{})
	keyring.MockInitWithError(errors.New("locked"))
	t.Cleanup(keyring.MockInit)
	if _, err := s.Load(t.Context()); err == nil || errors.Is(err, refresh.ErrLoggedOut) {
		t.Errorf("%v", err)
	}
}

func TestItemsAreToldApartWhateverTheirNames(t *testing.T) {
	seen := map[string]string{}
	for _, names := range [][2]string{{"a", "bc"}, {"ab", "c"}, {"../x", "y"}, {"A", "bc"}, {strings.Repeat("s", 10000), "\x00"}} {
		s, err := New(names[0], names[1], Options{StateHome: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		base := filepath.Base(s.target)
		if other := seen[base]; other != "" {
			t.Errorf("%.10q and %.10s share a lock", names, other)
		}
		seen[base] = fmt.Sprint(names)
	}
	if _, err := New("", "me", Options{}); err == nil {
		t.Error("an item without a service")
	}
}

func TestWhereATokenLivesIsDecidedOnce(t *testing.T) {
	type config struct {
		Access  string `json:"access"  cfgmerge:"token=login,access"`
		Refresh string `json:"refresh" cfgmerge:"token=login,refresh"`
	}
	s := store(t, Options{})
	file, err := cfgmerge.Open[config](filepath.Join(t.TempDir(), "app.json"), nil)
	if err != nil {
		t.Fatal(err)
	}
	inAFile := refresh.NewFileStore(file.Doc(), cfgmerge.GroupRef{Name: "login"})
	keyring.MockInitWithError(errors.New("no desktop"))
	if got, kept, err := Auto(t.Context(), s, inAFile); err != nil || kept != inFile || got != refresh.Store(inAFile) {
		t.Fatalf("%q, %v", kept, err)
	}
	keyring.MockInit() // by now there is one
	if _, kept, err := Auto(t.Context(), s, inAFile); err != nil || kept != inFile {
		t.Errorf("%q, %v", kept, err)
	}
}
