package lww

import (
	"math"
	"testing"
	"time"
)

var tokenTable = Table{
	"auth": {Kind: Token, At: Pattern{{Key: "auth"}}, Members: []string{"access", "id", "refresh"}, Access: "access", Refresh: "refresh", Identity: "id"},
	"/max": {Kind: Max, At: Pattern{{Key: "max"}}}, "/min": {Kind: Min, At: Pattern{{Key: "min"}}}, "/first": {Kind: First, At: Pattern{{Key: "first"}}},
	`["at",null,"max"]`: {Kind: Max, At: Pattern{{Key: "at"}, {Any: true}, {Key: "max"}}},
}

func tokenDoc(t *testing.T, texts ...string) *Document {
	t.Helper()
	d := &Document{ID: "d", Salt: "s", Policies: tokenTable}
	for i, text := range texts {
		writeAt(t, d, i+1, nil, text)
	}
	return d
}

func TestALogoutIsAnEmptyTupleWithItsEraThatBeatsLaterRotationsOfTheLoginBefore(t *testing.T) {
	d := tokenDoc(t, `{"auth":{"access":"AT-1","refresh":"RT-1"}}`)
	elsewhere := d.Clone()
	writeAt(t, d, 2, []string{"auth"}, ``)
	r, ok := d.Register("auth")
	if !ok || r.Dead || r.Value != "{}" || r.Era != r.Stamp || r.Gen != 0 {
		t.Errorf("the logout is %+v", r)
	}
	for i := 3; i < 6; i++ {
		writeAt(t, elsewhere, i, []string{"auth", "refresh"}, `"RT-`+string(rune('0'+i))+`"`)
	}
	if got := merged(d, elsewhere).At([]string{"auth"}).JSON(); got != "" && got != "{}" {
		t.Errorf("shows %s", got)
	}
}

func TestAnUnsetOrLoweringBeginsAnEraThatBeatsWhatWasBefore(t *testing.T) {
	for name, tt := range map[string]struct{ field, old, now, shows string }{
		"max is lowered": {"max", `9`, `5`, `5`},
		"min is raised":  {"min", `1`, `5`, `5`},
		"max is unset":   {"max", `9`, ``, ``},
		"min is unset":   {"min", `1`, ``, ``},
		"first is unset": {"first", `"a"`, ``, ``},
	} {
		t.Run(name, func(t *testing.T) {
			d := tokenDoc(t, `{"`+tt.field+`":`+tt.old+`}`)
			old := d.Clone()
			writeAt(t, d, 2, []string{tt.field}, tt.now)
			r, _ := d.Register("/" + tt.field)
			if r.Era != r.Stamp {
				t.Errorf("no new era: %+v", r)
			}
			if got := merged(old, d).At([]string{tt.field}).JSON(); got != tt.shows {
				t.Errorf("shows %s, not %s", got, tt.shows)
			}
		})
	}
}

func TestDeletingASubtreeResetsEachRegisterInIt(t *testing.T) {
	d := tokenDoc(t, `{"at":{"a":{"max":9},"b":{"max":7}},"auth":{"access":"AT-1","refresh":"RT-1"}}`)
	old := d.Clone()
	writeAt(t, d, 2, nil, `{}`)
	for _, key := range []string{"/at/a/max", "/at/b/max"} {
		if r, _ := d.Register(key); !r.Dead || r.Era != r.Stamp {
			t.Errorf("%s is %+v", key, r)
		}
	}
	if got := merged(old, d).View().JSON(); got != "{}" && got != `{"auth":{}}` {
		t.Errorf("shows %s", got)
	}
}

func TestWritersWriteInTheHigherOfTheDeclaredAndTheStoredPolicy(t *testing.T) {
	stored := tokenDoc(t, `{"max":9}`)
	declaring := stored.Clone()
	declaring.Declare(Table{"/max": {Kind: First, At: Pattern{{Key: "max"}}}})
	writeAt(t, declaring, 2, []string{"max"}, `10`)
	if r, _ := declaring.Register("/max"); r.Policy != Max {
		t.Errorf("written as %s, though max was stored", r.Policy)
	}
	declaring.Declare(Table{"/max": {Kind: Min, At: Pattern{{Key: "max"}}}})
	writeAt(t, declaring, 3, []string{"max"}, `8`)
	if r, _ := declaring.Register("/max"); r.Policy != Min {
		t.Errorf("written as %s, though min is declared", r.Policy)
	}
}

func TestClonedActorsWithEqualStampsAndDifferentValuesConverge(t *testing.T) {
	w := Writer{Actor: 7, Now: time.Unix(1, 0)}
	var clones []*Document
	for _, text := range []string{`{"a":1,"max":1,"auth":{"refresh":"x"}}`, `{"a":1.0,"max":1.0,"auth":{"refresh":"y"}}`, `{"a":[2],"max":2,"auth":{}}`} {
		d := &Document{ID: "d", Salt: "s", Policies: tokenTable}
		if err := d.Write(w, Change{Want: viewOfRaw(text)}); err != nil {
			t.Fatal(err)
		}
		clones = append(clones, d)
	}
	a, b, c := clones[0], clones[1], clones[2]
	want := string(merged(a, b, c).Canonical())
	for _, order := range [][]*Document{{a, c, b}, {b, a, c}, {b, c, a}, {c, a, b}, {c, b, a}} {
		if got := string(merged(order...).Canonical()); got != want {
			t.Errorf("they differ:\n%s\n%s", got, want)
		}
	}
}

// A file that is hostile, or damaged, must not have a new token lost: nobody
// would get it a second time.
func TestARotationWithNoGenerationLeftBeginsAnEra(t *testing.T) {
	for gen, begins := range map[uint64]bool{maxGen - 1: false, maxGen: true, math.MaxUint64: true} {
		d := tokenDoc(t, `{"auth":{"access":"AT-1","refresh":"RT-1"}}`)
		old, _ := d.Register("auth")
		old.Gen = gen
		d.raiseTuple("auth", old)
		writeAt(t, d, 2, []string{"auth", "refresh"}, `"RT-2"`)
		if got := d.At([]string{"auth", "refresh"}).JSON(); got != `"RT-2"` {
			t.Errorf("after generation %d the token is %s", gen, got)
		}
		if r, _ := d.Register("auth"); (r.Era == r.Stamp) != begins || begins != (r.Gen == 0) {
			t.Errorf("after generation %d: %+v", gen, r)
		}
	}
}
