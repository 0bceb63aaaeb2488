package cfgmerge

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What may befall a file, in every order: the library against a model that is a
// few maps from field to value. A value is written once, so the model needs no
// stamps, digests, slots and leftovers.

type values map[string]string

// known is what is remembered of a document: its values as a save left them, nil
// for nothing, and those that were superseded. Of two documents nothing is
// compared.
type known struct {
	doc   int // 0: none
	saved values
	past  map[[2]string]bool // field and value
}

// plus is k with the past of l, if that is of the same document.
func (k known) plus(l known) known {
	past := maps.Clone(k.past)
	if past == nil {
		past = map[[2]string]bool{}
	}
	if k.doc == l.doc {
		maps.Copy(past, l.past)
	}
	k.past = past
	return k
}

// after is k when now has superseded what the states show.
func (k known) after(now values, states ...values) known {
	k = k.plus(known{})
	for _, s := range states {
		for field, value := range s {
			k.past[[2]string{field, value}] = k.past[[2]string{field, value}] || now[field] != value
		}
	}
	k.saved = now
	return k
}

// model says what a file must show.
type model struct {
	embedded bool
	text     values // what the file's text shows; nil for no file
	ours     bool   // a save wrote the text, and it is as it was or has its block yet
	mine     known  // of that save
	kept     known  // of the last save that is known to have ended
	docs     int

	apart   values // the fields of the copy
	apartOf int    // the document that it is a copy of
	loaded  values // what the old binary loaded long ago
}

// shows is the rule. A text that a save left, or that has its block, counts. Of
// others counts what differs from the last save and is no old value; what they
// lack stays.
func (m *model) shows() values {
	if m.ours || m.text == nil || m.kept.saved == nil {
		return maps.Clone(m.text)
	}
	out := maps.Clone(m.kept.saved)
	for field, value := range m.text {
		if !m.kept.past[[2]string{field, value}] {
			out[field] = value
		}
	}
	return out
}

// doc is what a save goes on from: a new document if the file was removed, or has
// no history.
func (m *model) doc() known {
	switch {
	case m.text == nil:
		return known{}
	case m.ours:
		return m.mine.plus(m.kept)
	}
	return m.kept
}

// commit is a save. It counts as ended once its slot is marked.
func (m *model) commit(now values, marked bool) {
	k := m.next(now)
	m.mine, m.ours, m.text = k, true, maps.Clone(now)
	if marked {
		m.kept = k
	} else {
		m.kept = m.kept.plus(k)
	}
}

func (m *model) next(now values) known {
	k, states := m.doc(), []values{m.shows()}
	if k.doc == m.kept.doc {
		states = append(states, m.kept.saved)
	}
	if k.doc == 0 {
		m.docs++
		k = known{doc: m.docs}
		if m.text == nil {
			states = nil
		}
	}
	return k.after(now, states...)
}

func (m *model) save(field, value string) { m.commit(m.set(field, value), true) }

func (m *model) set(field, value string) values {
	now := m.shows()
	if now == nil {
		now = values{}
	}
	now[field] = value
	return now
}

// unset of what is not there changes nothing, and so adopts nothing either,
// unless the file shows an old value, which every save puts right.
func (m *model) unset(field string) {
	now := m.shows()
	_, there := now[field]
	refused := false
	for f, value := range m.text {
		refused = refused || now[f] != value
	}
	if delete(now, field); there || refused {
		m.commit(now, true)
	}
}

// merge takes from the copy what the file has not changed since. A file without a
// history is older than any copy, and another document is refused.
func (m *model) merge(field, value string) (refused bool) {
	m.apart[field] = value
	doc := m.doc().doc
	if doc != 0 && doc != m.apartOf {
		return true
	}
	now := m.set(field, value)
	if doc == 0 {
		maps.Copy(now, m.apart)
	}
	m.commit(now, true)
	m.mine.doc, m.kept.doc = m.apartOf, m.apartOf
	return false
}

// write is another program's. That the file was removed before, no save has seen:
// it counts as rewritten.
func (m *model) write(text values, keepsBlock bool) {
	m.ours = m.ours && m.embedded && keepsBlock && m.text != nil
	m.text = text
}

