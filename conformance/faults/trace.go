package faults

import (
	"regexp"
	"strconv"
	"strings"
)

// Call is one system call that strace(1) has recorded.
type Call struct {
	Thread int
	Name   string
	// N counts the calls of this name by this thread, from 1. This is what
	// strace counts, too, when it is told which call to hit.
	N int
	// Args is the text between the parentheses, as strace prints it.
	Args string
	// Result is what follows the equals sign; empty if the call never
	// returned.
	Result string
}

// Failed reports whether the call returned an error.
func (c Call) Failed() bool { return strings.HasPrefix(c.Result, "-1 ") }

// Injected reports whether strace made the error up.
func (c Call) Injected() bool { return strings.HasSuffix(c.Result, "(INJECTED)") }

var (
	callBegins  = regexp.MustCompile(`^(\d+) +([a-z][a-z0-9_]*)\((.*)$`)
	callResumes = regexp.MustCompile(`^(\d+) +<\.\.\. ([a-z][a-z0-9_]*) resumed>(.*)$`)
	callReturns = regexp.MustCompile(`^(.*)\) += (.*)$`)
)

const unfinished = " <unfinished ...>"

// Trace reads what strace -f has written, in the order in which the calls
// began. Lines about signals and ends of threads are left out.
func Trace(text string) []Call {
	var calls []Call
	open := map[int]int{} // by thread: the call that has not returned
	count := map[string]int{}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if m := callBegins.FindStringSubmatch(line); m != nil {
			thread, _ := strconv.Atoi(m[1])
			key := m[1] + m[2]
			count[key]++
			c := Call{Thread: thread, Name: m[2], N: count[key]}
			c.Args, c.Result = split(strings.TrimSuffix(m[3], unfinished))
			open[thread] = len(calls)
			calls = append(calls, c)
		} else if m := callResumes.FindStringSubmatch(line); m != nil {
			thread, _ := strconv.Atoi(m[1])
			if i, ok := open[thread]; ok && calls[i].Name == m[2] {
				rest, result := split(m[3])
				calls[i].Args, calls[i].Result = calls[i].Args+rest, result
			}
		}
	}
	return calls
}

// split parts the arguments from the result.
func split(text string) (args, result string) {
	if m := callReturns.FindStringSubmatch(text); m != nil {
		return m[1], strings.TrimSpace(m[2])
	}
	return text, ""
}

var (
	tempName   = regexp.MustCompile(`\.[0-9a-f]{32}-[0-9a-f]{32}-[0-9]+`)
	descriptor = regexp.MustCompile(`\b[0-9]+<`)
	address    = regexp.MustCompile(`0x[0-9a-f]+`)
	sizes      = regexp.MustCompile(`(, "".*|, )$`)
	kept       = regexp.MustCompile(`[0-9TZ.]+-[a-z]+-[0-9a-f]{32}`)
)

// what names the call without what differs from run to run: descriptors,
// addresses, sizes and random names; and without the directory in which all
// happens.
func what(c Call, dir string) string {
	args := strings.ReplaceAll(c.Args, dir+"/", "")
	args = strings.ReplaceAll(args, dir, ".")
	args = kept.ReplaceAllString(tempName.ReplaceAllString(args, "TEMP"), "KEPT")
	args = address.ReplaceAllString(descriptor.ReplaceAllString(args, "<"), "ADDRESS")
	args, _, _ = strings.Cut(args, ", {st_mode")
	args, _, _ = strings.Cut(args, ", ADDRESS")
	return c.Name + "(" + sizes.ReplaceAllString(args, "") + ")"
}
