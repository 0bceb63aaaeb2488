// Package fosite holds tests only: processes that share a token, against the
// authorization server of github.com/ory/fosite, which was written by others,
// and against that of conformance/oauthtest, which can be made to fail.
//
// It is a module of its own, so that nobody who uses the library gets what
// fosite needs.
//
//	go test .                          seconds
//	CFGMERGE_ROTATIONS=1000 go test .  ten minutes: so many exchanges
//	go test -tags faults .             at each system call a kill, at some an
//	                                   error or a pause; needs strace
//	CFGMERGE_POINTS=all go test -tags faults -timeout 1h -v -run SystemCall .
//	                                   all of it at each
//
// That the attacks find something is tested, too, with planted bugs.
package fosite
