// Package fosite holds tests only: processes that share a token, against the
// authorization server of github.com/ory/fosite, which was written by others,
// and against that of conformance/oauthtest, which can be made to fail.
//
// It is a module of its own, so that nobody who uses the library gets what
// fosite needs. Set CFGMERGE_ROTATIONS for the number of exchanges, which is
// small by default.
package fosite
