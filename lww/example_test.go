package lww_test

import (
	"fmt"
	"log"
	"time"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// Two copies of a file are edited apart. Merged in either direction they are the
// same, and have both edits.
func ExampleDocument_Merge() {
	laptop := &lww.Document{}
	set(laptop, 1, "09:00", "theme", `"light"`)
	desktop := laptop.Clone()

	set(laptop, 1, "09:01", "theme", `"dark"`)
	set(desktop, 2, "09:02", "editor", `"vi"`)

	laptop.Merge(desktop)
	desktop.Merge(laptop)
	fmt.Println(laptop.View().JSON())
	fmt.Println(desktop.View().JSON())
	// Output:
	// {"editor":"vi","theme":"dark"}
	// {"editor":"vi","theme":"dark"}
}

// A program that knows nothing of stamps loaded the file when its theme was light,
// and writes it back with one more run. The run is new; the theme is only old.
func ExampleAdopt() {
	doc := &lww.Document{ID: "one", Salt: "salt"}
	set(doc, 1, "09:00", "theme", `"light"`)
	set(doc, 1, "09:00", "runs", `7`)
	before := doc.Clone()
	set(doc, 1, "09:01", "theme", `"dark"`)
	past := &lww.History{}
	past.Record(before, doc, before.Delta(doc))

	theirs, err := strictjson.ParseObject([]byte(`{"theme": "light", "runs": 8}`), strictjson.Limits{})
	check(err)
	file, err := lww.Decode(theirs.Root())
	check(err)
	a := lww.Adopt(doc, past, file)
	fmt.Println("adopted:", a.Adopted)
	fmt.Println("rejected:", a.Rejected)
	fmt.Println(doc.View().JSON())
	// Output:
	// adopted: [/runs]
	// rejected: [/theme]
	// {"runs":8,"theme":"dark"}
}

func set(d *lww.Document, actor lww.Actor, at, key, value string) {
	now, err := time.Parse("15:04", at)
	check(err)
	w := lww.Writer{Actor: actor, Now: now.AddDate(2026, 0, 0)}
	check(d.Write(w, lww.Change{Path: []string{key}, Want: &lww.View{Leaf: value}}))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
