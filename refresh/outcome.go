package refresh

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Class says what a failed exchange means for the refresh token.
type Class int

// The classes. Without Options.Classify these rules hold: InvalidGrant is the
// error code of RFC 6749 section 5.2. Permanent are its codes invalid_client,
// unauthorized_client, unsupported_grant_type, invalid_scope and invalid_request.
// Ambiguous are the statuses from 500 on and the code server_error, but for 503
// and the code temporarily_unavailable, and an answer that makes no sense.
// Transient is every other answer that refuses, and whatever fails before there
// is a connection. The rest is Ambiguous.
const (
	// Unclassified leaves it to the rules.
	Unclassified Class = iota
	// InvalidGrant: the server does not know the refresh token any more.
	// Another process may have exchanged it.
	InvalidGrant
	// Permanent: trying again is of no use before the next login.
	Permanent
	// Transient: the token was not spent; trying again later may help.
	Transient
	// Ambiguous: the token may have been spent, and the answer is lost. Of a
	// token that the server is known to leave as it is, this is Transient.
	Ambiguous
)

// String returns the name of the class.
func (c Class) String() string {
	names := [...]string{"unclassified", "invalid grant", "permanent", "transient", "ambiguous"}
	if c < 0 || int(c) >= len(names) {
		return "unknown"
	}
	return names[c]
}

// ResponseError is an answer of the authorization server that holds no token.
type ResponseError struct {
	// Status of HTTP; 0 if there was none.
	Status int
	// Code is the error code of RFC 6749 section 5.2, empty if there is none.
	Code string
	// RetryAfter is what the server asks for; 0 if it does not.
	RetryAfter time.Duration
	// Malformed: the answer is neither a token nor a refusal, so that nobody
	// knows what has happened.
	Malformed bool
}

func (e *ResponseError) Error() string {
	s := "the authorization server refused"
	switch {
	case e.Malformed:
		s = "the answer of the authorization server makes no sense"
	case e.Status >= http.StatusInternalServerError:
		s = "the authorization server failed"
	}
	switch {
	case e.Code != "" && e.Status != 0:
		return fmt.Sprintf("%s: %s (status %d)", s, e.Code, e.Status)
	case e.Code != "":
		return s + ": " + e.Code
	case e.Status != 0:
		return fmt.Sprintf("%s (status %d)", s, e.Status)
	}
	return s
}

// class applies the rules.
func (e *ResponseError) class() Class {
	switch {
	case e.Malformed:
		return Ambiguous
	case e.Code == "invalid_grant":
		return InvalidGrant
	case isPermanent(e.Code):
		return Permanent
	case e.mayHaveBegun():
		return Ambiguous
	}
	return Transient
}

// mayHaveBegun reports whether the request may have been processed in part, or
// by a server behind the gateway that answers: of nginx, Envoy and others 502 and
// 504 mean just that. Statuses below 500, and 503, are for requests that were
// not begun.
func (e *ResponseError) mayHaveBegun() bool {
	switch {
	case e.Status == http.StatusServiceUnavailable, e.Code == "temporarily_unavailable":
		return false
	case e.Code == "server_error": // of RFC 6749 section 4.1.2.1, where there is no place for a status
		return true
	}
	return e.Status >= http.StatusInternalServerError
}

func isPermanent(code string) bool {
	return slices.Contains([]string{
		"invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "invalid_request",
	}, code)
}

// classify judges the error of an exchange. unsent: it is known that nothing
// was sent.
func classify(err error, own func(error) Class, unsent bool) Class {
	if own != nil {
		if c := own(err); c != Unclassified {
			return c
		}
	}
	var answer *ResponseError
	if errors.As(err, &answer) {
		return answer.class()
	}
	if unsent || isDial(err) {
		return Transient
	}
	return Ambiguous
}

// isDial reports whether the error came up before there was a connection.
func isDial(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	return errors.As(err, &op) && op.Op == "dial" || errors.As(err, &dns)
}

// describe says what an error of an exchange is without repeating what others
// have put into it: a URL, an answer, a token.
func describe(err error) string {
	var link *url.Error
	if errors.As(err, &link) {
		err = link.Err
	}
	var answer *ResponseError
	var network net.Error
	switch {
	case errors.As(err, &answer):
		return answer.Error()
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, errTooSlow):
		return "no answer in time"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.As(err, &network) && network.Timeout():
		return "time-out"
	case isDial(err):
		return "no connection"
	}
	return "the exchange failed"
}
