package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/cfgmerge/cfgmerge/conformance/oauthtest"
)

// demo shows the loss and the cure: several runs want the token in the morning.
func (a *authgate) demo() error {
	for _, way := range []struct {
		name string
		args []string
	}{
		{"load, refresh, save:", []string{"-naive", "-pause"}},
		{"cfgmerge:", nil},
	} {
		counts, err := morning(way.args)
		if err != nil {
			return err
		}
		verdict := "still logged in"
		if counts.Revocations > 0 {
			verdict = "logged out: a spent token came back, and the server took that for theft"
		}
		if _, err := fmt.Fprintf(a.out, "%-21s %d of %d runs asked the server; %s\n",
			way.name, counts.Exchanges+counts.Refusals, runs, verdict); err != nil {
			return err
		}
	}
	return nil
}

// runs is how many want the token at once.
const runs = 6

// together lets all go on when each is there: the standard input of runs that pause.
type together struct{ *sync.WaitGroup }

func (t together) Read(p []byte) (int, error) {
	t.Done()
	t.Wait()
	return copy(p, "\n"), nil
}

// morning logs in, lets the token expire, and runs authgate so many times at
// once. Each run is as a process would be: they share the file and the server, and
// those that pause have all loaded the file before the first goes on.
func morning(args []string) (oauthtest.Counts, error) {
	dir, err := os.MkdirTemp("", "authgate")
	if err != nil {
		return oauthtest.Counts{}, err
	}
	defer os.RemoveAll(dir)
	server := oauthtest.New(oauthtest.Options{})
	l, err := listen(server)
	if err != nil {
		return oauthtest.Counts{}, err
	}
	defer l.Close()
	path := filepath.Join(dir, "tokens.json")
	base := []string{"-file", path, "-server", "http://" + l.Addr().String()}
	if err := loginYesterday(path, "cli", server.Login("me", "cli")); err != nil {
		return oauthtest.Counts{}, err
	}
	var loaded, all sync.WaitGroup
	loaded.Add(runs)
	for range runs {
		all.Go(func() {
			var out bytes.Buffer
			run(append(append(base[:len(base):len(base)], args...), "token"), together{&loaded}, &out, &out)
		})
	}
	all.Wait()
	return server.Counts(), nil
}
