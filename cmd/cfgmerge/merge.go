package main

import (
	"github.com/spf13/cobra"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

type mergeFlags struct {
	into   string
	dryRun bool
	output format
	rules  cfgmerge.MergeRules
}

func newMergeCommand(a *app) *cobra.Command {
	f := mergeFlags{output: asJSON}
	cmd := &cobra.Command{
		Use:   "merge A B...",
		Short: "Join copies of a file",
		Long: `Joins copies of one file: in every field the newest write wins, whatever the
order of the files and however often they are merged. The result is printed in
the style of the first file, with its history, or with --into saved into a file,
whose own state is joined too; -o json then says what was done.

Two files that are different documents are refused: each first save makes a new
id, so that two files with equal fields need not be copies. --force joins them,
and the smaller id is kept.

Fields stamped more than five minutes ahead of this machine's clock are refused:
they would win over everything until then. --allow-future takes them.`,
		Example: `  cfgmerge merge app.json app.sync-conflict.json --into app.json
  cfgmerge merge laptop.json desktop.json >both.json`,
		Args: takes(2, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.dryRun && f.into == "" {
				return &usageError{"--dry-run needs --into: without it merge writes no file", "add --into FILE"}
			}
			docs, err := a.documents(args)
			if err != nil {
				return err
			}
			merged, err := cfgmerge.Merge(cmd.Context(), f.rules, docs...)
			if err != nil {
				return err
			}
			for i, doc := range docs {
				a.tell(cmd, args[i], doc.Report(), false)
			}
			if f.into != "" {
				return a.mergeInto(cmd, f, merged)
			}
			return a.printMerged(cmd, f.output, merged, docs[0])
		},
	}
	cmd.Flags().StringVar(&f.into, "into", "", "save the result into this `file`, which need not exist")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "with --into: only say what would change")
	cmd.Flags().BoolVar(&f.rules.Force, "force", false, "join different documents")
	cmd.Flags().BoolVar(&f.rules.AllowFuture, "allow-future", false, "take stamps that are ahead of the clock")
	outputFlag(cmd, &f.output, "the result, or its fields without secrets")
	return cmd
}

func (a *app) mergeInto(cmd *cobra.Command, f mergeFlags, merged *lww.Document) error {
	s := saving{dryRun: f.dryRun, output: f.output}
	if !cmd.Flags().Changed("output") {
		s.output = asTable
	}
	doc, err := a.open(f.into)
	if err != nil {
		return err
	}
	defer doc.Close()
	return a.save(cmd, f.into, s, doc, operation{
		preview: func() ([]cfgmerge.Step, error) { return doc.Preview(cmd.Context(), f.rules.Into(merged)) },
		perform: func() error { return doc.Merge(cmd.Context(), f.rules, merged) },
	})
}

func (a *app) printMerged(cmd *cobra.Command, f format, merged *lww.Document, first *cfgmerge.Doc) error {
	like, err := first.TextExisting(cmd.Context())
	if err != nil {
		return err
	}
	encode := cfgmerge.EncodeText
	if merged.ID == "" {
		encode = cfgmerge.PlainText
		a.screen(cmd.ErrOrStderr()).note("no file has a history: where they differ, nobody knows what is newer, and the greater value is taken")
	}
	text, err := encode(merged, like)
	if err != nil {
		return err
	}
	if f == asJSON {
		return printText(cmd.OutOrStdout(), string(text))
	}
	tree, err := strictjson.Parse(text, strictjson.Limits{MaxSize: int(a.maxSize)})
	if err != nil {
		return err
	}
	return withoutBlock(merged.Policies, tree).print(a.screen(cmd.OutOrStdout()))
}

func withoutBlock(policies lww.Table, tree *strictjson.Tree) *table {
	return fieldTable(policies, func(yield func([]string, string) bool) {
		for path, raw := range leaves(tree.Root(), nil) {
			if (len(path) == 0 || path[0] != lww.BlockKey) && !yield(path, raw) {
				return
			}
		}
	})
}
