package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// demoFlags are the flags of the demo.
type demoFlags struct {
	seconds   float64
	processes int
	output    format
	keep      string
}

// newDemoCommand is the library's main job, seen working: real processes save
// one file in three ways, and what is lost is counted.
func newDemoCommand(a *app) *cobra.Command {
	f := demoFlags{seconds: 6, processes: 8, output: asTable}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch processes overwrite each other's settings, and then not",
		Long: `Starts processes that share one settings file in a temporary directory. Each
loads it once. A daemon then rotates the tokens, AT-n always together with
RT-n, and the others keep saving one field of their own. They do so in three
ways: json.Marshal and os.WriteFile, the same under a lock, and cfgmerge.

For each way it counts the acknowledged saves, and what became of them:

  torn reads   a reader without a lock found no file, an empty or a broken one
  torn pairs   a reader found AT-i with RT-j
  put back     rotations of which a reader later found an older pair
  fields lost  fields that, at the end, are not as their owner last saved them;
               the pair counts as one

Exit status: 0 if with cfgmerge nothing was torn, put back or lost, else 1;
2 if the demo could not be run.`,
		Example: `  cfgmerge demo
  cfgmerge demo --processes 20 --seconds 30
  cfgmerge demo --keep demo-files
  cfgmerge diff demo-files/writefile/app.json demo-files/cfgmerge/app.json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &usageError{"demo takes no arguments", "it makes its own files; --keep DIR keeps them"}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return a.demo(cmd, f)
		},
	}
	cmd.Flags().Float64Var(&f.seconds, "seconds", f.seconds, "how long to save, the three ways together")
	cmd.Flags().IntVar(&f.processes, "processes", f.processes, "how many processes share the file, 2 to 64")
	outputFlag(cmd, &f.output, "how to print the result")
	cmd.Flags().StringVar(&f.keep, "keep", "", "run in this `directory` and keep the files")
	return cmd
}

func (f demoFlags) check() error {
	switch {
	case !(f.seconds > 0 && f.seconds <= 3600):
		return &usageError{"--seconds must be more than 0 and at most 3600", ""}
	case f.processes < 2 || f.processes > 64:
		return &usageError{"--processes must be from 2 to 64", "one rotates the tokens, the others save their own fields"}
	}
	return nil
}

// demoResult is what a run found.
type demoResult struct {
	Processes int         `json:"processes"`
	Seconds   float64     `json:"seconds"`
	System    string      `json:"system"`
	Directory string      `json:"directory"`
	Kept      bool        `json:"kept"`
	Ways      []demoTally `json:"ways"`
	// OK: nothing was torn, put back or lost with cfgmerge.
	OK bool `json:"ok"`
}

func (a *app) demo(cmd *cobra.Command, f demoFlags) error {
	ctx, stop := signal.NotifyContext(cmd.Context(), demoSignals()...)
	defer stop()
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	dir, clean, err := demoDirectory(f.keep)
	if err != nil {
		return err
	}
	defer clean()
	r := demoResult{
		Processes: f.processes, Seconds: f.seconds, Directory: dir, Kept: f.keep != "",
		System: fmt.Sprintf("%s/%s, CPUs: %d", runtime.GOOS, runtime.GOARCH, runtime.NumCPU()),
	}
	if err := runDemoWays(ctx, &r, exe, a.demoScreen(cmd, f.output)); err != nil {
		return err
	}
	if !r.OK {
		return &foundError{"demo: cfgmerge lost something, which it must not", "please report it, with the table and the files of a run with --keep"}
	}
	return nil
}

// demoSignals end the demo in good order. Without SIGPIPE among them, a pager
// that is left early would leave the files behind.
func demoSignals() []os.Signal {
	return []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE}
}

// demoDirectory is where the demo runs, and what cleans up after it.
func demoDirectory(keep string) (dir string, clean func(), err error) {
	if keep != "" {
		return keep, func() {}, os.MkdirAll(keep, 0o700)
	}
	dir, err = os.MkdirTemp("", "cfgmerge-demo-")
	return dir, func() { _ = os.RemoveAll(dir) }, err
}

// runDemoWays runs one way after the other, and shows what came of each.
func runDemoWays(ctx context.Context, r *demoResult, exe string, screen *demoScreen) error {
	screen.begin(r)
	for _, way := range demoWays() {
		screen.running(way)
		trial := demoTrial{
			way: way, path: demoPath(r.Directory, way.name), savers: demoSavers(r.Processes),
			time: time.Duration(r.Seconds / float64(len(demoWays())) * float64(time.Second)), exe: exe,
		}
		tally, err := trial.run(ctx)
		screen.idle()
		if ctx.Err() != nil {
			err = errors.New("interrupted")
		}
		if err != nil {
			return fmt.Errorf("demo: %w", err)
		}
		r.Ways = append(r.Ways, tally)
		r.OK = isDemoProof(r.Ways)
		screen.ran(way, tally)
	}
	return screen.end(r)
}

// demoPath is the file of a way.
func demoPath(dir, way string) string { return filepath.Join(dir, way, "app.json") }

func demoSavers(processes int) (names []string) {
	for i := range processes - 1 {
		names = append(names, fmt.Sprintf("cli-%d", i+1))
	}
	return names
}
