// Package refresh gets OAuth tokens out of a file, and refreshes them so that
// no two processes spend one refresh token: servers that watch for reuse answer
// that by logging the user out.
//
// Start with [New] and [Coordinator.Token].
//
//	file, err := cfgmerge.Open[Config](path, nil) // tags: token=auth, access, refresh, expiry
//	store := refresh.NewFileStore(file.Doc(), cfgmerge.GroupRef{Name: "auth"})
//	server := &refresh.Endpoint{URL: tokenURL, ClientID: id}
//	tokens, err := refresh.New(store, refresh.Options{Exchange: server.Exchange, ClientID: id})
//	client := &http.Client{Transport: &refresh.Transport{Tokens: tokens}}
//
// [Coordinator.Login] and [Coordinator.Logout] store and remove a token, and
// [Coordinator.Drain] waits, before a process exits, for what is under way. [Once]
// is for values that are made once, by whoever comes first: a distinct id, an
// anonymous token.
//
// # What is guaranteed
//
// One exchange: whoever has to refresh takes a lock that all processes share,
// looks again, uses what another process has stored meanwhile, and only then
// spends the refresh token that is stored at that moment. Nobody exchanges
// without the lock. Other saves of the file go on during the exchange, and the
// lock is held until it has ended, whatever becomes of the caller.
//
// No lost token: before a refresh token goes out, there is a marker on disk that
// says so, and room for the new one. An answer is stored whatever becomes of the
// caller; if that is impossible it is kept in that room, and in the error, and
// the next call stores it.
//
// No blind repetition: if a process dies between sending and storing, or an
// answer is lost, the next call says "rotation interrupted" and does not spend
// the token again, unless it is told to, or the server is known to have a grace
// period. An answer with a status from 500 on is one of those: a gateway that
// answers 502 or 504 may have a server behind it which has spent the token
// already. When these counted as nothing having happened, the next try logged
// the user out in 4 of 4 cases at a server that watches for reuse
// (conformance/fosite). Status 503 is the exception, as 429 is below 500: it
// refuses what was not begun, and is tried again after a delay. None of this
// holds for a refresh token that the server has answered once and not replaced:
// there is nothing to lose by sending that again, and it is tried after a delay.
//
// Logins and logouts win: they begin a new era, and what a refresh brings that
// was under way at that time is discarded, here and on copies that are merged
// later.
//
// # What is not
//
// The lock binds one machine, and those that share a file system with working
// locks. A program that refreshes by itself is merged, not stopped. A kill in
// the moment between sending and storing costs a login, unless the server has a
// grace period. So does a server that answers 503 though it has spent the token.
// A server that rotates and fails in another way is not asked again by itself,
// even if it has not begun: while the access token is good nobody notices, and
// then Resume tries; Options.Classify and Options.Grace know servers that are
// simpler. A server that replaces a refresh token only now and then is taken for
// one that does not, until it does.
//
// # Compatibility
//
// The names and contents of the files in the state folder are described in
// SPEC.md: refresh-*.lock, refresh-*.marker, refresh-*.json, once-*.lock.
package refresh
