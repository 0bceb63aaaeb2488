package lww

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Children come in any order, one by one or in a merge, and are walked in the
// order of their keys.
func TestChildrenAreKeptInTheOrderOfTheirKeys(t *testing.T) {
	key := rapid.StringMatching(`[a-z]{1,2}`)
	rapid.Check(t, func(t *rapid.T) {
		want := map[string]bool{}
		n := &node{}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 5).Draw(t, "step") {
			case 0:
				other := &node{}
				for _, k := range rapid.SliceOfN(key, 0, 8).Draw(t, "merged") {
					other.grow(k).put(Register{Value: "1"})
					want[k] = true
				}
				n.join(other)
			case 1:
				gone := key.Draw(t, "gone")
				n.kids.drop(func(c child) bool { return c.key == gone })
				delete(want, gone)
			default:
				k := key.Draw(t, "grown")
				n.grow(k).put(Register{Value: "1"})
				want[k] = true
			}
		}
		for k := range want {
			if n.kid(k) == nil {
				t.Fatalf("%q is not found", k)
			}
		}
		var got []string
		for _, c := range n.children() {
			got = append(got, c.key)
		}
		if keys := slices.Sorted(maps.Keys(want)); !slices.Equal(got, keys) {
			t.Fatalf("walked %q, want %q", got, keys)
		}
	})
}

// Many changes at once come to the same as one after the other, and leave what
// they are made to as it was.
func TestManyChangesOfAViewAreThoseOfEachInTurn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, w := genView(t, 3), genView(t, 3)
		if v == nil || w == nil {
			return
		}
		before := v.JSON()
		var changes []Change
		want := v
		v.Diff(w, func(path []string, _, now *View) {
			changes = append(changes, Change{Path: path, Want: now})
			want = want.With(path, now)
		})
		if got := v.WithAll(changes); got.JSON() != want.JSON() {
			t.Fatalf("got %s, want %s", got.JSON(), want.JSON())
		}
		if v.JSON() != before {
			t.Fatal("the view itself was changed")
		}
	})
}
