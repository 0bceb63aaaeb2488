// Package schema says what encoding/json makes of a Go type, and which merge
// policies its cfgmerge struct tags declare.
//
// Start with [Of] and [Shape.Table].
//
// # Tags
//
// A tag is a list of items, separated by commas and without white space:
//
//	type Config struct {
//		Theme    string            `json:"theme"`
//		DeviceID string            `json:"device_id" cfgmerge:"first"`
//		Checked  time.Time         `json:"checked"   cfgmerge:"max"`
//		Plugins  []string          `json:"plugins"   cfgmerge:"set"`
//		Servers  []Server          `json:"servers"   cfgmerge:"keyed=name"`
//		APIKey   string            `json:"api_key"   cfgmerge:"secret,local"`
//		Tokens   map[string]Tokens `json:"tokens"`
//	}
//
//	type Tokens struct {
//		Access  string `json:"access"  cfgmerge:"token=oauth,access"`
//		Refresh string `json:"refresh" cfgmerge:"token=oauth,refresh"`
//		Expires int64  `json:"expires" cfgmerge:"token=oauth,expiry"`
//	}
//
// At most one item is a policy: first, max, min, set, keyed=ID, group=NAME or
// token=NAME. With token=NAME one more may be a role: access, refresh, expiry
// or identity. The flags secret and local go with any policy and with none.
// NAME is a lower-case letter followed by lower-case letters, digits, '_' and
// '-'; ID is the key that tells the elements of the array apart.
//
// A tag on an embedded struct that encoding/json inlines applies to each of
// its fields, beside their own. On a field that is itself an object, first,
// max, min and membership in a group are about its value as a whole.
//
// The members of a group are keys of one object. Where that object is the value
// of a map or the element of an array, there is one instance of the group for
// each.
//
// # Guarantees
//
// A tag takes effect or is an error. That includes misspelt and malformed
// tags, tags on fields that encoding/json leaves out (unexported, json:"-",
// shadowed by another field of the same name), and tags below a MarshalJSON or
// MarshalText, which may encode anything.
//
// Keys are those that [encoding/json.Marshal] writes: names and options in
// json tags, promotion and conflicts of embedded fields, pointer receivers of
// values that can't be addressed. Tests compare them on random struct types.
//
// # Not guaranteed
//
// Nothing is known of what lies below interfaces, [encoding/json.RawMessage]
// and types that encode themselves; they are taken to hold whatever a policy
// above them needs. A type that contains itself may carry no tags inside the
// recursion: they would declare endlessly many policies. Under
// GOEXPERIMENT=jsonv2 encoding/json differs in corners: malformed names in json
// tags, and keys of one object that differ only in case.
//
// # Compatibility
//
// A tag that is accepted keeps its meaning. New words may be added; until then
// they are errors, so a program never runs with a tag that it does not know.
package schema
