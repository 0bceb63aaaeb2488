package cfgmerge

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/cfgmerge/cfgmerge/fileio"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// Action is one kind of thing that an operation would do.
type Action string

// The actions.
const (
	ActionSet          Action = "set"           // the field gets a value, or another one
	ActionUnset        Action = "unset"         // the field is removed
	ActionStamp        Action = "stamp"         // the field stays as it is and gets a newer stamp
	ActionJoin         Action = "join"          // the document gets the other's id, or its policies
	ActionAdopt        Action = "adopt"         // what another program wrote there becomes part of the history
	ActionDeclare      Action = "declare"       // the field, or the group, gets a policy
	ActionAddBlock     Action = "add-block"     // the history is put into the file
	ActionRemoveBlock  Action = "remove-block"  // the history is taken out of the file
	ActionKeepBeside   Action = "keep-beside"   // the history is kept in the state folder
	ActionRemoveFolder Action = "remove-folder" // the state folder is removed
	ActionMend         Action = "mend"          // the damaged file is replaced by the last good state
)

// Step is one thing that an operation would do. It holds no value.
type Step struct {
	Action Action
	// At is the field's pointer, a group's name, or the folder's path.
	At string
}

// Preview says what Update would do now: nothing, if it would not write. It
// takes no lock and changes nothing. The reasons in its *Error are those of Load,
// *LimitError, and the error of the change.
func (d *Doc) Preview(ctx context.Context, change Edit) ([]Step, error) {
	st, err := d.look(ctx)
	if err != nil {
		return nil, d.fail("load", err)
	}
	d.setReport(st.report())
	after := st.doc.Clone()
	if err := change(after, d.writer()); err != nil {
		return nil, d.fail("update", err)
	}
	if err := d.fits(st, after); err != nil {
		return nil, d.fail("update", err)
	}
	steps := fieldSteps(st.doc, after)
	if st.origin == fromMemory {
		steps = append(steps, Step{At: d.path, Action: ActionMend})
	}
	if len(steps) > 0 {
		steps = append(steps, st.blockSteps(d.layoutOf(st, &intent{}))...)
	}
	return steps, nil
}

// LimitError: with the change the file would be one that is not read again.
// Nothing was changed.
type LimitError struct {
	// Class is "too-large" or "too-deep".
	Class string
}

func (e *LimitError) Error() string {
	return "the file would become " + strings.ReplaceAll(e.Class, "-", " ")
}

// limitError is what an error of the strict scanner says of a text that is yet
// to be written; nil if that is not that it is beyond a limit.
func limitError(err error) error {
	var syntax *strictjson.SyntaxError
	if errors.As(err, &syntax) && (syntax.Class == strictjson.TooLarge || syntax.Class == strictjson.TooDeep) {
		return &LimitError{string(syntax.Class)}
	}
	return nil
}

// fits reports whether the file may become what the document says.
func (d *Doc) fits(st *state, after *lww.Document) error {
	view, block := after.Encode()
	text, err := compose(st.tree, view, block)
	if err == nil {
		_, err = strictjson.ParseObject(text, d.limits())
	}
	return cmp.Or(limitError(err), err)
}

// fieldSteps tells two states of a document apart.
func fieldSteps(before, after *lww.Document) []Step {
	var steps []Step
	before.View().Diff(after.View(), func(path []string, old, now *lww.View) {
		action, changed := ActionSet, now
		if now == nil {
			action, changed = ActionUnset, old
		}
		for leaf := range changed.Leaves(path) {
			steps = append(steps, Step{action, strictjson.JoinPointer(leaf...)})
		}
	})
	if len(steps) > 0 {
		return steps
	}
	delta := before.Delta(after)
	for _, key := range delta.Keys() {
		steps = append(steps, Step{ActionStamp, key})
	}
	if delta.ID != before.ID || len(delta.Policies) > 0 {
		steps = append(steps, Step{ActionJoin, strictjson.JoinPointer(lww.BlockKey)})
	}
	return steps
}

// blockSteps says what a write in the given layout does to the block.
func (st *state) blockSteps(layout Layout) []Step {
	at := strictjson.JoinPointer(lww.BlockKey)
	switch has := st.hasBlock(); {
	case layout == Embedded && !has:
		return []Step{{ActionAddBlock, at}}
	case layout == Sidecar && has:
		return []Step{{ActionRemoveBlock, at}}
	}
	return nil
}

func (st *state) hasBlock() bool {
	if st.tree == nil {
		return false
	}
	_, has := st.tree.Root().Get(lww.BlockKey)
	return has
}

// PreviewAdopt is Preview for Adopt, of a file that exists. The reasons in its
// *Error are those of LoadExisting.
func (d *Doc) PreviewAdopt(ctx context.Context, layout Layout) ([]Step, error) {
	st, err := d.lookExisting(ctx)
	if err != nil {
		return nil, err
	}
	layout = d.layoutOf(st, &intent{layout: layout})
	var steps []Step
	for _, key := range st.Adopted {
		steps = append(steps, Step{ActionAdopt, key})
	}
	for _, name := range st.undeclared {
		steps = append(steps, Step{ActionDeclare, name})
	}
	if st.origin == fromMemory {
		steps = append(steps, Step{ActionMend, d.path})
	}
	steps = append(steps, st.blockSteps(layout)...)
	if layout == Sidecar && st.layout != Sidecar {
		steps = append(steps, Step{ActionKeepBeside, d.folderPath()})
	}
	return steps, nil
}

// PreviewStrip is Preview for Strip, of a file that exists. The reasons in its
// *Error are those of LoadExisting.
func (d *Doc) PreviewStrip(ctx context.Context, all bool) ([]Step, error) {
	st, err := d.lookExisting(ctx)
	if err != nil {
		return nil, err
	}
	steps := st.blockSteps(Sidecar)
	if st.origin == fromMemory {
		steps = append(steps, Step{ActionMend, d.path})
	}
	folder, err := fileio.OpenFolder(d.path, false, d.opts.files())
	if err != nil {
		return nil, d.fail("load", err)
	}
	defer folder.Close()
	if all && folder.Exists() {
		steps = append(steps, Step{ActionRemoveFolder, folder.Path()})
	}
	return steps, nil
}
