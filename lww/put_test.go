package lww

import "testing"

// Registers come from files and from programs in any spelling, and are compared
// by their bytes in the end.
func TestARegisterIsPutAsItsRegisterWouldBeWritten(t *testing.T) {
	table := Table{"auth": {Kind: Token, At: Pattern{{Key: "auth"}}, Members: []string{"a", "r"}}, "/set": {Kind: Set, At: Pattern{{Key: "set"}}}, "/max": {Kind: Max, At: Pattern{{Key: "max"}}}}
	list := elementPointer("/set", numbered(rule{kind: Set}.called("[1]"), 0))
	for _, row := range []struct {
		because, key string
		put, want    Register
	}{
		{"a tuple has its members sorted", "auth", Register{Policy: Token, Value: `{ "r": 1.0, "a":[ 2 ] }`}, Register{Policy: Token, Value: `{"a":[ 2 ],"r":1.0}`}},
		{"so has any object", "/max", Register{Policy: Max, Value: `{"b":1,"a":2}`}, Register{Policy: Max, Value: `{"a":2,"b":1}`}},
		{"an empty object is one however it is spelled", "/x", Register{Value: "{ }"}, Register{Value: "{}"}},
		{"an element that is an array is no order", list, Register{Policy: Set, Value: "[1]"}, Register{Policy: Set, Value: "[1]"}},
	} {
		t.Run(row.because, func(t *testing.T) {
			d := &Document{Policies: table}
			d.Put(row.key, row.put)
			if got, _ := d.Register(row.key); got != row.want {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestTheIdentityOfAMergeDependsOnNoOrder(t *testing.T) {
	for _, row := range []struct {
		because          string
		a, b             *Document
		wantID, wantSalt string
	}{
		{"none is greater than any", &Document{Salt: "a"}, &Document{ID: "d", Salt: "b"}, "d", "b"},
		{"of none, too, the smaller salt", &Document{Salt: "b"}, &Document{Salt: "a"}, "", "a"},
		{"no salt is greater than any", &Document{}, &Document{Salt: "a"}, "", "a"},
		{"of one id as well", &Document{ID: "d"}, &Document{ID: "d", Salt: "a"}, "d", "a"},
		{"the salt goes with the id", &Document{ID: "c"}, &Document{ID: "d", Salt: "a"}, "c", ""},
	} {
		for _, got := range []*Document{merged(row.a, row.b), merged(row.b, row.a)} {
			if got.ID != row.wantID || got.Salt != row.wantSalt {
				t.Errorf("%s: %q %q", row.because, got.ID, got.Salt)
			}
		}
	}
}
