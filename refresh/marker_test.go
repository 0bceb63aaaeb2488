package refresh

import (
	"bytes"
	"encoding/json"
	"testing"
)

// An exchange by another program counts as sent from the start, and is marked
// as sent again when its answer is lost.
func TestAMarkerReadsTheSameWhateverPhaseItWasMadeIn(t *testing.T) {
	for _, made := range []phase{phaseIntent, phaseSent} {
		data, err := marker{Phase: made, V: 1, Digest: "d", Era: "e"}.encode()
		must(t, err)
		copy(data[phaseOffset:], overPhase(phaseSent))
		var m marker
		if err := json.NewDecoder(bytes.NewReader(data)).Decode(&m); err != nil || m.Phase != phaseSent || m.Digest != "d" {
			t.Errorf("made as %s: %+v, %v", made, m, err)
		}
	}
}
