package schema

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/cfgmerge/cfgmerge/lww"
)

func TestABuilderDeclaresWhatTagsDo(t *testing.T) {
	shape, err := Of(reflect.TypeFor[struct {
		ID      string            `json:"id" cfgmerge:"first,local,secret"`
		Checked map[string]string `json:"checked"`
		Max     int               `json:"max" cfgmerge:"max"`
		Min     int               `json:"min" cfgmerge:"min"`
		Plugins []string          `json:"plugins" cfgmerge:"set"`
		Servers []Inner           `json:"servers" cfgmerge:"keyed=X"`
		W       struct {
			X int `json:"x" cfgmerge:"group=pos"`
			Y int `json:"y" cfgmerge:"group=pos,secret"`
		} `json:"w"`
		Tokens map[string]Tokens `json:"tokens"`
	}]())
	if err != nil {
		t.Fatal(err)
	}
	var b Builder
	b.Secret("/id").First("/id").Local("/id", "/tokens/*/refresh").Max("/max").Min("/min").Set("/plugins").Keyed("/servers", "X")
	b.Group("pos", "/w", "x", "y").Secret("/w/y", "/tokens/*/account")
	b.Token("oauth", "/tokens/*").Access("access").Refresh("refresh").Expiry("expires").Form("rfc3339").Identity("account").Members("scope")
	got, err := b.Table()
	if err != nil || !reflect.DeepEqual(got, shape.Table()) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, shape.Table())
	}
}

func TestPlacesAreKeysAndWildcards(t *testing.T) {
	for place, want := range map[string]lww.Pattern{
		"": at(), "/": at(""), "/a~1b~0/*/~2/**": {{Key: "a/b~"}, {Any: true}, {Key: "*"}, {Key: "**"}},
	} {
		if got, err := parsePlace(place); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v, %v", place, got, err)
		}
	}
	for _, place := range []string{"a", "/~", "/~3", "a/b"} {
		if got, err := parsePlace(place); err == nil {
			t.Errorf("%q: got %+v", place, got)
		}
	}
}

func TestTheFirstCallThatMakesNoSenseIsReported(t *testing.T) {
	for _, tt := range []struct {
		reason   string
		call     func(b *Builder)
		at, want string
	}{
		{"no pointer", func(b *Builder) { b.First("a") }, "a", "JSON Pointer"},
		{"the root", func(b *Builder) { b.Secret("") }, "", "the root has no policy"},
		{"two policies", func(b *Builder) { b.First("/a").Max("/a") }, "/a", "two policies"},
		{"keyed by nothing", func(b *Builder) { b.Keyed("/a", "") }, "/a", "needs the name"},
		{"a name that no group has", func(b *Builder) { b.Group("A", "/w", "x") }, "/w", "lower-case"},
		{"a group in two objects", func(b *Builder) { b.Group("g", "/a", "x").Group("g", "/b", "x") }, "/b", "two objects"},
		{"a group and a token", func(b *Builder) { b.Group("g", "/a", "x").Token("g", "/a").Access("y") }, "/a", "both a group and a token"},
		{"a token without secrets", func(b *Builder) { b.Token("t", "/a").Expiry("e") }, "/a", "no field of t"},
		{"a role twice", func(b *Builder) { b.Token("t", "/a").Access("e").Access("f") }, "/a", "two fields"},
		{"a member twice", func(b *Builder) { b.Token("t", "/a").Access("e").Refresh("e") }, "/a", "two policies"},
		{"a policy, then a group", func(b *Builder) { b.Max("/a/e").Token("t", "/a").Access("e") }, "/a", "two policies"},
		{"a group, then a policy", func(b *Builder) { b.Token("t", "/a").Access("e"); b.Max("/a/e") }, "/a/e", "two policies"},
		{"a form that there is not", func(b *Builder) { b.Token("t", "/a").Access("e").Expiry("f").Form("min") }, "/a", "no form"},
		{"a form of nothing", func(b *Builder) { b.Token("t", "/a").Access("e").Form("ms") }, "/a", "comes after"},
		{"the first of two", func(b *Builder) { b.Max("x").Min("y") }, "x", "JSON Pointer"},
	} {
		var b Builder
		tt.call(&b)
		got, err := b.Table()
		var be *BuildError
		if got != nil || !errors.As(err, &be) || be.At != tt.at || !strings.Contains(be.Reason, tt.want) {
			t.Errorf("%s: got %v, %v", tt.reason, got, err)
		}
	}
}

func TestABuiltTableIsTheCallers(t *testing.T) {
	var b Builder
	first, _ := b.First("/a").Table()
	delete(first, "/a")
	if again, err := b.Table(); err != nil || len(again) != 1 {
		t.Errorf("got %v, %v", again, err)
	}
}
