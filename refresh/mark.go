package refresh

import "errors"

// mark writes the marker, and makes room for the new token.
func (t *turn) mark(s Stored) error {
	if err := t.opts.fault("marker"); err != nil {
		return err
	}
	m := t.newMarker(s, phaseIntent)
	t.own = &m
	switch {
	case t.earlier != nil:
		// It may have been sent before, and will have been whatever comes now.
		m.Phase, m.Time = phaseSent, t.earlier.Time
	case t.opts.External:
		m.Phase = phaseSent
	}
	data, err := m.encode()
	if err != nil {
		return err
	}
	t.record, err = t.folder.CreateRecord(t.names.marker, data, markerRoom+spillRoom)
	if err != nil {
		return err
	}
	return t.opts.fault("marked")
}

// release removes the marker of an exchange that has not spent the token,
// unless an earlier one may have.
func (t *turn) release() error {
	if t.earlier != nil {
		return nil
	}
	return t.folder.Remove(t.names.marker)
}

// forget removes a marker that says nothing any more.
func (t *turn) forget() error { return t.folder.Remove(t.names.marker) }

// spill keeps a new token in the room behind the marker.
func (t *turn) spill(token Token) error {
	if err := t.opts.fault("spill"); err != nil {
		return err
	}
	data, err := encodeSpill(token)
	if err != nil {
		return err
	}
	if t.record == nil {
		return errNoRecord
	}
	return t.record.Overwrite(data, markerRoom)
}

var errNoRecord = errors.New("no room was made")
