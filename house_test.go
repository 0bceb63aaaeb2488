package cfgmerge_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// source is one Go file of the module, whatever it is built for. The path is
// slash-separated and relative to the module.
type source struct {
	path string
	file *ast.File
}

// sources returns the Go files of the module, without those of modules in it.
func sources(t *testing.T) []source {
	t.Helper()
	var found []source
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && isElsewhere(name):
			return filepath.SkipDir
		case entry.IsDir() || filepath.Ext(name) != ".go":
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution|parser.ParseComments)
		found = append(found, source{filepath.ToSlash(name), file})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// isElsewhere reports whether the go command would skip the directory.
func isElsewhere(dir string) bool {
	base := filepath.Base(dir)
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || err == nil
}

func TestAllDirectoriesWithGoFilesAreLookedAt(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t) {
		seen[path.Dir(s.path)] = true
	}
	for _, dir := range []string{".", "cmd/cfgmerge", "fileio", "lww", "schema", "strictjson"} {
		if !seen[dir] {
			t.Errorf("no file of %s was looked at", dir)
		}
	}
	if seen["tools"] {
		t.Error("tools is a module of its own")
	}
}

// lasting are the package-level variables that are neither errors nor compiled
// expressions.
var lasting = map[string]string{
	"fileio.locks":         "the lock table: locks of one process don't exclude each other",
	"conformance.embedded": "the vectors, which go:embed wants in a variable",
	"lww.kindNames":        "a constant array",
	"strictjson.unlimited": "a constant struct",
}

func TestPackagesHaveNoStateOfTheirOwn(t *testing.T) {
	for _, s := range sources(t) {
		for _, complaint := range judgeState(s) {
			t.Error(complaint)
		}
	}
}

func TestStateOfPackagesIsFound(t *testing.T) {
	for _, row := range []struct {
		path, text string
		want       int
		because    string
	}{
		{"a.go", `var errBusy = errors.New("busy")`, 0, "an error"},
		{"a.go", `var ( ErrA = errors.New("a"); ErrB = fmt.Errorf("b: %w", ErrA) )`, 0, "errors in a block"},
		{"a.go", `var name = regexp.MustCompile("^a$")`, 0, "a compiled expression"},
		{"a.go", `var _ io.Reader = (*T)(nil)`, 0, "an assertion"},
		{"a.go", `func f() { var n int; _ = n }`, 0, "a local variable"},
		{"fileio/locktable.go", `var locks = lockTable{}`, 0, "the exception"},
		{"a.go", `var locks = lockTable{}`, 1, "the exception's name in another package"},
		{"fileio/locktable.go", `var locks, more = lockTable{}, lockTable{}`, 1, "beside the exception"},
		{"a.go", `var count int`, 1, "a counter"},
		{"a.go", `var errLast error`, 1, "an error that is set later"},
		{"a.go", `var now = time.Now`, 1, "a knob for tests"},
		{"a.go", `var cache = map[string]int{}`, 1, "a cache"},
		{"a.go", `var ErrA, n = errors.New("a"), 1`, 1, "behind an error"},
		{"a.go", `func init() { register() }`, 1, "work at start"},
		{"a_test.go", `var update = flag.Bool("update", false, "")`, 0, "tests may"},
	} {
		file, err := parser.ParseFile(token.NewFileSet(), row.path, "package p\n"+row.text, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := judgeState(source{row.path, file}); len(got) != row.want {
			t.Errorf("%s: %s (%s): %q", row.path, row.text, row.because, got)
		}
	}
}

// judgeState names the variables of a file that outlive its functions, and the
// work that it does before main.
func judgeState(s source) []string {
	if strings.HasSuffix(s.path, "_test.go") {
		return nil
	}
	var complaints []string
	for _, decl := range s.file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
			complaints = append(complaints, s.path+": init works before main")
		}
		if g, ok := decl.(*ast.GenDecl); ok && g.Tok == token.VAR {
			for _, spec := range g.Specs {
				complaints = append(complaints, judgeVariables(s.path, spec.(*ast.ValueSpec))...)
			}
		}
	}
	return complaints
}

func judgeVariables(file string, spec *ast.ValueSpec) []string {
	var complaints []string
	for i, name := range spec.Names {
		if name.Name == "_" || lasting[path.Dir(file)+"."+name.Name] != "" || i < len(spec.Values) && isFixed(spec.Values[i]) {
			continue
		}
		complaints = append(complaints, fmt.Sprintf("%s: the package-level variable %s", file, name.Name))
	}
	return complaints
}

