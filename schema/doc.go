// Package schema says what encoding/json makes of a Go type, and which merge
// policies are declared by its cfgmerge struct tags, by a JSON Schema, or by
// calls.
//
// Start with [Of] and [Shape.Table], or without a Go type with [FromJSON] or
// [Builder]. All three make the same table.
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
// With set and keyed the elements of an array are merged one by one; each is one
// value, whatever tags are inside it. A set holds no element twice. Elements of
// a keyed array are the same if their ID, a string or a number, is, or, without
// one, if they are equal.
//
// A tag on an embedded struct that encoding/json inlines applies to each of
// its fields, beside their own. On a field that is itself an object, first,
// max, min and membership in a group are about its value as a whole.
//
// The members of a group are keys of one object. Where that object is the value
// of a map there is one instance of the group for each key. Elements of arrays
// are values as a whole: of the tags inside them only the flags count.
//
// # JSON Schema
//
// In a JSON Schema the keyword x-cfgmerge says of a place what a tag says of a
// field, in the same words:
//
//	{"$schema": "https://json-schema.org/draft/2020-12/schema",
//	 "properties": {
//	   "device_id": {"type": "string", "x-cfgmerge": "first"},
//	   "servers": {"type": "array", "x-cfgmerge": "keyed=name"},
//	   "tokens": {"additionalProperties": {"properties": {
//	     "access":  {"x-cfgmerge": "token=oauth,access"},
//	     "refresh": {"x-cfgmerge": "token=oauth,refresh"}}}}}}
//
// It may also be an object with the words of the file's block, of which id can
// hold a comma, and form says how an expiry is written:
//
//	{"kind": "keyed", "id": "name"}
//	{"kind": "token", "group": "oauth", "role": "expiry", "form": "ms"}
//	{"kind": "max", "secret": true, "local": true}
//
// Below properties a place has its key; below additionalProperties,
// patternProperties, unevaluatedProperties and items it is any key or element.
// $ref, allOf, anyOf, oneOf, then, else and dependentSchemas add to the place
// where they stand, as an alternative to null is often written. What several
// schemas say of one place is united: flags add up, one policy may be repeated,
// two are an error. Unnamed members can't have policies that named ones beside
// them would get without saying so, since a pattern is for any key.
//
// [Shape.JSONSchema] writes the schema of a Go type, from which FromJSON reads
// the same table.
//
// # Guarantees
//
// A tag takes effect or is an error. That includes misspelt and malformed
// tags, tags on fields that encoding/json leaves out (unexported, json:"-",
// shadowed by another field of the same name), and tags below a MarshalJSON or
// MarshalText, which may encode anything. The same goes for x-cfgmerge: it is
// refused at the root, below not, if, contains, propertyNames, contentSchema
// and the items of a tuple, and in a schema that contains itself. In a
// definition that nothing refers to it has no effect.
//
// FromJSON reads no file and no network: a schema is one text, of at most 4 MiB,
// and its references stay inside. Whatever the text, it ends soon.
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
// recursion: they would declare endlessly many policies. A $dynamicRef leads
// where it stands, whoever refers to it. FromJSON does not look whether the rest
// of the schema is valid; package validate does. Under
// GOEXPERIMENT=jsonv2 encoding/json differs in corners: malformed names in json
// tags, and keys of one object that differ only in case.
//
// # Compatibility
//
// A tag that is accepted keeps its meaning. New words may be added; until then
// they are errors, so a program never runs with a tag that it does not know.
package schema
