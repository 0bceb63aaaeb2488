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
	for _, s := range SpentBy(before, now) {
		spent[s.Digest] = true
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

func (d *Document) spentOf(values ...string) string {
	list := ""
	for _, value := range values {
		list += d.spentDigest(viewOfRaw(value))[:digestLen]
	}
	return list
}

func TestATokenListsTheSecretsThatItHasSuperseded(t *testing.T) {
	d := tokenDoc(t, `{"auth":{"access":"AT-1","refresh":"RT-1"}}`)
	for i, step := range []struct {
		because, write string
		want           []string
	}{
		{"a rotation", `{"auth":{"access":"AT-2","refresh":"RT-2"}}`, []string{`"RT-1"`, `"AT-1"`}},
		{"of a refresh token that stays only the other is spent", `{"auth":{"access":"AT-3","refresh":"RT-2"}}`, []string{`"AT-2"`, `"RT-1"`, `"AT-1"`}},
		{"a logout keeps the list", `{"auth":{}}`, []string{`"RT-2"`, `"AT-3"`, `"AT-2"`, `"RT-1"`, `"AT-1"`}},
		{"so does a login", `{"auth":{"access":"AT-4","refresh":"RT-4"}}`, []string{`"RT-2"`, `"AT-3"`, `"AT-2"`, `"RT-1"`, `"AT-1"`}},
		{"what is there again is not spent", `{"auth":{"access":"AT-5","refresh":"RT-1"}}`, []string{`"RT-4"`, `"AT-4"`, `"RT-2"`, `"AT-3"`, `"AT-2"`, `"AT-1"`}},
		{"eight are enough", `{"auth":{"access":"AT-6","refresh":"RT-6"}}`, []string{`"RT-1"`, `"AT-5"`, `"RT-4"`, `"AT-4"`, `"RT-2"`, `"AT-3"`, `"AT-2"`, `"AT-1"`}},
		{"the oldest go first", `{"auth":{"access":"AT-7","refresh":"RT-6"}}`, []string{`"AT-6"`, `"RT-1"`, `"AT-5"`, `"RT-4"`, `"AT-4"`, `"RT-2"`, `"AT-3"`, `"AT-2"`}},
	} {
		writeAt(t, d, i+2, nil, step.write)
		if r, _ := d.Register("auth"); r.Spent != d.spentOf(step.want...) {
			t.Errorf("%s: %s, want %s", step.because, r.Spent, d.spentOf(step.want...))
		}
		if r, _ := reread(t, d).Register("auth"); r != d.tuples["auth"] {
			t.Errorf("%s: a file says %v", step.because, r)
		}
	}
}

// The state folder of this machine has seen none of what another has rotated.
func TestAMachineThatNeverSawATokenRefusesItByTheListOfTheFile(t *testing.T) {
	elsewhere := tokenDoc(t, `{"auth":{"access":"AT-1","refresh":"RT-1"}}`, `{"auth":{"access":"AT-2","refresh":"RT-2"}}`)
	kept := strings.Replace(string(elsewhere.Canonical()), `"AT-2","refresh":"RT-2"`, `"AT-1","refresh":"RT-1"`, 1)
	for name, text := range map[string]string{
		"put back by a writer that drops the block": `{"auth":{"access":"AT-1","refresh":"RT-1"}}`,
		"put back by one that keeps it":             kept,
	} {
		t.Run(name, func(t *testing.T) {
			ours := reread(t, elsewhere)
			if a := Adopt(ours, nil, decodeString(t, text)); len(a.Rejected) != 1 || state(ours) != state(elsewhere) {
				t.Errorf("%+v\n%s", a, state(ours))
			}
		})
	}
}

func TestATokenThatOverwroteALostOneIsRefusedAgainAndAgain(t *testing.T) {
	lost := tokenDoc(t, `{"auth":{"access":"AT-1","refresh":"RT-1"}}`, `{"auth":{"access":"AT-2","refresh":"RT-2"}}`)
	d := &Document{}
	file := decodeString(t, strings.Replace(string(lost.Canonical()), `"AT-2","refresh":"RT-2"`, `"AT-1","refresh":"RT-1"`, 1))
	if a := Adopt(d, nil, file); len(a.Rejected) != 1 || d.At([]string{"auth"}) != nil {
		t.Fatalf("%+v, shows %s", a, d.View().JSON())
	}
	next := decodeString(t, strings.Replace(string(d.Canonical()), `{`, `{"auth":{"access":"AT-1","refresh":"RT-1"},`, 1))
	if a := Adopt(d, nil, next); len(a.Rejected) != 1 || d.At([]string{"auth"}) != nil {
		t.Errorf("the next time: %+v, shows %s", a, d.View().JSON())
	}
	// A copy that has the lost one wins, and so does a login.
	if d.Merge(lost); d.At([]string{"auth"}).JSON() != `{"access":"AT-2","refresh":"RT-2"}` {
		t.Errorf("joined with a copy: %s", d.View().JSON())
	}
}

func TestASaveThatPutsBackWhatTheRegisterListsIsKnown(t *testing.T) {
	old := tokenDoc(t, `{"auth":{"access":"AT-1","refresh":"RT-1"}}`, `{"auth":{"access":"AT-2","refresh":"RT-2"}}`)
	now := old.Clone()
	writeAt(t, now, 3, nil, `{"auth":{"access":"AT-3","refresh":"RT-1"}}`)
	if got := PutBack(old, now, func(string) bool { return false }); len(got) != 1 {
		t.Errorf("found %v", got)
	}
}
