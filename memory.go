package cfgmerge

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// memory is what the state folder remembers of one version of the file: its
// text, its block if the text has none, and the digests of what it superseded.
// A slot holds it as one line of JSON and, after it, the text as it is.
type memory struct {
	Layout Layout       `json:"layout"`
	Past   *lww.History `json:"history,omitempty"`
	Block  string       `json:"block,omitempty"`
	Text   []byte       `json:"-"` // the end of the payload

	// The rest comes from the slot, and is no part of the payload.
	describes fileio.Digest
	committed bool
	payload   []byte
	file      fileio.Content // that has the text
}

// hold completes a memory that is to be written: its payload is the line and, from
// there on, the text, which is kept there only.
func (m *memory) hold(payload []byte, line int) {
	m.payload, m.Text = payload, payload[line:]
	m.file = fileio.ContentOf(m.Text)
}

// appendLine adds what json.Marshal makes of m, & < and > aside, in a fraction of
// the time.
func (m *memory) appendLine(dst []byte) []byte {
	dst = strconv.AppendInt(append(dst, `{"layout":`...), int64(m.Layout), 10)
	if m.Past != nil {
		dst = m.Past.AppendJSON(append(dst, `,"history":`...))
	}
	if m.Block != "" {
		dst = strictjson.AppendQuote(append(dst, `,"block":`...), m.Block)
	}
	return append(dst, '}')
}

// remember decodes the slots, newest first. Those of another host came with a
// copy of the folder and say nothing about this file. Where the newest describes
// exactly the file that is there, nothing else matters.
func remember(slots []fileio.Slot, main fileio.Digest) []*memory {
	var out []*memory
	for _, slot := range slots {
		if slot.Foreign {
			continue
		}
		if m := recall(slot); slot.Describes == main && m != nil {
			return []*memory{m}
		}
		if slot.Committed {
			break // the file was newer than what is there now
		}
	}
	for _, slot := range slots {
		if m := recall(slot); m != nil && !slot.Foreign {
			out = append(out, m)
		}
	}
	return out
}

// recall decodes one slot; nil if it holds something else.
func recall(slot fileio.Slot) *memory {
	m := &memory{describes: slot.Describes, committed: slot.Committed}
	line, text, ok := bytes.Cut(slot.Payload, []byte("\n"))
	if !ok || json.Unmarshal(line, m) != nil {
		return nil
	}
	m.Text = text
	return m
}

// decode takes the remembered version apart; nil if that can't be done.
func (m *memory) decode(limits strictjson.Limits) (*strictjson.Tree, *lww.Decoded) {
	tree, err := strictjson.ParseObject(m.Text, limits)
	if err != nil {
		return nil, nil
	}
	file, err := recallText(tree, m.Block)
	if err != nil || file.Block != lww.Intact {
		return nil, nil
	}
	return tree, file
}

// decodeText takes a text apart, with the block that was kept beside it, if
// any.
func decodeText(tree *strictjson.Tree, block string) (*lww.Decoded, error) {
	if kept := parseBlock(block); kept != nil {
		return lww.DecodeWith(tree.Root(), kept.Root())
	}
	return lww.Decode(tree.Root())
}

// recallText is decodeText for a text that a slot vouches for, byte by byte.
func recallText(tree *strictjson.Tree, block string) (*lww.Decoded, error) {
	if kept := parseBlock(block); kept != nil {
		return lww.Recall(tree.Root(), kept.Root())
	}
	if own, has := tree.Root().Get(lww.BlockKey); has {
		return lww.Recall(tree.Root(), own)
	}
	return lww.Decode(tree.Root())
}

// parseBlock returns the tree of a block that was kept beside a text, or nil.
func parseBlock(block string) *strictjson.Tree {
	if block == "" {
		return nil
	}
	tree, err := strictjson.ParseString(block, strictjson.Limits{})
	if err != nil {
		return nil
	}
	return tree
}

// unite joins the histories of several memories.
func unite(memories []*memory) *lww.History {
	past := &lww.History{}
	for _, m := range slices.Backward(memories) {
		past.Merge(m.history())
	}
	return past
}

func (m *memory) history() *lww.History {
	if m.Past == nil {
		return &lww.History{}
	}
	return m.Past.Clone()
}
