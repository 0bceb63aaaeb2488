package refresh

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
)

// Claim returns a text among the claims of a JSON Web Token (RFC 7519), below
// the names of the objects that it is in; empty if there is none. The signature
// is not verified: it tells accounts apart, and proves nothing.
func Claim(jwt string, path ...string) string {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return ""
	}
	body, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return ""
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return ""
	}
	for _, name := range path {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}
