package lww

import (
	"testing"
	"time"
)

// Programs whose types leave nothing out log out by writing empty texts. On
// another copy that has to win over any number of rotations.
func TestATokenThatIsBlankedOrComesBackBeginsANewEra(t *testing.T) {
	table := Table{"auth": {Kind: Token, Members: []string{"a", "r", "x"}, Access: "a", Refresh: "r"}}
	for _, row := range []struct {
		because, old, now string
		want              bool
	}{
		{"a rotation", `{"a":"1","r":"1"}`, `{"a":"2","r":"2"}`, false},
		{"the refresh token stays", `{"a":"1","r":"1"}`, `{"a":"","r":"1"}`, false},
		{"blanked", `{"a":"1","r":"1"}`, `{"a":"","r":""}`, true},
		{"set to null, another member stays", `{"a":"1","r":"1","x":1}`, `{"a":null,"x":1}`, true},
		{"back again", `{"a":"","r":""}`, `{"a":"2","r":"2"}`, true},
		{"removed", `{"a":"1"}`, `{}`, true},
	} {
		one := &Document{Policies: table}
		one.WriteTuple(Writer{Actor: 1, Now: time.UnixMilli(1)}, "auth", nil, viewOfRaw(row.old), false)
		first, _ := one.Register("auth")
		one.WriteTuple(Writer{Actor: 1, Now: time.UnixMilli(2)}, "auth", nil, viewOfRaw(row.now), false)
		if next, _ := one.Register("auth"); (next.Era != first.Era) != row.want {
			t.Errorf("%s: eras %v and %v", row.because, first.Era, next.Era)
		}
	}
	// A policy that names neither is judged by whether there is anything.
	if (Policy{Kind: Token}).newEra(`{"x":1}`, `{"x":2}`) {
		t.Error("a token without roles")
	}
}
