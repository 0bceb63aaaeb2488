package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge/conformance"
)

type conformanceFlags struct {
	vectors string
	run     string
	serve   bool
	timeout time.Duration
	output  format
}

func newConformanceCommand(a *app) *cobra.Command {
	f := conformanceFlags{output: asTable, timeout: 10 * time.Second}
	cmd := &cobra.Command{
		Use:   "conformance [-- COMMAND...]",
		Short: "Try an implementation of the format on the vectors",
		Long: `Asks an implementation of the file format what it makes of texts, merges and
writes, and compares its answers with those that follow from SPEC.md:
this one, or any program that answers questions on its standard output, a line
each. conformance/README.md describes the questions. --serve answers them.

It prints each difference, what was skipped and why, and the numbers. The exit
status is 1 if anything differs; what is skipped is neither.`,
		Example: `  cfgmerge conformance --run 'view|merge'
  cfgmerge conformance -- node conformance/node/main.js`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case f.serve && len(args) > 0:
				return &usageError{"--serve takes no command", "leave out either"}
			case f.serve:
				return serve(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout())
			}
			vectors, err := f.selected()
			if err != nil {
				return err
			}
			return a.conform(cmd, f, vectors, args)
		},
	}
	cmd.Flags().StringVar(&f.vectors, "vectors", "", "read the vectors OP/NAME.json from this `directory`")
	cmd.Flags().StringVar(&f.run, "run", "", "only the vectors whose names OP/NAME match this `regexp`")
	cmd.Flags().BoolVar(&f.serve, "serve", false, "answer questions on standard input")
	cmd.Flags().DurationVar(&f.timeout, "timeout", f.timeout, "longest wait for an answer")
	outputFlag(cmd, &f.output, "differences and numbers, or the outcome of each vector")
	return cmd
}

// selected returns the vectors that the flags name.
func (f conformanceFlags) selected() ([]conformance.Vector, error) {
	only, err := regexp.Compile(f.run)
	if err != nil {
		return nil, &usageError{"--run: this is no regular expression", "for example: --run '^merge/'"}
	}
	all, err := conformance.Vectors()
	if f.vectors != "" {
		all, err = loadVectors(f.vectors)
	}
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(v conformance.Vector) bool { return !only.MatchString(v.Name) })
	if len(all) == 0 {
		return nil, &usageError{"no vector has such a name", "without --run all are tried"}
	}
	return all, nil
}

func loadVectors(dir string) ([]conformance.Vector, error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, &usageError{"--vectors: there is no such directory", "it has directories of operations, which have the vectors"}
	}
	all, err := conformance.Load(os.DirFS(dir))
	var path *fs.PathError
	if err != nil && !errors.As(err, &path) {
		return nil, &usageError{"--vectors: " + err.Error(), "conformance/README.md says what vectors look like"}
	}
	return all, err
}

// conform asks the command, or this program, and prints what came of it.
func (a *app) conform(cmd *cobra.Command, f conformanceFlags, vectors []conformance.Vector, command []string) error {
	ask := conformance.Ask(answer)
	if len(command) > 0 {
		p := &conformance.Program{Command: command, Timeout: f.timeout}
		defer p.Close()
		ask = p.Ask
	}
	r := &conformed{Vectors: []conformedVector{}}
	s := a.screen(cmd.OutOrStdout())
	err := conformance.Run(cmd.Context(), vectors, ask, func(o conformance.Outcome) {
		r.add(o)
		if f.output == asTable {
			fmt.Fprint(s.w, outcomeText(s, o))
		}
	})
	if err != nil {
		return err
	}
	if f.output == asJSON {
		err = printJSON(s.w, r)
	} else {
		_, err = fmt.Fprint(s.w, r.text())
	}
	if err == nil && r.Failed > 0 {
		return errFound()
	}
	return err
}

// conformed is what -o json prints.
type conformed struct {
	Passed  int               `json:"passed"`
	Failed  int               `json:"failed"`
	Skipped int               `json:"skipped"`
	Untried int               `json:"untried"`
	Vectors []conformedVector `json:"vectors"`
}

type conformedVector struct {
	Name    string              `json:"name"`
	Spec    string              `json:"spec"`
	Verdict conformance.Verdict `json:"verdict"`
	Reasons []literal           `json:"reasons,omitempty"`
}

func (r *conformed) add(o conformance.Outcome) {
	switch o.Verdict {
	case conformance.Passed:
		r.Passed++
	case conformance.Skipped:
		r.Skipped++
	case conformance.Untried:
		r.Untried++
	default:
		r.Failed++
	}
	r.Vectors = append(r.Vectors, conformedVector{o.Vector.Name, o.Vector.Spec, o.Verdict, literals(o.Reasons)})
}

func (r *conformed) text() string {
	text := fmt.Sprintf("%d passed, %d failed, %d skipped\n", r.Passed, r.Failed, r.Skipped)
	if r.Untried > 0 {
		text += fmt.Sprintf("%d not tried: three in a row had no answer\n", r.Untried)
	}
	return text
}

// outcomeText is what people read of a vector: nothing if it passed, or was not tried.
func outcomeText(s *screen, o conformance.Outcome) string {
	if o.Verdict == conformance.Passed || o.Verdict == conformance.Untried {
		return ""
	}
	paint := s.yellow
	if o.Verdict == conformance.Failed {
		paint = s.red
	}
	text := fmt.Sprintf("%s %s (SPEC.md %s): %s\n", paint(string(o.Verdict)), s.bold(printable(o.Vector.Name)),
		printable(o.Vector.Spec), printable(o.Vector.Comment))
	for _, reason := range o.Reasons {
		text += "  " + printable(reason) + "\n"
	}
	return text
}

// serve answers questions until there are no more.
func serve(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	lines := bufio.NewReader(stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) == 0 && err == io.EOF {
			return nil
		}
		if err != nil && err != io.EOF {
			return err
		}
		r, err := conformance.ParseRequest(line)
		if err != nil {
			return &usageError{"--serve: this is no question: " + err.Error(), "conformance/README.md describes the questions"}
		}
		a, err := answer(ctx, r)
		if err != nil {
			return err
		}
		if _, err := stdout.Write(a.Line()); err != nil {
			return err
		}
	}
}
