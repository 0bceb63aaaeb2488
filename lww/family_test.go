package lww

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge/strictjson"
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

// A text is compared with a view member by member, in the order of the text. That
// must come to the same as to take the text's own view.
func TestATextShowsTheViewsThatItsOwnIsEqualTo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, w := genView(t, 3), genView(t, 3)
		if rapid.Bool().Draw(t, "alike") {
			w = v.With(genPath(t), genView(t, 2))
		}
		tree, err := strictjson.ParseString(shuffled(t, w), strictjson.Limits{})
		if err != nil || !v.IsObject() || !w.IsObject() {
			return
		}
		if got := v.ShownBy(tree.Root()); got != v.Equal(w) {
			t.Fatalf("%s shows %s: %v", tree.Source(), v.JSON(), got)
		}
	})
}

// shuffled is w as JSON, members in any order.
func shuffled(t *rapid.T, w *View) string {
	if !w.IsObject() {
		return w.JSON()
	}
	var members []string
	for key, kid := range w.Members() {
		members = append(members, strictjson.Quote(key)+":"+shuffled(t, kid))
	}
	return "{" + strings.Join(rapid.Permutation(members).Draw(t, "order"), ",") + "}"
}

// A clone shares all that neither of both has changed since. Nobody must notice:
// beside each document goes a twin that shares nothing.
func TestWhatIsWrittenToADocumentIsNotSeenInItsClones(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policies := genTable(t)
		shares := []*Document{genDocument(t, policies)}
		twins := []*Document{copied(shares[0])}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			i := rapid.IntRange(0, len(shares)-1).Draw(t, "document")
			j := rapid.IntRange(0, len(shares)-1).Draw(t, "other")
			switch rapid.IntRange(0, 6).Draw(t, "step") {
			case 0, 1:
				shares, twins = append(shares, shares[i].Clone()), append(twins, copied(twins[i]))
			case 2:
				if a, b := shares[i].Merge(shares[j]), twins[i].Merge(twins[j]); a != b {
					t.Fatalf("a merge changed it: %v, of the twin: %v", a, b)
				}
			case 3:
				if a, b := shares[i].Prune(NewStamp(0, 4, 0, 0)), twins[i].Prune(NewStamp(0, 4, 0, 0)); a != b {
					t.Fatalf("dropped %d, of the twin %d", a, b)
				}
			case 4:
				shares[i].Salt = rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "salt")
				twins[i].Salt = shares[i].Salt
			default:
				c := Change{Path: genPath(t), Want: genView(t, 2)}
				w := Writer{Actor: Actor(rapid.IntRange(0, 2).Draw(t, "actor")), Now: time.UnixMilli(rapid.Int64Range(0, 6).Draw(t, "now"))}
				_, _ = shares[i].Write(w, c), twins[i].Write(w, c)
			}
			for k := range shares {
				if a, b := state(shares[k]), state(twins[k]); a != b {
					t.Fatalf("document %d is\n%s\nand its twin\n%s", k, a, b)
				}
				if a, b := shares[k].Canonical(), copied(twins[k]).Canonical(); string(a) != string(b) {
					t.Fatalf("document %d is encoded as\n%s\nand its twin\n%s", k, a, b)
				}
				if a, b := state(shares[i].Delta(shares[k])), state(twins[i].Delta(twins[k])); a != b {
					t.Fatalf("%d differs from %d by\n%s\nand their twins by\n%s", k, i, a, b)
				}
			}
		}
	})
}

// copied copies a document in depth.
func copied(d *Document) *Document {
	var whole func(n *node) *node
	whole = func(n *node) *node {
		out := &node{reg: n.reg, has: n.has, elems: maps.Clone(n.elems)}
		for _, c := range n.children() {
			out.addKid(c.key, whole(c.node))
		}
		return out
	}
	return &Document{ID: d.ID, Salt: d.Salt, Policies: maps.Clone(d.Policies), root: *whole(&d.root), tuples: maps.Clone(d.tuples)}
}
