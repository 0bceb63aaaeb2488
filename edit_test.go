package cfgmerge_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// applied returns the text of a file after a change.
func applied(t *testing.T, text string, o *cfgmerge.Options, change cfgmerge.Edit) (string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "app.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	doc, err := cfgmerge.OpenDoc(path, o)
	if err != nil {
		t.Fatal(err)
	}
	err = doc.Update(context.Background(), change)
	shown, textErr := doc.Text(context.Background())
	if textErr != nil {
		t.Fatal(textErr)
	}
	return string(shown), err
}

func setField(t *testing.T, pointer, value string) cfgmerge.Edit {
	t.Helper()
	path, err := strictjson.SplitPointer(pointer)
	if err != nil {
		t.Fatal(err)
	}
	if value == "" {
		return cfgmerge.UnsetField(path)
	}
	change, err := cfgmerge.SetField(path, value)
	if err != nil {
		t.Fatal(err)
	}
	return change
}

func TestSetFieldTouchesWhatThePointerNamesAndNothingElse(t *testing.T) {
	for _, tt := range []struct{ why, text, pointer, value, want string }{
		{"a member", `{"a":1,"b":2}`, "/a", "3", `{"a":3,"b":2}`},
		{"the way is made", `{}`, "/a/b/c", "1", `{"a":{"b":{"c":1}}}`},
		{"digits are a key of an object", `{"0":1}`, "/0", "2", `{"0":2}`},
		{"the empty key", `{"":1}`, "/", "2", `{"":2}`},
		{"digits are an index of an array", `{"l":[1,2]}`, "/l/1", "3", `{"l":[1,3]}`},
		{"an array in an array", `{"l":[[1],[2]]}`, "/l/1/0", "3", `{"l":[[1],[3]]}`},
		{"an object in an array keeps its other fields as they are", `{"l":[{"a" :1.50,"b":2}]}`, "/l/0/b", "3", `{"l":[{"a" :1.50,"b":3}]}`},
		{"the way is made in an array", `{"l":[{}]}`, "/l/0/a/b", "1", `{"l":[{"a":{"b":1}}]}`},
		{"- appends", `{"l":[1]}`, "/l/-", "2", `{"l":[1,2]}`},
		{"- is a key of an object", `{"o":{}}`, "/o/-", "2", `{"o":{"-":2}}`},
		{"an element is removed", `{"l":[1,2,3]}`, "/l/1", "", `{"l":[1,3]}`},
		{"an element's field is removed", `{"l":[{"a":1,"b":2}]}`, "/l/0/a", "", `{"l":[{"b":2}]}`},
		{"what is not there need not be removed", `{"l":[1],"s":"x"}`, "/l/7", "", `{"l":[1],"s":"x"}`},
		{"nor in an element that is no object", `{"l":[1]}`, "/l/0/a", "", `{"l":[1]}`},
		{"the whole document", `{"a":1}`, "", `{"b":2}`, `{"b":2}`},
	} {
		if got, err := applied(t, tt.text, nil, setField(t, tt.pointer, tt.value)); err != nil || strictjson.Canonical(got) != strictjson.Canonical(tt.want) {
			t.Errorf("%s: got %s, %v, want %s", tt.why, got, err, tt.want)
		}
	}
}

func TestSetFieldDoesNotReplaceWhatStandsInTheWay(t *testing.T) {
	for pointer, text := range map[string]string{
		"/s/x":   `{"s":"CANARY"}`,
		"/n/x/y": `{"n":null}`,
		"/l/0/x": `{"l":["CANARY"]}`,
		"/l/x":   `{"l":["CANARY"]}`,
		"/l/9":   `{"l":["CANARY"]}`,
		"/l/01":  `{"l":["CANARY",2]}`,
		"/l/-/x": `{"l":["CANARY"]}`,
		"/l/-1":  `{"l":["CANARY"]}`,
	} {
		got, err := applied(t, text, nil, setField(t, pointer, `"CANARY-2"`))
		var blocked *cfgmerge.BlockedError
		var index *cfgmerge.IndexError
		if !errors.As(err, &blocked) && !errors.As(err, &index) {
			t.Errorf("%s in %s: got %v, want a *BlockedError or an *IndexError", pointer, text, err)
			continue
		}
		if got != text || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s in %s: left %s, said %v", pointer, text, got, err)
		}
	}
}

// The examples of RFC 7396, appendix A, as far as both sides are objects.
func TestMergePatchFollowsItsRFC(t *testing.T) {
	for _, tt := range []struct{ text, patch, want string }{
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b"}`, `{"a":null}`, `{}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`{"e":null}`, `{"a":1}`, `{"e":null,"a":1}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
		{`{"a":"b"}`, `{"a":{"b":{"c":null},"d":1}}`, `{"a":{"b":{},"d":1}}`},
	} {
		change, err := cfgmerge.MergePatch([]byte(tt.patch))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := applied(t, tt.text, nil, change); err != nil || strictjson.Canonical(got) != strictjson.Canonical(tt.want) {
			t.Errorf("%s patched with %s: got %s, %v, want %s", tt.text, tt.patch, got, err, tt.want)
		}
	}
}

func TestMergePatchKeepsItsHandsOffTheHistory(t *testing.T) {
	for _, patch := range []string{`{"$cfgmerge":null}`, `{"a":1,"$cfgmerge":{}}`} {
		if _, err := cfgmerge.MergePatch([]byte(patch)); !errors.Is(err, lww.ErrReserved) {
			t.Errorf("%s: got %v", patch, err)
		}
	}
}

// Composing a text fell back to the default limit: a larger file could be read
// and not saved.
func TestATextAboveTheDefaultLimitCanBeComposed(t *testing.T) {
	like := `{"big":"` + strings.Repeat("x", 65<<20) + `","n":1}`
	doc := &lww.Document{ID: "id", Salt: "salt"}
	doc.Put("/big", lww.Register{Value: like[len(`{"big":`) : len(like)-len(`,"n":1}`)]})
	doc.Put("/n", lww.Register{Value: "2"})
	text, err := cfgmerge.EncodeText(doc, []byte(like))
	if err != nil || !strings.Contains(string(text[65<<20:]), `"n":2,"$cfgmerge"`) {
		t.Error(err)
	}
}
