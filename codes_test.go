package cfgmerge

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// SPEC.md shows the table that the program has.
func TestTheSpecificationListsTheCodes(t *testing.T) {
	text, err := os.ReadFile("SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	want.WriteString("| code | severity | meaning |\n|---|---|---|\n")
	for _, c := range FindingCodes() {
		fmt.Fprintf(&want, "| `%s` | %s | %s |\n", c.Code, c.Severity, c.Message)
	}
	if !strings.Contains(string(text), "\n\n"+want.String()+"\n") {
		t.Errorf("section 8 of SPEC.md has to have this table:\n%s", want.String())
	}
}
