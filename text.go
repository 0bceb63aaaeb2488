package cfgmerge

import (
	"bytes"
	"math"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"
)

// This file is the only one that knows gjson and sjson. Neither validates what
// it is given, and a key that is taken for a path hits another one; so they
// see texts that have passed the strict scanner, and no path but the block's
// key and the query that a person typed.

// compose returns the text that shows view, with only the bytes of what
// changed changed. A nil tree starts a new text. The block is left out if it
// is empty; new members of the root go before it.
func compose(tree *strictjson.Tree, view *lww.View, block string) ([]byte, error) {
	return composeFrom(tree, viewOf(tree), view, block)
}

// viewOf is what a text shows, the block left out.
func viewOf(tree *strictjson.Tree) *lww.View {
	if tree == nil {
		return &lww.View{}
	}
	shown := lww.ViewOf(tree.Root())
	shown.Put(lww.BlockKey, nil)
	return shown
}

// composeFrom is compose for callers who know already what the tree shows.
func composeFrom(tree *strictjson.Tree, shown, view *lww.View, block string) ([]byte, error) {
	if tree == nil {
		tree, _ = strictjson.ParseObject([]byte("{}\n"), ourOwn())
	}
	edits, grows := difference(shown, view)
	_, has := tree.Root().Get(lww.BlockKey)
	if has && (grows || block == "") {
		edits, has = append(edits, strictjson.Edit{Path: []string{lww.BlockKey}}), false
	}
	text, err := strictjson.Apply(tree, edits)
	if err != nil || block == "" {
		return text, err
	}
	if !has {
		if text, err = appendBlock(text); err != nil {
			return nil, err
		}
	}
	// The block stays on one line, whatever the style of the file.
	return sjson.SetRawBytes(text, lww.BlockKey, []byte(block))
}

// difference returns the edits that make a text show view, and whether one of
// them adds a member to the root.
func difference(shown, view *lww.View) (edits []strictjson.Edit, grows bool) {
	shown.Diff(view, func(path []string, old, now *lww.View) {
		edits = append(edits, strictjson.Edit{Path: path, Value: now.JSON()})
		grows = grows || len(path) == 1 && old == nil
	})
	return edits, grows
}

// appendBlock makes room for the block, laid out like the members around it.
func appendBlock(text []byte) ([]byte, error) {
	tree, err := strictjson.ParseObject(text, ourOwn())
	if err != nil {
		return nil, err
	}
	return strictjson.Apply(tree, []strictjson.Edit{{Path: []string{lww.BlockKey}, Value: "null"}})
}

// ourOwn are the limits for texts that have been let in already: no size is
// refused a second time.
func ourOwn() strictjson.Limits { return strictjson.Limits{MaxSize: math.MaxInt32} }

// DecodeText reads a file's text by itself, as it is found on another machine:
// its registers, and what was edited by hand since. The reasons of its errors
// are *CorruptError and *VersionError.
func DecodeText(text []byte) (*lww.Document, error) {
	tree, err := strictjson.ParseObject(text, strictjson.Limits{})
	if err != nil {
		return nil, corrupt(err)
	}
	file, err := lww.Decode(tree.Root())
	if err != nil {
		return nil, err
	}
	doc := &lww.Document{}
	lww.Adopt(doc, nil, file)
	return doc, nil
}

// EncodeText returns the text of a document with its block, keeping what it
// can of the bytes of like, which may be nil.
func EncodeText(doc *lww.Document, like []byte) ([]byte, error) {
	var tree *strictjson.Tree
	if like != nil {
		var err error
		if tree, err = strictjson.ParseObject(like, ourOwn()); err != nil {
			return nil, corrupt(err)
		}
	}
	view, block := doc.Encode()
	return compose(tree, view, block)
}

// verify re-reads a composed text and compares it with what it must say; nil if
// it says something else.
func verify(text string, view *lww.View, block string, limits strictjson.Limits) *strictjson.Tree {
	tree, err := strictjson.ParseString(text, limits)
	if err != nil || !says(tree.Root(), view, block != "") {
		return nil
	}
	if kept, has := tree.Root().Get(lww.BlockKey); has != (block != "") || has && kept.Raw() != block {
		return nil
	}
	return tree
}

// says reports whether a text says exactly what view shows, and besides the
// block if it has one.
func says(n strictjson.Node, view *lww.View, block bool) bool {
	if n.Kind() != strictjson.Object || !view.IsObject() {
		return n.Kind() != strictjson.Object && view != nil && strictjson.Equal(n.Raw(), view.Leaf)
	}
	members := 0
	for key, kid := range n.Members() {
		if block && key == lww.BlockKey {
			continue
		}
		if members++; !says(kid, view.Kid(key), false) {
			return false
		}
	}
	return members == view.Len()
}

// Query evaluates a query of gjson's path language over a JSON text and
// returns the matches' JSON, empty if there are none. The text must have
// passed a strict scan.
func query(text []byte, path string) []byte {
	return []byte(gjson.GetBytes(bytes.TrimSpace(text), path).Raw)
}
