package lww

import (
	"fmt"
	"slices"
	"testing"
)

func TestHistoryForgetsTheOldestOfEachKindAlone(t *testing.T) {
	h := &History{}
	for step := range uint64(40) {
		h.add("/a", superseded(step, fmt.Sprintf("%04d", step)))
		h.add("/a", superseded(step, fmt.Sprintf("%04d", step%6)+shownMark))
	}
	var want []Superseded
	for step := uint64(40 - historyDepth); step < 40; step++ {
		want = append(want, superseded(step, fmt.Sprintf("%04d", step)))
	}
	for step := uint64(40 - shownDepth); step < 40; step++ {
		want = append(want, superseded(step, fmt.Sprintf("%04d", step%6)+shownMark))
	}
	slices.Sort(want)
	if got := h.Past["/a"]; !slices.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
	if c := h.Clone(); !slices.Equal(c.Past["/a"], want) {
		t.Errorf("a clone has %v", c.Past["/a"])
	}
}

func TestAValueThatIsShownAgainIsRememberedOnce(t *testing.T) {
	h := &History{}
	for step := range uint64(3) {
		h.add("/a", superseded(step, "aaaa!"))
	}
	h.add("/a", superseded(9, "bbbb"))
	if want := []Superseded{superseded(2, "aaaa!"), superseded(9, "bbbb")}; !slices.Equal(h.Past["/a"], want) {
		t.Errorf("%v, not %v", h.Past["/a"], want)
	}
}

func TestWhatIsNoVersionIsNotRemembered(t *testing.T) {
	h := &History{}
	for _, v := range []Superseded{"", "0000001!", "0000001aaa", "0000001aaaaa", "0000001aaaa!!"} {
		h.add("/a", v)
	}
	if len(h.Past) > 0 {
		t.Errorf("%v", h.Past)
	}
}
