package refresh

import (
	"encoding/json"
	"testing"
	"time"
)

func TestATokenSurvivesItsSpill(t *testing.T) {
	want := Token{Access: "a", Refresh: "r", Identity: "i", Expiry: time.Unix(1, 0).UTC(), Extra: map[string]any{"n": json.Number("9007199254740993")}}
	data, err := encodeSpill(want)
	must(t, err)
	got := decodeSpill(append(data, 0, 0))
	if got == nil || got.Access != "a" || got.Refresh != "r" || got.Identity != "i" || !got.Expiry.Equal(want.Expiry) || got.Extra["n"] != want.Extra["n"] {
		t.Error("another token came back")
	}
	for i := range data {
		torn := append([]byte(nil), data...)
		for j := i; j < len(torn); j++ {
			torn[j] = 0
		}
		if decodeSpill(torn) != nil && torn[i] != data[i] {
			t.Fatalf("a spill torn at %d was read", i)
		}
	}
	if decodeSpill(make([]byte, 100)) != nil {
		t.Error("unused room was read as a token")
	}
}
