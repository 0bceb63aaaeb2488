package main

import (
	"errors"
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

type getFlags struct {
	query  string
	raw    bool
	output format
}

func newGetCommand(a *app) *cobra.Command {
	f := getFlags{output: asJSON}
	cmd := &cobra.Command{
		Use:   "get FILE [POINTER]",
		Short: "Print a field, or the whole file",
		Long: `Prints the JSON of a field as the file spells it, or of the whole file without
its history. It takes no lock. A damaged file is read from its last good state,
and what an outdated program put back is left out; both are said on the standard
error.

With --output table one line per field is printed, for people: values that are
secret, or are called like secrets, are not shown. Ask for a field by its
pointer to see its value.

Exit status 1 if there is no such field.`,
		Example: `  cfgmerge get app.json /theme
  cfgmerge get app.json /auth/access_token --raw
  cfgmerge get app.json --query 'servers.#(name=="eu").url'
  cfgmerge get app.json -o table`,
		Args:              takes(1, 2),
		ValidArgsFunction: a.completeFields(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			pointer := ""
			if len(args) == 2 {
				pointer = args[1]
			}
			path, err := parsePointer(pointer)
			if err == nil {
				err = f.check(cmd, len(args))
			}
			if err != nil {
				return err
			}
			return a.get(cmd, args[0], path, f)
		},
	}
	cmd.Flags().StringVarP(&f.query, "query", "q", "", "a query in gjson's path language instead of a POINTER")
	cmd.Flags().BoolVarP(&f.raw, "raw", "r", false, "print a string without its quotes")
	outputFlag(cmd, &f.output, "the value, or its fields without secrets")
	return cmd
}

func (f getFlags) check(cmd *cobra.Command, args int) error {
	switch {
	case f.query == "" && cmd.Flags().Changed("query"):
		return &usageError{"the query is empty", "leave out --query to get the whole file"}
	case f.query != "" && args == 2:
		return &usageError{"get takes a POINTER or --query, not both", "leave one of them out"}
	case f.output == asTable && (f.raw || f.query != ""):
		return &usageError{"--output table goes with neither --raw nor --query", "leave out --output"}
	}
	return nil
}

func (a *app) get(cmd *cobra.Command, file string, path []string, f getFlags) error {
	doc, err := a.open(file)
	if err != nil {
		return err
	}
	defer doc.Close()
	text, err := doc.TextExisting(cmd.Context())
	if err != nil {
		return err
	}
	a.tell(cmd, file, doc.Report(), false)
	if f.query != "" {
		if text, err = doc.Query(cmd.Context(), f.query); err == nil && len(text) == 0 {
			err = &foundError{msg: "get " + file + ": nothing matches the query", hint: "the language is described at https://github.com/tidwall/gjson"}
		}
		path = nil
	}
	if err != nil {
		return err
	}
	tree, err := strictjson.Parse(text, strictjson.Limits{MaxSize: int(a.maxSize)})
	if err != nil {
		return err
	}
	n, ok := find(tree.Root(), path)
	switch {
	case !ok:
		return &foundError{msg: "get " + file + ": there is no field " + strictjson.JoinPointer(path...), hint: "see which there are: cfgmerge get " + file + " -o table"}
	case f.output == asTable:
		return a.printFields(cmd, doc, n, path)
	case f.raw && n.Kind() == strictjson.String:
		return printString(cmd, n.Text())
	case len(path) == 0 && f.query == "":
		return printText(cmd.OutOrStdout(), string(text))
	}
	return printText(cmd.OutOrStdout(), n.Raw())
}

// find follows a pointer, into arrays too.
func find(n strictjson.Node, path []string) (strictjson.Node, bool) {
	for _, key := range path {
		var ok bool
		if n.Kind() == strictjson.Array {
			n, ok = element(n, key)
		} else {
			n, ok = n.Get(key)
		}
		if !ok {
			return n, false
		}
	}
	return n, true
}

func element(n strictjson.Node, key string) (strictjson.Node, bool) {
	i, err := strconv.Atoi(key)
	if err != nil || strconv.Itoa(i) != key {
		return n, false
	}
	for e := range n.Elements() {
		if i == 0 {
			return e, true
		}
		i--
	}
	return n, false
}

func printString(cmd *cobra.Command, s string) error {
	if !utf8.ValidString(s) {
		return errors.New("the string holds half a surrogate pair, which no text can; leave out --raw")
	}
	return printText(cmd.OutOrStdout(), s)
}

func (a *app) printFields(cmd *cobra.Command, doc *cfgmerge.Doc, n strictjson.Node, path []string) error {
	state, err := doc.Load(cmd.Context())
	if err != nil {
		return err
	}
	t := fieldTable(state.Policies, leaves(n, path))
	return t.print(a.screen(cmd.OutOrStdout()))
}

func fieldTable(policies lww.Table, fields iter.Seq2[[]string, string]) *table {
	t := &table{head: []string{"FIELD", "VALUE"}}
	for path, raw := range fields {
		t.add(strictjson.JoinPointer(path...), summary(policies, path, raw))
	}
	return t
}

// leaves yields what shows at and below n, in the order of the file.
func leaves(n strictjson.Node, path []string) iter.Seq2[[]string, string] {
	return func(yield func([]string, string) bool) { eachLeaf(n, path, yield) }
}

func eachLeaf(n strictjson.Node, path []string, yield func([]string, string) bool) bool {
	if n.Kind() != strictjson.Object || n.Len() == 0 {
		return yield(path, strings.TrimSpace(n.Raw()))
	}
	for key, kid := range n.Members() {
		if !eachLeaf(kid, append(path[:len(path):len(path)], key), yield) {
			return false
		}
	}
	return true
}
