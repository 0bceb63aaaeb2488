package fosite

import (
	"fmt"
	"testing"

	"github.com/cfgmerge/cfgmerge/conformance/oauthtest"
)

// A gateway that answers for a server which has processed the request: were the
// token spent again, a strict server would log the user out.
func TestAServerErrorAfterTheTokenWasSpentLogsNobodyOut(t *testing.T) {
	for _, status := range []int{500, 502, 504, 520} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			s := newStage(t)
			s.server.Script("/token", oauthtest.Step{Status: status, Late: true})
			for range 3 {
				if _, err := s.refresh(t); !isInterrupted(err) {
					t.Error("not interrupted: ", err)
				}
			}
			if c := s.server.Counts(); c.Exchanges != 1 || c.Reuses+c.Revocations+c.Refusals > 0 || s.refreshToken(t) != "RT-1" {
				t.Errorf("%+v; the file holds %s", c, s.refreshToken(t))
			}
		})
	}
}
