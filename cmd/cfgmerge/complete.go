package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// completeFields completes the pointers of the file that is the first
// argument, as the argument at most; the first is any file.
func (a *app) completeFields(most int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		switch {
		case len(args) == 0:
			return nil, cobra.ShellCompDirectiveDefault
		case len(args) >= most:
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		doc, err := a.open(args[0])
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer doc.Close()
		state, err := doc.Load(cmd.Context())
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return pointersFrom(state.View(), begun)
	}
}

// pointersFrom lists the next level of pointers that begin like begun. Behind
// an object more may follow, so that no space is put there.
func pointersFrom(view *lww.View, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	directive := cobra.ShellCompDirectiveNoFileComp
	parent := begun[:max(strings.LastIndexByte(begun, '/'), 0)]
	path, err := strictjson.SplitPointer(parent)
	if err != nil {
		return nil, directive
	}
	var out []cobra.Completion
	holder := view.At(path)
	for _, key := range holder.Keys() {
		at := strictjson.AppendSegment(parent, key)
		if !strings.HasPrefix(at, begun) || printable(at) != at {
			continue // a line break in a key would be another completion
		}
		if kid := holder.Kid(key); kid.IsObject() && kid.Len() > 0 {
			directive |= cobra.ShellCompDirectiveNoSpace
		}
		out = append(out, at)
	}
	return out, directive
}
