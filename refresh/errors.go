package refresh

import (
	"errors"
	"fmt"
	"time"
)

// Error is what all operations of this package return: what was attempted, for
// which token, and why it failed. Use errors.As and errors.Is for the reason,
// which is one of the errors below or one of the store. No error shows a token.
type Error struct {
	// Op is the operation: "token", "refresh", "login", …
	Op string
	// Name is the store's.
	Name string
	Err  error
}

func (e *Error) Error() string { return e.Op + " " + e.Name + ": " + e.Err.Error() }

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do, if the reason does.
func (e *Error) Hint() string {
	var hint interface{ Hint() string }
	if errors.As(e.Err, &hint) {
		return hint.Hint()
	}
	switch {
	case errors.Is(e.Err, ErrLoggedOut), errors.Is(e.Err, ErrNoRefreshToken):
		return "log in"
	}
	return ""
}

// Reasons without more to say.
var (
	// ErrLoggedOut: nothing is stored.
	ErrLoggedOut = errors.New("logged out")
	// ErrNoRefreshToken: the access token can't be used any more, and there is
	// no refresh token. What is stored was left alone.
	ErrNoRefreshToken = errors.New("there is no refresh token")
	// ErrNoExchange: Options.Exchange is nil.
	ErrNoExchange = errors.New("no exchange is configured")
	// ErrNoClientID: Options.ClientID is empty.
	ErrNoClientID = errors.New("the client id is empty")
	// ErrNoName: the store has no name.
	ErrNoName = errors.New("the name of the token is empty")
	// ErrAbsent: a login with neither an access nor a refresh token.
	ErrAbsent = errors.New("there is no token to store")
)

// NestedError: a token was asked for in a function that an Update runs. The
// Update holds the lock under which the new token would have to be saved. No
// token was spent.
type NestedError struct {
	// Name of the token.
	Name string
}

func (e *NestedError) Error() string {
	return "the token " + e.Name + " can't be refreshed inside an Update"
}

// Hint says what to do.
func (e *NestedError) Hint() string { return "get the token before the Update" }

// InterruptedError: the refresh token may have been spent by an exchange whose
// answer was lost, or was that of a server or gateway which failed. Spending it
// once more makes servers that watch for reuse revoke the whole family.
type InterruptedError struct {
	// Since is when it was sent, and PID the process that did.
	Since time.Time
	PID   int
	// RetryAt is when a call spends it all the same, as the grace period of the
	// server is not over; zero if only Resume does.
	RetryAt time.Time
	// Err is the error of the exchange; nil if another call has met it, or the
	// process died.
	Err error
}

func (e *InterruptedError) Error() string {
	s := fmt.Sprintf("rotation interrupted: process %d sent the refresh token at %s, and there is no answer that tells whether it is spent", e.PID, e.Since.UTC().Format(time.RFC3339))
	if e.Err != nil {
		s += " (" + describe(e.Err) + ")"
	}
	return s
}

// Unwrap returns the error of the exchange.
func (e *InterruptedError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *InterruptedError) Hint() string {
	if !e.RetryAt.IsZero() {
		return "try again after " + e.RetryAt.UTC().Format(time.RFC3339)
	}
	return "log in again; or, if the server allows a spent token within a grace period, resume"
}

// SupersededError: while the token was being exchanged there was a login, a
// logout, or another change of the stored token, which stays. The new token was
// not stored.
type SupersededError struct {
	// Discarded is the token that came too late: to be revoked.
	Discarded Token
	// Err is the store's reason, a *cfgmerge.SupersededError.
	Err error
}

func (e *SupersededError) Error() string {
	return "the stored token was changed during the exchange; the new one was discarded"
}

// Unwrap returns the store's reason.
func (e *SupersededError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *SupersededError) Hint() string { return "use the token that is stored now" }

// PermanentError: the server refuses the refresh token, or the client. It is
// remembered, and not asked again, until the next login.
type PermanentError struct {
	// Code is the server's error code, or "identity_mismatch".
	Code string
	// Status of HTTP; 0 if there was none.
	Status int
	// Since is when the server said so.
	Since time.Time
	// Cleared: Options.ClearOnInvalidGrant has logged out.
	Cleared bool
	// Err is the error of the exchange; nil if another call has met it.
	Err error
}

func (e *PermanentError) Error() string {
	code := e.Code
	if code == "" {
		code = "refused"
	}
	return "the refresh token can't be used: " + code
}

// Unwrap returns the error of the exchange.
func (e *PermanentError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *PermanentError) Hint() string {
	switch e.Code {
	case "invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "invalid_request":
		return "check how the program is registered with the authorization server, then log in again"
	}
	return "log in again"
}

// TransientError: there is no new token for now. The stored one was not spent.
type TransientError struct {
	// RetryAt is when the next exchange may be tried; until then every process
	// gets this error without asking the server.
	RetryAt time.Time
	// Tries is how often it has failed in a row.
	Tries int
	// Code and Status are the server's; empty and 0 if it did not answer.
	Code   string
	Status int
	// Err is the error of the exchange; nil if another call has met it.
	Err error
}

func (e *TransientError) Error() string {
	s := "the refresh has failed for now"
	switch {
	case e.Err != nil:
		s += ": " + describe(e.Err)
	case e.Status != 0:
		s += ": " + (&ResponseError{Status: e.Status, Code: e.Code}).Error()
	}
	return s
}

// Unwrap returns the error of the exchange.
func (e *TransientError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *TransientError) Hint() string {
	return "try again after " + e.RetryAt.UTC().Format(time.RFC3339)
}

// PersistError: there is a new token, and it could not be stored. The old one
// is spent.
type PersistError struct {
	// Token is the new one.
	Token Token
	// Kept: it is kept in the state folder, and the next call of any process
	// stores it. Otherwise the next call of this Coordinator does.
	Kept bool
	// Err is the store's reason.
	Err error
}

func (e *PersistError) Error() string { return "the new token could not be stored: " + e.Err.Error() }

// Unwrap returns the store's reason.
func (e *PersistError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *PersistError) Hint() string {
	if e.Kept {
		return "make the file writable; the new token is kept, and the next call stores it"
	}
	return "make the file writable and ask this process for the token again, or log in again"
}

// IdentityMismatchError: the token belongs to another account than the one that
// it was asked for. What is stored was left alone.
type IdentityMismatchError struct {
	// Discarded is what the server has answered with, to be revoked; zero if
	// the other account is the stored one.
	Discarded Token
}

func (e *IdentityMismatchError) Error() string {
	if !e.Discarded.IsZero() {
		return "the server has answered with a token of another account"
	}
	return "the stored token belongs to another account"
}

// Hint says what to do.
func (e *IdentityMismatchError) Hint() string { return "log in again with the account that is meant" }
