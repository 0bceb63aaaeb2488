package lww

import "testing"

// What showed nothing before a policy was known is no value that it could hold;
// the object that was emptied would go with it.
func TestOnlyWhatShowsIsLifted(t *testing.T) {
	s := NewStamp(0, 3, 0, 1)
	for name, row := range map[string]struct {
		policies Table
		deleted  []string
	}{
		"a group": {Table{"auth": {Kind: Token, At: Pattern{{Key: "a"}}, Members: []string{"r", "s"}, Refresh: "r"}}, []string{"/a/r", "/a/s"}},
		"a field": {Table{"/a/n": {Kind: Max, At: Pattern{{Key: "a"}, {Key: "n"}}}}, []string{"/a/n"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := &Document{Policies: row.policies}
			for _, key := range row.deleted {
				d.Put(key, Register{Stamp: s, Dead: true})
			}
			if d.Lift() {
				t.Errorf("lifted to %v", d.Keys())
			}
			if got := d.View().JSON(); got != `{"a":{}}` {
				t.Errorf("shows %s", got)
			}
		})
	}
}