// isFixed recognises the values of variables that nobody has a reason to change.
func isFixed(value ast.Expr) bool {
	call, ok := value.(*ast.CallExpr)
	if !ok {
		return false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	from, ok := f.X.(*ast.Ident)
	return ok && slices.Contains([]string{"errors.New", "fmt.Errorf", "regexp.MustCompile"}, from.Name+"."+f.Sel.Name)
}

func TestPackagesSayWhatTheyAre(t *testing.T) {
	for _, dir := range undocumented(sources(t)) {
		t.Errorf("no file of %s has a package comment", dir)
	}
}

func TestPackagesThatDoNotSayWhatTheyAreAreFound(t *testing.T) {
	var files []source
	for path, text := range map[string]string{
		"said/doc.go":       "// Package said is one.\npackage said",
		"said/more.go":      "package said",
		"silent/silent.go":  "package silent",
		"silent/a_test.go":  "// Package silent is one.\npackage silent",
		"apart/apart.go":    "// Package apart is too far away.\n\npackage apart",
		"tests/all_test.go": "package tests",
	} {
		file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, source{path, file})
	}
	if got, want := undocumented(files), []string{"apart", "silent"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// undocumented returns the directories whose package has no comment, sorted.
// Of one that is tests only none is wanted.
func undocumented(files []source) []string {
	says := map[string]bool{}
	for _, s := range files {
		if !strings.HasSuffix(s.path, "_test.go") {
			dir := path.Dir(s.path)
			says[dir] = says[dir] || s.file.Doc != nil
		}
	}
	maps.DeleteFunc(says, func(_ string, said bool) bool { return said })
	return slices.Sorted(maps.Keys(says))
}

// Lines that a file has at most. The list of modules is kept short, for those
// who have to trust them all.
var lengths = map[string]int{"README.md": 150, "go.sum": 60}

func TestFilesStayShort(t *testing.T) {
	for name, most := range lengths {
		if n := countLines(read(t, name)); n >= most {
			t.Errorf("%s has %d lines; it has to stay under %d", name, n, most)
		}
	}
}

func TestLinesAreCounted(t *testing.T) {
	for text, want := range map[string]int{"": 0, "a\n": 1, "a\nb": 2, "a\n\n": 2} {
		if got := countLines([]byte(text)); got != want {
			t.Errorf("%q: %d lines, want %d", text, got, want)
		}
	}
}

func countLines(text []byte) int {
	n := bytes.Count(text, []byte("\n"))
	if len(text) > 0 && text[len(text)-1] != '\n' {
		n++
	}
	return n
}

func TestREADMEShowsCodeThatIsRun(t *testing.T) {
	shown := shownCode(string(read(t, "README.md")))
	if len(shown) == 0 {
		t.Fatal("README.md shows no code")
	}
	run := string(read(t, "example_test.go")) + string(read(t, "refresh/example_test.go"))
	for _, line := range missingLines(shown, run) {
		t.Errorf("README.md shows a line that no example_test.go runs: %s", line)
	}
}

func TestCodeThatIsNotRunIsFound(t *testing.T) {
	readme := "text\n```go\na := 1\nb := 2\n```\nc := 3\n```diff\n-d := 4\n+e := 5\n f := 6\n```\n"
	want := []string{"a := 1", "f := 6"}
	if got := missingLines(shownCode(readme), "\tb := 2\n\te  := 5\n"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// shownCode returns the lines of a Markdown text's Go code, and those that its
// diffs leave.
func shownCode(text string) []string {
	var shown []string
	fence := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		switch after, isFence := strings.CutPrefix(line, "```"); {
		case isFence:
			fence = after
		case fence == "go", fence == "diff" && !strings.HasPrefix(line, "-"):
			shown = append(shown, strings.TrimPrefix(line, "+"))
		}
	}
	return shown
}

// missingLines returns those that code does not have, whatever its white space.
func missingLines(lines []string, code string) []string {
	has := map[string]bool{"": true}
	for line := range strings.Lines(code) {
		has[spaced(line)] = true
	}
	var missing []string
	for _, line := range lines {
		if !has[spaced(line)] {
			missing = append(missing, spaced(line))
		}
	}
	return missing
}

func spaced(line string) string { return strings.Join(strings.Fields(line), " ") }

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
