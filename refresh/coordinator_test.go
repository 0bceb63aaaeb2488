package refresh

import (
	"testing"
	"time"
)

func TestAFreshTokenIsReturnedWithoutANetworkCall(t *testing.T) {
	r := newRig(t)
	c := r.coordinator()
	must(t, c.Login(t.Context(), Token{Access: "AT-0", Refresh: "RT-1", Expiry: r.clock.Now().Add(time.Hour)}))
	equal(t, "token", tokenOf(t, c).Access, "AT-0")
	equal(t, "calls", r.server.count(), 0)
}

func TestAnExpiredTokenIsExchangedAndStored(t *testing.T) {
	r := newRig(t)
	c := r.coordinator()
	equal(t, "token", tokenOf(t, c).Access, "AT-2")
	equal(t, "stored", r.pair(), "AT-2 RT-2")
	equal(t, "generation", r.stored().Generation, 1)
	equal(t, "expiry", r.stored().Expiry.Sub(r.clock.Now()), time.Hour)
	equal(t, "calls", r.server.count(), 1)
	equal(t, "again", tokenOf(t, c).Access, "AT-2")
	equal(t, "calls", r.server.count(), 1)
	equal(t, "markers", len(r.folderFiles("*.marker")), 0)
}
