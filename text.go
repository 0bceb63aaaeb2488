package cfgmerge

import (
	"bytes"
	"errors"
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
	return appendComposed(nil, tree, shown, view, block)
}

// appendComposed appends to dst what composeFrom returns.
func appendComposed(dst []byte, tree *strictjson.Tree, shown, view *lww.View, block string) ([]byte, error) {
	if tree == nil {
		tree, _ = strictjson.ParseObject([]byte("{}\n"), ourOwn())
	}
	edits, grows := difference(shown, view)
	_, has := tree.Root().Get(lww.BlockKey)
	stays := has && !grows && block != ""
	if stays {
		edits = append(edits, strictjson.Edit{Path: []string{lww.BlockKey}, Value: block, Verbatim: true})
	} else if has {
		edits = append(edits, strictjson.Edit{Path: []string{lww.BlockKey}})
	}
	if stays || block == "" {
		return strictjson.AppendApply(dst, tree, edits)
	}
	text, err := strictjson.Apply(tree, edits)
	if err == nil {
		text, err = appendBlock(text, block)
	}
	if err != nil {
		return nil, err
	}
	return append(dst, text...), nil
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

// appendBlock adds the block, laid out like the members around it, but on one line
// whatever the style of the file.
func appendBlock(text []byte, block string) ([]byte, error) {
	tree, err := strictjson.ParseObject(text, ourOwn())
	if err != nil {
		return nil, err
	}
	text, err = strictjson.Apply(tree, []strictjson.Edit{{Path: []string{lww.BlockKey}, Value: "null"}})
	if err != nil {
		return nil, err
	}
	return sjson.SetRawBytes(text, lww.BlockKey, []byte(block))
}

// ourOwn are the limits for texts that have been let in already: no size is
// refused a second time.
func ourOwn() strictjson.Limits { return strictjson.Limits{MaxSize: math.MaxInt32} }

// DecodeText reads a file's text by itself, as it is found on another machine:
// its registers, and what was edited by hand since. The errors are *CorruptError
// and *VersionError.
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

// EncodeText returns the text of a document with its block, keeping what it can
// of the bytes of like, which may be nil. The error is a *CorruptError: like is no
// JSON object.
func EncodeText(doc *lww.Document, like []byte) ([]byte, error) {
	view, block := doc.Encode()
	return composeLike(like, view, block)
}

// PlainText is EncodeText without the block.
func PlainText(doc *lww.Document, like []byte) ([]byte, error) {
	return composeLike(like, doc.View(), "")
}

func composeLike(like []byte, view *lww.View, block string) ([]byte, error) {
	if like == nil {
		return compose(nil, view, block)
	}
	tree, err := strictjson.ParseObject(like, ourOwn())
	if err != nil {
		return nil, corrupt(err)
	}
	return compose(tree, view, block)
}

// verify re-reads a composed text and compares it with what it must say.
func verify(text []byte, view *lww.View, block string, limits strictjson.Limits) (*strictjson.Tree, error) {
	tree, err := strictjson.ParseObject(text, limits)
	if limit := limitError(err); limit != nil {
		return nil, limit
	}
	if err != nil || !view.ShownBy(tree.Root()) {
		return nil, errMiswritten
	}
	if kept, has := tree.Root().Get(lww.BlockKey); has != (block != "") || has && kept.Raw() != block {
		return nil, errMiswritten
	}
	return tree, nil
}

var errMiswritten = errors.New("the text to be written does not say what it should; nothing was changed")

// Query evaluates a query of gjson's path language over a JSON text and
// returns the matches' JSON, empty if there are none. The text must have
// passed a strict scan.
func query(text []byte, path string) []byte {
	return []byte(gjson.GetBytes(bytes.TrimSpace(text), path).Raw)
}
