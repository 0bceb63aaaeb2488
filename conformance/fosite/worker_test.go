package fosite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/cfgmerge/cfgmerge/refresh"
)

// wallet is where a process has its token from.
type wallet interface {
	// token returns an access token; a process that goes by the clock gets a
	// new one here.
	token(ctx context.Context) (string, error)
	// refresh returns one in place of the one that was rejected.
	refresh(ctx context.Context, rejected string) (string, error)
}

// worker is one process: it asks for the resource until the witness says that
// it is enough, or its turns are over.
type worker struct {
	server   string
	client   *http.Client
	base     http.RoundTripper
	aimed    string        // as in a part
	bug      string        // likewise
	pace     time.Duration // between two requests
	rejected string        // why it exchanges; empty if because of the clock
	resumes  bool          // that it goes on where another process was interrupted
}

func newWorker(server string) *worker {
	w := &worker{server: server, base: http.DefaultTransport}
	w.client = &http.Client{Transport: w}
	return w
}

// RoundTrip says who asks, and why. Each request has a connection of its own: a
// server may close one that is idle in the very moment in which it is used again.
func (w *worker) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Close = true
	r.Header.Set(pidHeader, strconv.Itoa(os.Getpid()))
	r.Header.Set(rejectedHeader, w.rejected)
	if w.resumes {
		r.Header.Set(resumesHeader, "1")
	}
	return w.base.RoundTrip(r)
}

// endpoint is what both kinds of wallets exchange with.
func (w *worker) endpoint() *refresh.Endpoint {
	return &refresh.Endpoint{URL: w.server + "/token", ClientID: clientID, Client: w.client}
}

// login is what a person does.
func (w *worker) login(ctx context.Context) (refresh.Token, error) {
	form := url.Values{"account": {account}, "client_id": {clientID}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.server+"/login", strings.NewReader(form.Encode()))
	if err != nil {
		return refresh.Token{}, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, body, err := w.do(r)
	if err != nil {
		return refresh.Token{}, err
	}
	return refresh.ParseResponse(resp.StatusCode, resp.Header, body, time.Now())
}

func (w *worker) do(r *http.Request) (*http.Response, []byte, error) {
	resp, err := w.client.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return resp, body, err
}

// ask asks for the resource.
func (w *worker) ask(ctx context.Context, access string) (status int, done bool, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.server+"/resource", http.NoBody)
	if err != nil {
		return 0, false, err
	}
	r.Header.Set("Authorization", "Bearer "+access)
	resp, _, err := w.do(r)
	if err != nil {
		return 0, false, err
	}
	return resp.StatusCode, resp.Header.Get(doneHeader) != "", nil
}

// work uses the resource so many times; 0 is until it is told to end.
func (w *worker) work(ctx context.Context, from wallet, turns int) error {
	for turn := 0; turns == 0 || turn < turns; turn++ {
		w.rejected = ""
		access, err := from.token(ctx)
		if err != nil {
			return err
		}
		done, err := w.visit(ctx, from, access)
		if done || err != nil {
			return err
		}
		time.Sleep(w.pace) // what a program does between two requests
	}
	return nil
}

// mostRejections is how many access tokens in a row may be found used up: that
// many others have to be faster each time.
const mostRejections = 100

// visit asks for the resource, with another token whenever one is rejected.
func (w *worker) visit(ctx context.Context, from wallet, access string) (done bool, err error) {
	for range mostRejections {
		status, done, err := w.ask(ctx, access)
		if done || err != nil {
			return done, err
		}
		if status != http.StatusUnauthorized {
			return false, nil
		}
		fmt.Println(eventRejected)
		w.rejected = access
		if access, err = from.refresh(ctx, access); err != nil {
			return false, err
		}
	}
	return false, errors.New("every access token is rejected")
}
