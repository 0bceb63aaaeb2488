package scenarios

import "github.com/cfgmerge/cfgmerge/examples/proctest"

// addUnixRoles adds none: modes, owners and flock are not those of Windows.
func addUnixRoles(map[string]proctest.Role) {}