func (m *model) remove() { m.text, m.ours = nil, false }

// crash is a save that is killed. Before the exchange it has done nothing, but
// what it was going to supersede may be remembered as old. After it, it is a save
// that may not be known to have ended: if another program then writes over it
// without a block, it has not taken place.
func (m *model) crash(field, value string, at point) {
	if m.ours && m.mine.saved != nil && maps.Equal(m.text, m.mine.saved) {
		m.kept = m.mine // a save that finds the text of another knows by that that it has ended
	}
	now := m.set(field, value)
	if at.exchanged() {
		m.commit(now, at == marked)
		return
	}
	docs := m.docs
	m.kept = m.kept.plus(m.next(now))
	m.docs = docs
}

// lose is the loss of the state folder. What the text shows is all there is, and
// its block.
func (m *model) lose() {
	m.ours = m.ours && m.embedded
	m.mine, m.kept = known{doc: m.mine.doc}, known{}
	if !m.ours {
		m.mine.doc = 0
	}
}

// point is how far a save has come that is killed.
type point string

const (
	slotted   point = "the slot is written"
	staged    point = "the new file is staged"
	exchanged point = "the files are exchanged"
	marked    point = "the slot is marked"
)

func (p point) exchanged() bool { return p == exchanged || p == marked }

// act is one of the things that may happen. The model says whether it is refused.
type act struct {
	name  string
	model func(m *model, v string) (refused bool)
	real  func(r *subject, v string) error
}

func acts() []act {
	all := []act{
		{"save", does(func(m *model, v string) { m.save("a", v) }), func(r *subject, v string) error { return r.set("/a", v) }},
		{"delete", does(func(m *model, _ string) { m.unset("b") }), func(r *subject, _ string) error { return r.set("/b", "") }},
		{"edit by hand", does(func(m *model, v string) { m.write(m.text.with("c", v), true) }), func(r *subject, v string) error { return r.edit("c", v, overwrite) }},
		{"edit by a tool", does(func(m *model, v string) { m.write(m.text.with("e", v), true) }), func(r *subject, v string) error { return r.edit("e", v, replace) }},
		{"old binary", does(func(m *model, v string) { m.write(m.loaded.with("d", v), false) }), (*subject).rewrite},
		{"remove", does(func(m *model, _ string) { m.remove() }), (*subject).remove},
		{"merge", func(m *model, v string) bool { return m.merge("f", v) }, (*subject).merge},
	}
	for _, at := range []point{slotted, staged, exchanged, marked} {
		all = append(all, act{
			"killed when " + string(at), does(func(m *model, v string) { m.crash("a", v, at) }),
			func(r *subject, v string) error { return r.crash(v, at) },
		})
	}
	return all
}

func does(fn func(m *model, v string)) func(*model, string) bool {
	return func(m *model, v string) bool {
		fn(m, v)
		return false
	}
}

func (v values) with(field, value string) values {
	out := values{field: value}
	for f, old := range v {
		if f != field {
			out[f] = old
		}
	}
	return out
}

// subject is the file that all is done to.
type subject struct {
	dir, path string
	opts      *Options
	doc       *Doc // of a process that lives as long as the sequence
	other     *Doc // the copy
	loaded    values
}

func (r *subject) set(pointer, value string) error {
	return r.doc.Update(context0(), setField(pointer, quoted(value)))
}

func quoted(value string) string {
	if value == "" {
		return ""
	}
	return `"` + value + `"`
}

