package refresh

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

// Transport sends requests with the token of a Coordinator, and recovers from
// answers with status 401 as [Recovery] says. It is safe for concurrent use.
//
// A request that a client follows a redirection with gets the token only if it
// goes to the host of the first one, and not from https to http.
type Transport struct {
	// Tokens is where the token comes from.
	Tokens *Coordinator
	// Base sends the requests; nil means http.DefaultTransport.
	Base http.RoundTripper
	// Authorize puts the token into a request; nil means a header
	// "Authorization: Bearer …".
	Authorize func(*http.Request, Token)
	// MaxBody is how many bytes of a body without GetBody are kept, so that it
	// can be sent again; 0 means 1 MiB. A larger one is sent once.
	MaxBody int64
}

const defaultMaxBody = 1 << 20

// RoundTrip sends the request, at most three times. Errors of the Coordinator
// are *Error.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if !staysHome(req) {
		return t.base().RoundTrip(req)
	}
	body, err := t.replayable(req)
	if err != nil {
		return nil, err
	}
	token, err := t.token(req)
	if err != nil {
		body.drop()
		return nil, err
	}
	recovery := t.Tokens.Recover(token)
	for {
		resp, err := t.send(req, body, token)
		if err != nil || resp.StatusCode != http.StatusUnauthorized || !body.again() {
			return resp, err
		}
		next, err := recovery.Next(req.Context())
		if err == nil && !next.Retry {
			return resp, nil
		}
		_, _ = io.CopyN(io.Discard, resp.Body, defaultMaxBody) // the connection can serve the next one
		_ = resp.Body.Close()
		if err != nil {
			return nil, err
		}
		token = next.Token
	}
}

// token is the coordinator's. One that could not be stored is good all the
// same.
func (t *Transport) token(req *http.Request) (Token, error) {
	token, err := t.Tokens.Token(req.Context())
	var unsaved *PersistError
	if errors.As(err, &unsaved) {
		return unsaved.Token, nil
	}
	return token, err
}

func (t *Transport) base() http.RoundTripper {
	if t.Base == nil {
		return http.DefaultTransport
	}
	return t.Base
}

func (t *Transport) send(req *http.Request, body *body, token Token) (*http.Response, error) {
	out := req.Clone(req.Context())
	var err error
	if out.Body, err = body.open(); err != nil {
		return nil, err
	}
	if t.Authorize != nil {
		t.Authorize(out, token)
	} else {
		out.Header.Set("Authorization", "Bearer "+token.Access)
	}
	return t.base().RoundTrip(out)
}

// staysHome reports whether the request goes where the first one of a chain of
// redirections went.
func staysHome(req *http.Request) bool {
	first := req
	for first.Response != nil && first.Response.Request != nil {
		first = first.Response.Request
	}
	return req.URL.Host == first.URL.Host && (req.URL.Scheme == first.URL.Scheme || req.URL.Scheme == "https")
}

// body is what a request carries, as often as it can be sent.
type body struct {
	first io.ReadCloser
	get   func() (io.ReadCloser, error) // nil: only once
	sent  bool
}

// replayable takes over the request's body.
func (t *Transport) replayable(req *http.Request) (*body, error) {
	b := &body{first: req.Body, get: req.GetBody}
	if b.first == nil || b.first == http.NoBody {
		b.get = func() (io.ReadCloser, error) { return b.first, nil }
		return b, nil
	}
	if b.get != nil {
		return b, nil
	}
	most := t.MaxBody
	if most == 0 {
		most = defaultMaxBody
	}
	start, err := io.ReadAll(io.LimitReader(b.first, most+1))
	if err != nil {
		b.drop()
		return nil, err
	}
	if int64(len(start)) > most {
		b.first = rest{io.MultiReader(bytes.NewReader(start), b.first), b.first}
		return b, nil
	}
	b.drop()
	b.get = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(start)), nil }
	b.first, _ = b.get()
	return b, nil
}

// rest reads what was read already, and then the rest.
type rest struct {
	io.Reader
	io.Closer
}

func (b *body) open() (io.ReadCloser, error) {
	if !b.sent {
		b.sent = true
		return b.first, nil
	}
	return b.get()
}

func (b *body) again() bool { return b.get != nil }

// drop closes a body that is not sent.
func (b *body) drop() {
	if b.first != nil {
		_ = b.first.Close()
	}
}
