package lww

import (
	"slices"
	"testing"
)

func TestAVersionIsTheNumberAndNotItsSpelling(t *testing.T) {
	if d := decodeString(t, `{"$cfgmerge":{"v":1.0,"at":{}}}`); d.Block != Intact {
		t.Error("a block that was marshalled again counts as damaged")
	}
}

func TestWhatTheTableOfEntriesDoesNotListIsMalformed(t *testing.T) {
	const stamp = `"000000000500000000001"`
	for name, at := range map[string]string{
		"a typed tombstone without an era":     `"/a":[` + stamp + `,null]`,
		"a typed tombstone with a generation":  `"/a":[` + stamp + `,null,` + stamp + `,1]`,
		"an instance of an upper-case group":   `"Abc":[` + stamp + `,"abcd"]`,
		"an instance of a group with a number": `"1a":[` + stamp + `,"abcd"]`,
		"an instance of a group with a blank":  `"a b":[` + stamp + `,"abcd"]`,
	} {
		if d := decodeString(t, `{"$cfgmerge":{"v":1,"at":{`+at+`}}}`); len(d.Malformed) != 1 {
			t.Errorf("%s is taken for an entry", name)
		}
	}
}

// Such entries are hostile: a removal of the member would be a logout.
func TestAnEntryAtAMemberOfAGroupIsNoRemoval(t *testing.T) {
	const stamp = `"000000000500000000001"`
	d := decodeString(t, `{"auth":{"a":1},"n":{"x":1},"$cfgmerge":{"v":1,
		"policy":{"auth":{"kind":"token","at":["auth"],"access":"a"},"/n":{"kind":"max"}},
		"at":{"/auth/a":[`+stamp+`,"abcd"],"/n/x":[`+stamp+`,"abcd"]}}}`)
	if i := slices.IndexFunc(d.Edits(), func(e Edited) bool { return e.Removed }); i >= 0 {
		t.Errorf("%s counts as removed", d.Edits()[i].Key)
	}
}
