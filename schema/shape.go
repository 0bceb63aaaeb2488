package schema

import (
	"maps"
	"reflect"

	"github.com/cfgmerge/cfgmerge/lww"
)

// Shape is what encoding/json makes of a Go type: which keys of which objects
// are struct fields, and what their tags say. It is immutable and may be used
// by several goroutines at once.
type Shape struct {
	typ   reflect.Type
	root  *node
	table lww.Table
}

// Of returns the shape of the values of type t. Pass the type of what
// encoding/json is handed, a pointer if that is a pointer: whether a MarshalJSON
// with a pointer receiver is called depends on it. A nil t is the type of a nil
// interface. The error is a [*TagError].
func Of(t reflect.Type) (*Shape, error) {
	if t == nil {
		return &Shape{root: new(node)}, nil
	}
	b := builder{nodes: make(map[place]*node)}
	root, err := b.node(place{typ: t})
	if err != nil {
		return nil, err
	}
	b.spreadTags()
	table, err := policies(root)
	if err != nil {
		return nil, err
	}
	return &Shape{typ: t, root: root, table: table}, nil
}

// Table returns the declared policies: groups under the name that their tags
// give them, single fields under their [lww.FieldName]. Flags of a group's
// member are a policy of kind [lww.LWW] for the member; the access and refresh
// tokens of a [lww.Token] are secret without one. The map is the caller's, the
// slices inside it are shared and must not be changed.
func (s *Shape) Table() lww.Table { return maps.Clone(s.table) }

// IsMap reports whether values are encoded as a Go map: then every key of the
// root object is the user's, and none can be reserved.
func (s *Shape) IsMap() bool { return s.root.kind == dict }

// With returns a shape that also declares the policies of the table, whose keys
// are spelled as the encoder's. Where both name a policy for one field, the
// higher rank wins; a group of one name has the members of both.
func (s *Shape) With(table lww.Table) *Shape {
	more := *s
	more.table = join(s.table, table)
	return &more
}

func join(tables ...lww.Table) lww.Table {
	d := lww.Document{Policies: lww.Table{}}
	for _, t := range tables {
		d.Declare(t)
	}
	return d.Policies
}
