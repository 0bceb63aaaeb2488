package lww

import (
	"strings"
	"testing"
)

func TestASpentTokenIsRefusedAlsoWhereTheBlockWasKept(t *testing.T) {
	before := tokenDoc(t, `{"auth":{"access":"AT-1","refresh":"RT-1"}}`)
	now := before.Clone()
	writeAt(t, now, 2, nil, `{"auth":{"access":"AT-2","refresh":"RT-2"}}`)
	spent := map[string]bool{}
	for _, digest := range SpentBy(before, now) {
		spent[digest] = true
	}
	past := &History{Spent: func(digest string) bool { return spent[digest] }}
	for name, tt := range map[string]struct{ old, edited, shows string }{
		"both are put back":   {`"AT-2","refresh":"RT-2"`, `"AT-1","refresh":"RT-1"`, `{"access":"AT-2","refresh":"RT-2"}`},
		"one is put back":     {`RT-2`, `RT-1`, `{"access":"AT-2","refresh":"RT-2"}`},
		"new ones are put in": {`"AT-2","refresh":"RT-2"`, `"AT-3","refresh":"RT-3"`, `{"access":"AT-3","refresh":"RT-3"}`},
	} {
		t.Run(name, func(t *testing.T) {
			ours := now.Clone()
			a := Adopt(ours, past, decodeString(t, strings.Replace(string(now.Canonical()), tt.old, tt.edited, 1)))
			if got := ours.At([]string{"auth"}).JSON(); got != tt.shows || (len(a.Rejected) > 0) == (len(a.Adopted) > 0) {
				t.Errorf("shows %s, %+v", got, a)
			}
		})
	}
}
