// Package oauthtest is an authorization server for tests, in which everything
// can be made to go wrong.
//
// Start with [Start], which runs a [Server] for the length of a test, and
// [Server.Script], which says what goes wrong with the next requests. A Server
// is an http.Handler, so it can run in a process of its own as well; what a
// test would do by a method is then done by a request.
//
// # What is guaranteed
//
// Tokens are numbered in the order in which they are made: AT-1 and RT-1 are
// the pair of the first login. A refresh token is spent by its use; the use of
// a spent one is taken for theft, and ends the login that it belongs to (RFC
// 9700, section 4.14.2). Requests are processed one after the other, while the
// waiting at a gate happens outside: a slow request holds up nobody else.
// Nothing sleeps, and the only clock is the one that is passed in.
//
// # What is not
//
// Whoever asks for a login gets one, nothing is encrypted, and tokens can be
// guessed. It is no authorization server for anything but tests.
//
// # Requests
//
//	POST /login     account, client_id      a new login
//	POST /token     grant_type=refresh_token, refresh_token, client_id
//	POST /anonymous                         an access token that belongs to nobody: ANON-1
//	POST /revoke    token                   ends the login that the token belongs to (RFC 7009)
//	any  /resource                          needs a bearer token; answers with the account and the body it got
//	GET  /counts                            [Counts] as JSON
//	POST /script?path=/token                takes an array of [Step] as JSON
//	POST /gates/NAME                        opens the gate
//	GET  /gates/NAME                        answers once a request has reached the gate
package oauthtest
