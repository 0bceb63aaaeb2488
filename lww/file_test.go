package lww

import "testing"

// What was found by chance stays found: states of which a file once said less
// than they do.
func TestWhatAFileOnceLost(t *testing.T) {
	pairs, newer := Table{"one": {Kind: Group, Members: []string{"a"}}, "two": {Kind: Group, Members: []string{"b"}}}, stampAt(5)
	for _, row := range []struct {
		because  string
		policies Table
		a, b     map[string]Register
		want     string
	}{
		{
			because:  "the deleted member of one group, beside another group",
			policies: pairs,
			a:        map[string]Register{"one": {Policy: Group, Stamp: newer, Value: `{"a":1}`}, "/b": {Stamp: newer, Dead: true}},
			b:        map[string]Register{"/b": {Stamp: stampAt(3), Value: "2"}},
			want:     `{"a":1}`,
		},
		{
			because: "what a scalar at the root hides",
			a:       map[string]Register{"": {Stamp: newer, Value: "7"}},
			b:       map[string]Register{"/b": {Stamp: stampAt(3), Value: "2"}},
			want:    `{}`,
		},
		{
			because:  "a value that an object hides, and an empty object of its stamp",
			policies: Table{"tok": {Kind: Token, At: Pattern{{Any: true}}, Members: []string{"b"}}},
			a:        map[string]Register{"/m": {Value: "1"}, "/m/b": {Dead: true}},
			b:        map[string]Register{"/m": {Value: "{}"}, "tok/m": {Policy: Token, Value: "{}"}},
			want:     `{"m":{}}`,
		},
		{
			because:  "a value above a field that was unset, and an empty object of its stamp",
			policies: Table{"/m/b": {Kind: Max, At: Pattern{{Key: "m"}, {Key: "b"}}}},
			a:        map[string]Register{"/m": {Value: "1"}, "/m/b": {Policy: Max, Dead: true}},
			b:        map[string]Register{"/m": {Value: "{}"}},
			want:     `{"m":{}}`,
		},
		{
			because: "a member that a group with a better claim has taken from a tuple",
			policies: Table{
				"one": {Kind: Group, Members: []string{"a", "m"}}, "two": {Kind: Token, Members: []string{"b", "m"}, Refresh: "b"},
			},
			a:    map[string]Register{"one": {Policy: Group, Stamp: newer, Value: `{"m":1}`}},
			b:    map[string]Register{"one": {Policy: Group, Stamp: newer, Value: `{"a":{}}`}},
			want: `{"a":{},"m":1}`,
		},
		{
			because:  "an empty object above an array of which only a removed element is known",
			policies: Table{"/m/s": {Kind: Set, At: Pattern{{Key: "m"}, {Key: "s"}}}},
			a: map[string]Register{
				"/a": {Stamp: newer, Value: "1"}, "/m": {Stamp: newer, Value: "{}"},
				elementPointer("/m/s", numbered(rule{kind: Set}.called("1"), 0)): {Policy: Set, Stamp: newer, Dead: true},
			},
			want: `{"a":1,"m":{}}`,
		},
	} {
		t.Run(row.because, func(t *testing.T) {
			a, b := documentOf(row.policies, row.a), documentOf(row.policies, row.b)
			a.Lift()
			if got := merged(a, b).View().JSON(); got != row.want {
				t.Errorf("directly: %s", got)
			}
			if got := merged(reread(t, a), b).View().JSON(); got != row.want {
				t.Errorf("through a file: %s\n%s", got, a.Canonical())
			}
		})
	}
}

func stampAt(ms int64) Stamp { return NewStamp(0, ms, 0, 1) }

func documentOf(policies Table, registers map[string]Register) *Document {
	d := &Document{Policies: policies}
	for key, r := range registers {
		d.Put(key, r)
	}
	return d
}
