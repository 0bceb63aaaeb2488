package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// takes accepts from least to most arguments, most < 0 any number. Unlike
// cobra's it says what they are, and never quotes them: one may be a secret.
func takes(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= least && (most < 0 || len(args) <= most) {
			return nil
		}
		_, spelled, _ := strings.Cut(cmd.Use, " ")
		if most == 0 {
			spelled = "no arguments"
		}
		example, _, _ := strings.Cut(strings.TrimSpace(cmd.Example), "\n")
		return &usageError{
			msg:  fmt.Sprintf("%s takes %s, and got %s", cmd.Name(), spelled, counted(len(args), "argument")),
			hint: "for example: " + example,
		}
	}
}

// commands runs a command that only holds others, which are named first.
func commands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	return &usageError{cmd.Name() + " has no such command", "see cfgmerge help " + cmd.Name()}
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// flagError replaces what pflag says, which quotes arguments.
func flagError(cmd *cobra.Command, err error) error {
	var (
		invalid *pflag.InvalidValueError
		without *pflag.ValueRequiredError
		unknown *pflag.NotExistError
		hint    = "see cfgmerge help " + cmd.Name()
	)
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return err
	case errors.As(err, &invalid):
		return &usageError{fmt.Sprintf("--%s: %s", invalid.GetFlag().Name, flagReason(invalid.Unwrap())), hint}
	case errors.As(err, &without):
		return &usageError{"the flag " + flagName(without.GetSpecifiedName(), without.GetSpecifiedShortnames()) + " needs a value", hint}
	case cmd.Name() == "set":
		return &usageError{"unknown flag (it is not shown: it may be the value)",
			"a VALUE that begins with - goes behind --, as in: cfgmerge set app.json /note -- -x"}
	case errors.As(err, &unknown):
		return &usageError{"there is no flag " + flagName(unknown.GetSpecifiedName(), unknown.GetSpecifiedShortnames()), hint}
	}
	return &usageError{"a flag is misspelled", hint}
}

// flagReason strips what the parsers of numbers and durations quote.
func flagReason(err error) string {
	if reason := err.Error(); strings.HasPrefix(reason, "must be ") {
		return reason
	}
	return "the value makes no sense"
}

func flagName(name, shorthands string) string {
	if shorthands != "" {
		return "-" + name
	}
	name, _, _ = strings.Cut(name, "=")
	return "--" + name
}

// guardNegative puts a negative number that is the last argument of set behind
// a --, so that it need not be quoted as a flag would.
func guardNegative(args []string) []string {
	if !slices.Contains(args, "set") || slices.Contains(args, "--") {
		return args
	}
	i := slices.IndexFunc(args, isNegative)
	if i < 0 || i > 0 && strings.HasPrefix(args[i-1], "--") {
		return args // it is the value of a flag
	}
	rest := append(slices.Clone(args[:i]), args[i+1:]...)
	return append(rest, "--", args[i])
}

func isNegative(arg string) bool {
	if !strings.HasPrefix(arg, "-") {
		return false
	}
	tree, err := strictjson.Parse([]byte(arg), strictjson.Limits{})
	return err == nil && tree.Root().Kind() == strictjson.Number
}

const pointerExample = "write for example /auth/access_token; in a key, ~1 stands for / and ~0 for ~"

// parsePointer reads a POINTER. The message does not quote it: whoever mixes
// up the arguments has put the value there.
func parsePointer(arg string) ([]string, error) {
	path, err := strictjson.SplitPointer(arg)
	switch {
	case arg != "" && arg[0] != '/':
		return nil, &usageError{"the POINTER does not begin with /", pointerExample}
	case err != nil:
		return nil, &usageError{"the POINTER has a ~ that neither 0 nor 1 follows", pointerExample}
	case !utf8.ValidString(arg):
		return nil, &usageError{"the POINTER is not UTF-8", pointerExample}
	case len(path) > 0 && path[0] == lww.BlockKey:
		return nil, lww.ErrReserved
	}
	return path, nil
}

// readInput reads all of the standard input, within the size limit.
func (a *app) readInput() ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(a.stdin, int64(a.maxSize)+1))
	if err != nil {
		return nil, fmt.Errorf("read the standard input: %w", err)
	}
	if len(data) > int(a.maxSize) {
		return nil, &usageError{"the standard input is larger than " + a.maxSize.String(), "raise --max-size if it is meant to be this large"}
	}
	return data, nil
}
