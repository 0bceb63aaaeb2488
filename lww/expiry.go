package lww

import (
	"strconv"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// The ways in which programs write the expiry of a token: Policy.ExpiryForm.
const (
	FormRFC3339 = "rfc3339"
	FormSeconds = "s"  // since 1970
	FormMillis  = "ms" // since 1970
)

// MillisFrom tells milliseconds since 1970 from seconds: as seconds it is in
// the year 5138, as milliseconds in 1973.
const MillisFrom = 1e11

// learnExpiry stores with a token's policy how its expiry is written, once a
// program has written one. Whoever refreshes the token keeps to that.
func (d *Document) learnExpiry(group, tuple string) {
	p := d.Policies[group]
	if p.Kind != Token || p.Expiry == "" || p.ExpiryForm != "" {
		return
	}
	if p.ExpiryForm = p.FormIn(tuple); p.ExpiryForm != "" {
		d.Declare(Table{group: p})
	}
}

// FormIn returns how a tuple writes the expiry, empty if it has none.
func (p Policy) FormIn(tuple string) string { return formOf(viewOfRaw(tuple).Kid(p.Expiry)) }

// formOf returns how the time is written; empty if it is none.
func formOf(v *View) string {
	switch {
	case v == nil:
		return ""
	case rankValue(v.JSON()).class == timeClass:
		return FormRFC3339
	case !isNumber(v.Leaf):
		return ""
	}
	switch {
	case strictjson.CompareNumbers(v.Leaf, "0") <= 0:
		return ""
	case strictjson.CompareNumbers(v.Leaf, strconv.FormatInt(MillisFrom, 10)) >= 0:
		return FormMillis
	}
	return FormSeconds
}