// edit changes one field of the text as it is.
func (r *subject) edit(field, value string, write func(path string, data []byte) error) error {
	all := map[string]json.RawMessage{}
	data, err := os.ReadFile(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		data, err = []byte("{}"), nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	all[field] = json.RawMessage(quoted(value))
	if data, err = json.Marshal(all); err != nil {
		return err
	}
	return write(r.path, data)
}

func overwrite(path string, data []byte) error { return os.WriteFile(path, data, 0o600) }

func replace(path string, data []byte) error {
	if err := overwrite(path+".new", data); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func (r *subject) rewrite(value string) error {
	data, err := json.Marshal(r.loaded.with("d", value))
	if err != nil {
		return err
	}
	return overwrite(r.path, data)
}

func (r *subject) remove(string) error {
	err := os.Remove(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (r *subject) merge(value string) error {
	if err := r.other.Update(context0(), setField("/f", quoted(value))); err != nil {
		return err
	}
	doc, err := r.other.Load(context0())
	if err != nil {
		return err
	}
	return r.doc.Merge(context0(), MergeRules{}, doc)
}

// crash leaves what is on disk when the save is killed at the point.
func (r *subject) crash(value string, at point) error {
	var left map[string][]byte
	o := *r.opts
	o.Durability = Full // else there is no point between the mark and what follows it
	o.fault = func(step string) (err error) {
		switch {
		case left != nil:
		case at == slotted && step == "temp",
			at == staged && (step == "exchange" || step == "create"),
			at.exchanged() && step == "dir-sync":
			left, err = r.all()
		}
		return err
	}
	d, err := OpenDoc(r.path, &o)
	if err == nil {
		err = d.Update(context0(), setField("/a", quoted(value)))
	}
	if err == nil && left == nil {
		err = errors.New("the save did not come to the point")
	}
	if err != nil {
		return err
	}
	if at == exchanged {
		unmark(left)
	}
	return r.restore(left)
}

// all is the directory and its files' contents; unfinished ones have no mode to
// read by, and are as good as none.
func (r *subject) all() (map[string][]byte, error) {
	out := map[string][]byte{}
	err := filepath.WalkDir(r.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		out[path], err = os.ReadFile(path)
		return err
	})
	return out, err
}

func (r *subject) restore(all map[string][]byte) error {
	if err := errors.Join(os.RemoveAll(r.path), os.RemoveAll(r.folder())); err != nil {
		return err
	}
	for path, data := range all {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), overwrite(path, data)); err != nil {
			return err
		}
	}
	return nil
}

func (r *subject) folder() string { return filepath.Join(r.dir, ".app.json.cfgmerge") }

// unmark takes the mark out of the slot that describes the file: SPEC.md 6.
func unmark(all map[string][]byte) {
	for path, data := range all {
		if filepath.Base(path) != "app.json" {
			continue
		}
		sum := sha256.Sum256(data)
		for slot, header := range all {
			if strings.HasPrefix(filepath.Base(slot), "shadow.") && filepath.Dir(filepath.Dir(slot)) == filepath.Dir(path) && bytes.Equal(header[16:48], sum[:]) {
				header[80] = 0
			}
		}
	}
}

// begin makes a file with a past, and a copy of what it was before its last save;
// or nothing, and another document for a copy.
func begin(t *testing.T, o *Options, nothing bool) (*model, *subject) {
	t.Helper()
	root := t.TempDir()
	r := &subject{dir: filepath.Join(root, "here"), opts: o}
	r.path = filepath.Join(r.dir, "app.json")
	there := filepath.Join(root, "there")
	if err := os.Mkdir(r.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	r.doc, r.other = open(t, r.path, o), open(t, filepath.Join(there, "app.json"), o)
	m := &model{embedded: o.Layout == Embedded, apart: values{}, apartOf: -1, loaded: values{}}
	if nothing {
		if err := os.Mkdir(there, 0o700); err != nil {
			t.Fatal(err)
		}
	} else {
		for _, field := range []string{"a", "b", "c"} {
			if err := r.set("/"+field, field+"0"); err != nil {
				t.Fatal(err)
			}
			m.save(field, field+"0")
		}
		if err := os.CopyFS(there, os.DirFS(r.dir)); err != nil {
			t.Fatal(err)
		}
		m.apart, m.apartOf, m.loaded = m.shows(), m.mine.doc, m.shows()
		if err := r.set("/a", "a1"); err != nil {
			t.Fatal(err)
		}
		m.save("a", "a1")
	}
	r.loaded = m.loaded
	return m, r
}

// agree compares what is shown with the model.
func agree(m *model, r *subject) error {
	doc, err := r.fresh().Load(context0())
	if err != nil {
		return err
	}
	shown := values{}
	if err := json.Unmarshal([]byte(doc.View().JSON()), &shown); err != nil {
		return err
	}
	if want := m.shows(); !maps.Equal(shown, want) {
		return fmt.Errorf("it shows %v, not %v", shown, want)
	}
	return nil
}

// fresh is another process's handle.
func (r *subject) fresh() *Doc {
	d, err := OpenDoc(r.path, r.opts)
	if err != nil {
		panic(err) // there are no policies that could make no sense
	}
	return d
}

// befall does one sequence, loses the state folder after so many acts, and says
// what is wrong.
func befall(t *testing.T, o *Options, nothing bool, sequence []act, lost int) error {
	t.Helper()
	m, r := begin(t, o, nothing)
	for i, a := range sequence {
		v := fmt.Sprint("v", i)
		refused := a.model(m, v)
		err := a.real(r, v)
		if other := new(IdentityError); refused != errors.As(err, &other) || !refused && err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
		if err := agree(m, r); err != nil {
			return fmt.Errorf("after %s: %w", a.name, err)
		}
		if i+1 == lost {
			m.lose()
			if err := os.RemoveAll(r.folder()); err != nil {
				return err
			}
			if err := agree(m, r); err != nil {
				return fmt.Errorf("after the loss of the folder: %w", err)
			}
		}
	}
	m.save("z", "z")
	if err := r.fresh().Update(context0(), setField("/z", `"z"`)); err != nil {
		return err
	}
	if err := agree(m, r); err != nil {
		return fmt.Errorf("after the last save: %w", err)
	}
	if left, err := filepath.Glob(filepath.Join(r.folder(), ".*-*-*")); err != nil || len(left) > 0 {
		return fmt.Errorf("left over: %v %w", left, err)
	}
	return nil
}

// sequences are all of one to three acts.
func sequences() [][]act {
	var out [][]act
	longer := [][]act{nil}
	for range 3 {
		var next [][]act
		for _, s := range longer {
			for _, a := range acts() {
				next = append(next, append(s[:len(s):len(s)], a))
			}
		}
		out, longer = append(out, next...), next
	}
	return out
}

// sampled tells which of them are tried on every commit: the short ones, and so
// many of the others that each act occurs in each place.
func sampled(number, length, lost int) bool {
	return lost == number%(length+1) && (length < 3 || number%17 == 0)
}

func TestWhateverBefallsAFileInAnyOrderEndsAsTheModelSays(t *testing.T) {
	all := os.Getenv("CFGMERGE_SEQUENCES") == "all"
	for _, nothing := range []bool{false, true} {
		t.Run(map[bool]string{false: "a file", true: "nothing"}[nothing], func(t *testing.T) {
			layouts(t, func(t *testing.T, o *Options) {
				o.Durability = NoSync
				count := 0
				for number, sequence := range sequences() {
					for lost := range len(sequence) + 1 {
						if !all && !sampled(number, len(sequence), lost) {
							continue
						}
						count++
						if err := befall(t, o, nothing, sequence, lost); err != nil {
							t.Errorf("%s, the folder lost after %d: %v", namesOf(sequence), lost, err)
						}
					}
				}
				t.Logf("%d sequences", count)
			})
		})
	}
}

// Sequences that once ended otherwise. What a slot remembered of a file that was
// removed came back with the next edit, if a copy of the same document had been
// merged into its place; and two saves that were killed left no slot that was known
// to have come to pass, so an old binary put an acknowledged save back.
func TestSequencesThatOnceLostAFieldOrBroughtOneBack(t *testing.T) {
	for _, names := range []string{
		"remove, merge, edit by hand",
		"remove, merge, old binary",
		"killed when the files are exchanged, killed when the slot is written, old binary",
		"killed when the files are exchanged, killed when the files are exchanged, old binary",
	} {
		t.Run(names, func(t *testing.T) {
			layouts(t, func(t *testing.T, o *Options) {
				if err := befall(t, o, false, named(t, names), 0); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func named(t *testing.T, names string) []act {
	t.Helper()
	var out []act
	for name := range strings.SplitSeq(names, ", ") {
		i := slices.IndexFunc(acts(), func(a act) bool { return a.name == name })
		if i < 0 {
			t.Fatalf("there is no act %q", name)
		}
		out = append(out, acts()[i])
	}
	return out
}

func namesOf(sequence []act) string {
	var out []string
	for _, a := range sequence {
		out = append(out, a.name)
	}
	return strings.Join(out, ", ")
}
