package refresh

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// Endpoint is the token endpoint of an authorization server. Its Exchange is an
// [Exchange] by the refresh grant of RFC 6749 section 6, without dependencies.
type Endpoint struct {
	// URL of the endpoint.
	URL string
	// ClientID and ClientSecret go into the form; a public client has no
	// secret.
	ClientID, ClientSecret string
	// Basic sends both in an Authorization header instead.
	Basic bool
	// Form holds further parameters, "scope" or "resource".
	Form url.Values
	// Client sends the request; nil means http.DefaultClient. Redirections are
	// never followed: they would send the token elsewhere, or twice.
	Client *http.Client
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// MaxResponse is how many bytes of an answer are read.
const MaxResponse = 1 << 20

// Exchange sends the refresh token once. Errors are *ResponseError, and those
// of net/http.
func (e *Endpoint) Exchange(ctx context.Context, t Token) (Token, error) {
	req, err := e.request(ctx, t)
	if err != nil {
		return Token{}, err
	}
	client := http.Client{}
	if e.Client != nil {
		client = *e.Client
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		return Token{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxResponse+1))
	if err != nil {
		return Token{}, err
	}
	now := time.Now
	if e.Now != nil {
		now = e.Now
	}
	return ParseResponse(resp.StatusCode, resp.Header, body, now())
}

func (e *Endpoint) request(ctx context.Context, t Token) (*http.Request, error) {
	form := url.Values{}
	for key, values := range e.Form {
		form[key] = values
	}
	form.Set("grant_type", "refresh_token")
	form.Set("refresh_token", t.Refresh)
	if !e.Basic {
		form.Set("client_id", e.ClientID)
		if e.ClientSecret != "" {
			form.Set("client_secret", e.ClientSecret)
		}
	}
	text := form.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, GuardBody(ctx, io.NopCloser(strings.NewReader(text))))
	if err != nil {
		return nil, err
	}
	req.ContentLength = int64(len(text)) // without GetBody: nothing may send it again
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	if e.Basic {
		req.SetBasicAuth(url.QueryEscape(e.ClientID), url.QueryEscape(e.ClientSecret))
	}
	return req, nil
}

// ParseResponse reads the answer of a token endpoint (RFC 6749 sections 5.1 and
// 5.2). A status of 0 is that of an answer which came by another way than HTTP;
// header may be nil. Lifetimes count from now. The error is *ResponseError.
func ParseResponse(status int, header http.Header, body []byte, now time.Time) (Token, error) {
	refusal := &ResponseError{Status: status, RetryAfter: retryAfter(header, now)}
	members, ok := decodeResponse(body)
	if code, _ := members["error"].(string); code != "" {
		refusal.Code = plainCode(code)
		return Token{}, refusal
	}
	if status != 0 && (status < 200 || status > 299) {
		return Token{}, refusal
	}
	refusal.Malformed = true
	access, _ := members["access_token"].(string)
	if !ok || access == "" {
		return Token{}, refusal
	}
	t := Token{Access: access}
	t.Refresh, _ = members["refresh_token"].(string)
	if life, ok := seconds(members["expires_in"]); ok {
		t.Expiry = now.Add(life)
	}
	for _, key := range []string{"access_token", "refresh_token", "expires_in"} {
		delete(members, key)
	}
	if len(members) > 0 {
		t.Extra = members
	}
	return t, nil
}

// decodeResponse refuses what two readers could understand in two ways.
func decodeResponse(body []byte) (members map[string]any, ok bool) {
	if _, err := strictjson.ParseObject(body, strictjson.Limits{MaxSize: MaxResponse}); err != nil {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	return members, d.Decode(&members) == nil
}

// plainCode keeps what a server may put into an error code from carrying
// anything else into messages and records.
func plainCode(code string) string {
	const legal = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
	if len(code) > 64 || strings.Trim(code, legal) != "" {
		return "error"
	}
	return code
}

// seconds reads a lifetime; some servers send it as text.
func seconds(v any) (time.Duration, bool) {
	var text string
	switch v := v.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = v
	}
	n, err := strconv.ParseFloat(text, 64)
	const most = 100 * 365 * 24 * 3600
	if err != nil || n < 0 || n > most {
		return 0, false
	}
	return time.Duration(n * float64(time.Second)), true
}

// retryAfter reads the header of RFC 9110 section 10.2.3, in both its forms.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := header.Get("Retry-After")
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return time.Duration(min(n, 1<<31)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
