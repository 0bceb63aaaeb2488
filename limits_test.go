package cfgmerge

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// The largest file is what the option says, not what the default is.
func TestAFileBeyondTheDefaultLimitIsLoadedAndSaved(t *testing.T) {
	const large = 64<<20 + 1
	path := temp(t, `{"note":"`+strings.Repeat("x", large)+`","theme":"light"}`)
	var v struct {
		Note  string `json:"note"`
		Theme string `json:"theme"`
	}
	s, err := LoadContext(context0(), path, &v, &Options{MaxSize: 2 * large})
	if err != nil {
		t.Fatal(err)
	}
	v.Theme = "dark"
	save(t, s, &v)
	if now := text(t, path); !strings.Contains(now, `"theme":"dark"`) || len(now) < large {
		t.Errorf("the file has %d bytes", len(now))
	}
}

func TestASaveBeyondALimitSaysWhich(t *testing.T) {
	type value struct {
		Raw json.RawMessage `json:"raw"`
	}
	deep := strings.Repeat("[", 1001) + strings.Repeat("]", 1001)
	for name, tt := range map[string]struct {
		most       int64
		raw, class string
	}{
		"a value that is large":         {1000, `"` + strings.Repeat("x", 1000) + `"`, "too-large"},
		"one that is, with its history": {1000, `"` + strings.Repeat("x", 900) + `"`, "too-large"},
		"one that is deep":              {0, deep, "too-deep"},
	} {
		t.Run(name, func(t *testing.T) {
			path := temp(t, `{}`)
			var v value
			s, err := LoadContext(context0(), path, &v, &Options{MaxSize: tt.most})
			if err != nil {
				t.Fatal(err)
			}
			v.Raw = json.RawMessage(tt.raw)
			var limit *LimitError
			if err := s.Save(&v); !errors.As(err, &limit) || limit.Class != tt.class {
				t.Errorf("%v, not that it would become %s", err, tt.class)
			}
			if now := text(t, path); now != `{}` {
				t.Errorf("the file is %.80s", now)
			}
		})
	}
}

// encoding/json lets a MarshalJSON say one key twice. No reader would agree with
// another on what that means.
func TestAValueWithOneKeyTwiceCanNotBeEncoded(t *testing.T) {
	path := temp(t, `{"raw":1}`)
	s, v := load[struct {
		Raw json.RawMessage `json:"raw"`
	}](t, path)
	v.Raw = json.RawMessage(`{"a":"CANARY","a":2}`)
	var encoding *EncodeError
	if err := s.Save(v); !errors.As(err, &encoding) || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("%v is no EncodeError", err)
	}
}

func TestASnapshotThatWasNotLoadedCanNotBeUsed(t *testing.T) {
	var s Snapshot
	v := &config{Theme: "dark"}
	for name, err := range map[string]error{"save": s.Save(v), "rebase": s.Rebase(v), "reload": s.Reload(context0(), v)} {
		if !errors.Is(err, ErrNoBase) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
