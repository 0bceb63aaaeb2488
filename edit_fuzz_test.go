package cfgmerge

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// FuzzSetField: what a pointer names gets the value, whatever its keys look
// like, and what it does not name stays. The values are compared by
// encoding/json, which knows nothing of pointers, merging or texts that keep
// their style.
func FuzzSetField(f *testing.F) {
	for _, key := range []string{"/a", "/a.b", "/a*", "/0", "/", "/~1x", "/~0", "/:0", "/@this", "/a|b", "/-", "/list/0", "/list/-", "/deep/er"} {
		f.Add(`{ "a": 1, "list": [1, {"x": 2}], "": true, "0": null }`, key, `"v"`)
		f.Add(`{"deep":{"er":[]},"a.b":{"c":1.0}}`, key, `{"n":[1]}`)
		f.Add("{}\n", key, "")
	}
	f.Fuzz(func(t *testing.T, text, pointer, value string) {
		path, err := strictjson.SplitPointer(pointer)
		if err != nil || len(path) == 0 || !utf8.ValidString(pointer) {
			t.Skip("no pointer to a field")
		}
		before, err := DecodeText([]byte(text))
		if err != nil || before.ID != "" {
			t.Skip("no file, or one with a history that may refuse")
		}
		edit := UnsetField(path)
		if value != "" {
			if edit, err = SetField(path, value); err != nil {
				t.Skip("no value")
			}
		}
		after := before.Clone()
		if err := edit(after, lww.Writer{Actor: 1, Now: time.UnixMilli(5)}); err != nil {
			if state := before.View(); !after.View().Equal(state) {
				t.Fatalf("an error (%v), and yet %s became %s", err, state.JSON(), after.View().JSON())
			}
			return
		}
		out, err := EncodeText(after, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		was, is := plain(t, []byte(text)), plain(t, out)
		want, changed := assigned(was, path, value)
		if !changed {
			want = was
		}
		if got, want := marshalled(t, is), marshalled(t, want); !bytes.Equal(got, want) {
			t.Fatalf("%s at %q: %s, not %s", value, pointer, got, want)
		}
	})
}

// plain is a text as encoding/json reads it, the block left out.
func plain(t *testing.T, text []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	delete(v, lww.BlockKey)
	return v
}

func marshalled(t *testing.T, v any) []byte {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(strictjson.Canonical(string(out)))
}

// assigned is the model: v with the value at path, nothing for an empty one.
// It reports false where there was nothing to remove.
func assigned(v any, path []string, value string) (any, bool) {
	if len(path) == 0 {
		if value == "" {
			return nil, true
		}
		d := json.NewDecoder(bytes.NewReader([]byte(value)))
		d.UseNumber()
		var out any
		err := d.Decode(&out)
		return out, err == nil
	}
	switch v := v.(type) {
	case []any:
		i, ok := index(path[0], len(v))
		if !ok || i == len(v) && (value == "" || len(path) > 1) {
			return nil, false
		}
		if i == len(v) {
			last, ok := assigned(nil, nil, value)
			return append(v, last), ok
		}
		if len(path) == 1 && value == "" {
			return append(v[:i:i], v[i+1:]...), true
		}
		kid, ok := assigned(v[i], path[1:], value)
		v[i] = kid
		return v, ok
	case map[string]any:
		kid, has := v[path[0]]
		if !has {
			if value == "" {
				return nil, false
			}
			kid = map[string]any{}
		}
		if len(path) == 1 && value == "" {
			delete(v, path[0])
			return v, true
		}
		made, ok := assigned(kid, path[1:], value)
		if !ok {
			return nil, false
		}
		v[path[0]] = made
		return v, true
	}
	return nil, false
}
