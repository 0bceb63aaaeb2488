package cfgmerge

import (
	"os"
	"testing"
)

// Tests that need several processes start this binary again, with the name of
// a role in the environment.
const roleVariable = "CFGMERGE_TEST_ROLE"

func TestMain(m *testing.M) {
	if role, ok := roles()[os.Getenv(roleVariable)]; ok {
		role(os.Args[1:])
		return
	}
	os.Exit(m.Run())
}

func roles() map[string]func(args []string) {
	return map[string]func([]string){
		"saver":     saverRole,
		"stranger":  strangerRole,
		"holder":    holderRole,
		"appender":  appenderRole,
		"victim":    victimRole,
		"overtaken": overtakenRole,
	}
}
