package cfgmerge

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/cfgmerge/cfgmerge/lww"
)

// GroupRef names an instance of a group of fields.
type GroupRef struct {
	// Name of the group, as its tags declare it.
	Name string
	// Key holds, for each map or array on the way to the group, the key or
	// index below which the instance lives. Nil for a group that there is
	// only one of.
	Key []string
}

// GroupState is one version of a group: what SwapGroup compares. Its values may
// be secrets: no verb of fmt prints them.
type GroupState struct {
	// Values are the members that are present, numbers as json.Number.
	// Empty: none was ever set, or they were removed together.
	Values map[string]any
	// Written is when, by the writer's clock; zero if never, or by a program
	// that knows nothing of cfgmerge.
	Written time.Time
	// Era is the stamp of the login, logout or change of account that a token
	// has come from; zero if none of these was ever noticed.
	Era lww.Stamp
	// Generation counts the rotations of a token since then.
	Generation uint64
	// Policy says which members there are, and which roles they have.
	Policy lww.Policy

	reg lww.Register
}

// Format says how many members there are, whatever the verb.
func (s GroupState) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "{%d members, generation %d}", len(s.Values), s.Generation)
}

// SupersededError: the group is not what the caller took it for. Nothing was
// written.
type SupersededError struct {
	Group GroupRef
	// Current is what the group is now.
	Current GroupState
}

func (e *SupersededError) Error() string {
	return fmt.Sprintf("group %q was changed meanwhile", lww.InstanceName(e.Group.Name, e.Group.Key))
}

// Hint says what to do.
func (e *SupersededError) Hint() string {
	return "look at what is there now, and decide again whether to write"
}

// UnknownGroupError: no policy of that name is declared by the program or
// stored in the file.
type UnknownGroupError struct{ Group GroupRef }

func (e *UnknownGroupError) Error() string { return fmt.Sprintf("there is no group %q", e.Group.Name) }

// Hint says what to do.
func (e *UnknownGroupError) Hint() string {
	return "declare it: by the tags group=NAME or token=NAME, Options.Policies, or cfgmerge adopt --schema"
}

// Group returns the group's present state, without a lock. The reasons in the
// *Error are those of Load, and *UnknownGroupError.
func (d *Doc) Group(ctx context.Context, r GroupRef) (GroupState, error) {
	doc, err := d.Load(ctx)
	if err != nil {
		return GroupState{}, err
	}
	state, err := groupIn(doc, r)
	return state, d.fail("load", err)
}

func groupIn(doc *lww.Document, r GroupRef) (GroupState, error) {
	doc.Lift()
	return groupLifted(doc, r)
}

// groupLifted is groupIn of a document that is lifted already, and so is only
// read.
func groupLifted(doc *lww.Document, r GroupRef) (GroupState, error) {
	p, ok := doc.Policies[r.Name]
	if !ok || !p.Kind.Tuple() {
		return GroupState{}, &UnknownGroupError{r}
	}
	reg, _ := doc.Register(lww.InstanceName(r.Name, r.Key))
	return groupState(p, reg), nil
}

func groupState(p lww.Policy, reg lww.Register) GroupState {
	s := GroupState{Policy: p, reg: reg, Era: reg.Era, Generation: reg.Gen, Values: map[string]any{}}
	if !reg.Stamp.IsZero() && reg.Stamp.Actor() != lww.Foreign {
		s.Written = reg.Stamp.Time()
	}
	if reg.Value != "" {
		d := json.NewDecoder(strings.NewReader(reg.Value))
		d.UseNumber()
		_ = d.Decode(&s.Values) // the text has passed the strict scanner
	}
	if p.ExpiryForm == "" {
		s.Policy.ExpiryForm = p.FormIn(reg.Value)
	}
	return s
}

// SwapGroup replaces all members of the group at once, provided that it still
// is what old says: a compare-and-swap, under the lock. A nil next removes
// them, and what the state folder remembers of their secrets. With newEra the
// write begins a new era, as a login, a logout or a change of account does: it
// beats all that is written within an earlier one, anywhere.
//
// The reasons in the *Error are *SupersededError (nothing was written),
// *UnknownGroupError, *PurgeError (it was), and those of Update.
func (d *Doc) SwapGroup(ctx context.Context, r GroupRef, old GroupState, next map[string]any, newEra bool) (GroupState, error) {
	members, err := membersView(next)
	if err != nil {
		return GroupState{}, d.fail("swap", err)
	}
	var now GroupState
	in := &intent{}
	in.change = func(_ *state, doc *lww.Document, w lww.Writer) error {
		current, err := groupIn(doc, r)
		if err != nil {
			return err
		}
		if current.reg != old.reg {
			return &SupersededError{Group: r, Current: current}
		}
		if next == nil {
			in.purges, in.purged = doc.Clone(), lww.InstanceName(r.Name, r.Key)
		}
		p := current.Policy
		doc.Declare(lww.Table{r.Name: p}) // with the form of its expiry, if that came to light
		now = groupState(p, doc.WriteTuple(w, r.Name, r.Key, members, newEra))
		return nil
	}
	err = d.commit(ctx, in)
	return now, d.fail("swap", err)
}

// membersView encodes the members of a group.
func membersView(values map[string]any) (*lww.View, error) {
	if values == nil {
		return &lww.View{}, nil
	}
	return encode(values)
}
