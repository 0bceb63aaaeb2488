package strictjson

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestPointersOfTheRFC(t *testing.T) {
	tests := []struct {
		pointer string
		segs    []string
	}{
		{"", nil}, {"/", []string{""}}, {"/foo/0", []string{"foo", "0"}}, {"/a~1b", []string{"a/b"}},
		{"/m~0n", []string{"m~n"}}, {"/~01", []string{"~1"}}, {"//", []string{"", ""}}, {"/c%d", []string{"c%d"}},
		{"/https:~1~1example.com", []string{"https://example.com"}},
	}
	for _, test := range tests {
		segs, err := SplitPointer(test.pointer)
		if err != nil || !slices.Equal(segs, test.segs) {
			t.Errorf("split %q: %q, %v", test.pointer, segs, err)
		}
		if got := JoinPointer(test.segs...); got != test.pointer {
			t.Errorf("join %q: %q", test.segs, got)
		}
	}
}

func TestBadPointersAreRefused(t *testing.T) {
	for pointer, offset := range map[string]int{"a": 0, "a/b": 0, "#/a": 0, "/~": 1, "/a~2": 2, "/~0~": 3, "/~/a": 1} {
		_, err := SplitPointer(pointer)
		var bad *PointerError
		if !errors.As(err, &bad) || bad.Offset != offset || bad.Error() == "" {
			t.Errorf("%q: %v", pointer, err)
		}
	}
}

func TestSplitAndJoinAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		segs := rapid.SliceOfN(nastyString(), 0, 4).Draw(t, "segs")
		pointer := ""
		for _, seg := range segs {
			pointer = AppendSegment(pointer, seg)
		}
		if joined := JoinPointer(segs...); joined != pointer {
			t.Fatalf("joined %q, appended %q", joined, pointer)
		}
		if got, err := SplitPointer(pointer); err != nil || !slices.Equal(got, segs) {
			t.Fatalf("%q: %q, %v", pointer, got, err)
		}
	})
}
