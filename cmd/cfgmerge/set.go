package main

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

type setFlags struct {
	saving
	text bool
}

func newSetCommand(a *app) *cobra.Command {
	var f setFlags
	cmd := &cobra.Command{
		Use:   "set FILE POINTER VALUE",
		Short: "Set a field",
		Long: `Sets one field and leaves every other byte of the file as it is. Objects that
are missing on the way are made, and so is the file; a value that stands in the
way is an error.

VALUE is JSON; what is not JSON is taken for a string. - reads it from the
standard input, where it is seen by no other user: use that for secrets.`,
		Example: `  cfgmerge set app.json /theme dark
  cfgmerge set app.json /retries 5
  cfgmerge set app.json /version 1.20 --string
  pass show api-key | cfgmerge set app.json /auth/api_key - --string`,
		Args:              takes(3, 3),
		ValidArgsFunction: a.completeFields(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := parsePointer(args[1])
			if err != nil {
				return err
			}
			value, err := a.value(cmd, args[2], f.text)
			if err != nil {
				return err
			}
			change, err := cfgmerge.SetField(path, value)
			if err != nil {
				return err
			}
			return a.update(cmd, args[0], f.saving, change)
		},
	}
	f.define(cmd)
	cmd.Flags().BoolVar(&f.text, "string", false, "VALUE is a string, even if it is JSON")
	return cmd
}

// value returns the JSON text of the argument VALUE.
func (a *app) value(cmd *cobra.Command, arg string, text bool) (string, error) {
	if arg == "-" {
		data, err := a.readInput()
		if err != nil {
			return "", err
		}
		if len(data) == 0 { // the program before the | has failed
			return "", &usageError{"the standard input is empty", `an empty string is the VALUE ""`}
		}
		arg = strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	}
	if !utf8.ValidString(arg) {
		return "", &usageError{"the VALUE is not UTF-8", "JSON can't hold it; encode it, as base64 for example"}
	}
	if text {
		return strictjson.Quote(arg), nil
	}
	tree, err := strictjson.Parse([]byte(arg), strictjson.Limits{MaxSize: int(a.maxSize)})
	if err == nil {
		return tree.Root().Raw(), nil
	}
	var syntax *strictjson.SyntaxError
	if errors.As(err, &syntax) && (syntax.Class == strictjson.DuplicateKey || syntax.Class == strictjson.TooDeep || syntax.Class == strictjson.TooLarge) {
		return "", &usageError{"the VALUE is JSON that can't be stored (" + string(syntax.Class) + ")", "--string stores it as a string"}
	}
	if strings.ContainsAny(arg[:min(len(arg), 1)], `{["`) {
		a.screen(cmd.ErrOrStderr()).note("the VALUE looks like JSON, is not (%s), and is stored as a string; --string says that it is meant", syntax.Class)
	}
	return strictjson.Quote(arg), nil
}
