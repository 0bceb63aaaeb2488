//go:build linux

package linear

import (
	"math"
	"sync"

	"github.com/anishathalye/porcupine"
)

// history is what processes have told of their operations.
type history struct {
	mu  sync.Mutex
	ops map[string]op // by the value, which says whose and which
}

func (h *history) add(o op) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ops == nil {
		h.ops = map[string]op{}
	}
	h.ops[o.Value] = o
}

// unknown counts the writes of which nobody knows whether they took place.
func (h *history) unknown() int {
	n := 0
	for _, o := range h.ops {
		if o.Kind != read && o.Returned == 0 {
			n++
		}
	}
	return n
}

// operations lists them for porcupine. A write that did not return may take
// place at any time; a read that did not, has told nothing.
func (h *history) operations() []porcupine.Operation {
	var out []porcupine.Operation
	for _, o := range h.ops {
		returned := o.Returned
		switch {
		case returned == 0 && o.Kind == read:
			continue
		case returned == 0:
			returned = math.MaxInt64
		}
		out = append(out, porcupine.Operation{Input: o, Output: o, Call: o.Called, Return: returned})
	}
	return out
}

// perField splits the history into one for each field. A read belongs to all.
func perField(all []porcupine.Operation) [][]porcupine.Operation {
	out := make([][]porcupine.Operation, fieldCount)
	for _, p := range all {
		o := p.Input.(op)
		for field := range out {
			if o.Kind == read {
				o.Field = field
			}
			if o.Field == field {
				p.Input, p.Output = o, o
				out[field] = append(out[field], p)
			}
		}
	}
	return out
}

// register is one field.
var register = porcupine.Model{
	Partition: perField,
	Init:      func() any { return "" },
	Step: func(state, input, _ any) (bool, any) {
		o := input.(op)
		if o.Kind == read || o.Kind == update && o.Returned != 0 {
			if o.Saw[o.Field] != state {
				return false, state
			}
		}
		if o.Kind == read {
			return true, state
		}
		return true, o.Value
	},
}

// document is all fields at once: a read sees them as they were at one moment,
// and so does an update.
var document = porcupine.Model{
	Init: func() any { return [fieldCount]string{} },
	Step: func(state, input, _ any) (bool, any) {
		o, now := input.(op), state.([fieldCount]string)
		if (o.Kind == read || o.Kind == update && o.Returned != 0) && o.Saw != now {
			return false, state
		}
		if o.Kind != read {
			now[o.Field] = o.Value
		}
		return true, now
	},
}
