package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// completeFrom completes the first argument as any file, and those behind it, up to
// the last, by what that file holds.
func (a *app) completeFrom(last int, complete func(d *lww.Document, begun string) ([]cobra.Completion, cobra.ShellCompDirective)) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		switch {
		case len(args) == 0:
			return nil, cobra.ShellCompDirectiveDefault
		case len(args) >= last:
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
		return complete(state, begun)
	}
}

// completeFields completes the pointers of a file.
func (a *app) completeFields(last int) cobra.CompletionFunc {
	return a.completeFrom(last, func(d *lww.Document, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return pointersFrom(d.View(), begun)
	})
}

// completeGroups completes FILE GROUP.
func (a *app) completeGroups() cobra.CompletionFunc { return a.completeFrom(2, groupsFrom) }

// groupsFrom lists the instances of groups that begin like begun.
func groupsFrom(d *lww.Document, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var out []cobra.Completion
	for _, key := range d.Keys() {
		if groupName.MatchString(key) && strings.HasPrefix(key, begun) && printable(key) == key {
			out = append(out, key)
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
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
