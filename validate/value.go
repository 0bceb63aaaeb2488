package validate

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// longNumber finds a number that would take too much arithmetic: a few bytes may
// stand for megabytes of digits.
type longNumber struct{ path []string }

func (e *longNumber) Error() string { return "a number is too long" }

// The most digits, and the greatest exponent, that numbers are compared with.
const maxDigits, maxExponent = 1000, 1000

// valueOf is n in the types that the library takes. Members of the root whose
// key is in without are left out. The error is a *longNumber.
func valueOf(n strictjson.Node, path []string, without []string) (any, error) {
	switch n.Kind() {
	case strictjson.Object:
		out := make(map[string]any)
		for key, kid := range n.Members() {
			if len(path) == 0 && slices.Contains(without, key) {
				continue
			}
			value, err := valueOf(kid, append(path[:len(path):len(path)], key), nil)
			if err != nil {
				return nil, err
			}
			out[key] = value
		}
		return out, nil
	case strictjson.Array:
		out := []any{}
		for kid := range n.Elements() {
			value, err := valueOf(kid, append(path[:len(path):len(path)], strconv.Itoa(len(out))), nil)
			if err != nil {
				return nil, err
			}
			out = append(out, value)
		}
		return out, nil
	case strictjson.String:
		return n.Text(), nil
	case strictjson.Number:
		if isLong(n.Raw()) {
			return nil, &longNumber{path}
		}
		return json.Number(n.Raw()), nil
	case strictjson.Bool:
		return n.Raw() == "true", nil
	}
	return nil, nil
}

func isLong(literal string) bool {
	mantissa, exponent, has := strings.Cut(strings.ToLower(literal), "e")
	e, err := strconv.Atoi(exponent)
	return len(mantissa) > maxDigits || has && (err != nil || e > maxExponent || e < -maxExponent)
}
