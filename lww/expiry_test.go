package lww

import (
	"testing"
	"time"
)

func TestHowAnExpiryIsWrittenIsStoredWithThePolicy(t *testing.T) {
	for value, want := range map[string]string{
		`"2026-11-22T13:00:00Z"`: FormRFC3339,
		`1795315200`:             FormSeconds,
		`1795315200000`:          FormMillis,
		`0`:                      "", // what tools write for never
		`"tomorrow"`:             "",
	} {
		d := &Document{}
		d.Declare(Table{"login": {Kind: Token, Members: []string{"e", "r"}, Refresh: "r", Expiry: "e"}})
		tuple := viewOfRaw(`{"e":` + value + `,"r":"RT-1"}`)
		if err := d.Write(Writer{Actor: 1, Now: time.UnixMilli(5)}, Change{Want: tuple}); err != nil {
			t.Fatal(err)
		}
		if got := d.Policies["login"].ExpiryForm; got != want {
			t.Errorf("%s: %q, not %q", value, got, want)
		}
		d.WriteTuple(Writer{Actor: 1, Now: time.UnixMilli(6)}, "login", nil, viewOfRaw(`{"r":"RT-2","e":7}`), false)
		if got := d.Policies["login"].ExpiryForm; want != "" && got != want {
			t.Errorf("%s: a later write made it %q", value, got)
		}
	}
}
