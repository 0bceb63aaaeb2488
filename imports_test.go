package cfgmerge_test

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/cfgmerge/cfgmerge"

// Programs may use every package of the library.
var library = []string{".", "lww", "schema", "fileio", "strictjson", "refresh", "conformance"}

// arrows says what Go files may import besides the standard library and the
// package that they belong to: directories of this module, and modules of
// others. A file has the rights of all rows that match it; what no row says is
// not allowed.
var arrows = []struct {
	files string // a directory, with "/..." for those below too, or a pattern of path.Match
	may   []string
}{
	{"strictjson", nil},
	{"fileio", []string{"github.com/gofrs/flock", "github.com/google/renameio/v2", "golang.org/x/sys"}},
	{"lww", []string{"strictjson"}},
	{"schema", []string{"lww", "strictjson"}},
	{".", []string{"lww", "fileio", "schema", "strictjson"}},
	{"refresh", []string{".", "lww", "fileio", "schema", "strictjson"}},
	// Vectors are for other languages too, and must not depend on the code that they judge.
	{"conformance", []string{"strictjson"}},
	// A server for everybody's tests, which so must not depend on what they test.
	{"conformance/oauthtest", nil},
	// What attacks a program shares no code with it.
	{"conformance/faults", nil},
	{"cmd/...", append([]string{"github.com/spf13/cobra", "github.com/spf13/pflag"}, library...)},
	{"examples/...", append([]string{"examples/proctest", "conformance/oauthtest"}, library...)},

	// Both have traps that one file keeps away from the rest; see its comment.
	{"text.go", []string{"github.com/tidwall/gjson", "github.com/tidwall/sjson"}},
	// What tells of changes differs from system to system; one file copes.
	{"watch.go", []string{"github.com/fsnotify/fsnotify"}},
	// The demo runs what cfgmerge is compared with.
	{"cmd/cfgmerge/demo_ways.go", []string{"github.com/gofrs/flock"}},
	// So do the benchmarks.
	{"bench_test.go", []string{"github.com/gofrs/flock"}},

	// It starts slowly and has much to say of values: one file copes, and no
	// program but the one that does nothing else links it.
	{"validate", []string{"strictjson"}},
	{"validate/library.go", []string{"github.com/santhosh-tekuri/jsonschema/v6"}},
	{"cmd/cfgmerge-schema", []string{"validate"}},
	{"cmd/cfgmerge/script_test.go", []string{"validate"}},
	// What encoding/json writes has to fit what schema says.
	{"validate/*_test.go", []string{"schema"}},

	{"conformance/*_test.go", library},
	{"conformance/faults/*_test.go", library},
	{"*_test.go", tests}, {"*/*_test.go", tests}, {"*/*/*_test.go", tests},
}

var tests = []string{"conformance/oauthtest", "pgregory.net/rapid", "github.com/rogpeppe/go-internal"}

// shunned says what of the standard library is not for the packages of some
// directories; their tests may use it.
var shunned = []struct {
	packages, dirs []string
	because        string
}{
	{[]string{"log", "log/slog", "flag", "os/exec"}, []string{".", "strictjson", "lww", "schema", "validate", "fileio", "refresh"},
		"the library returns what it has to say, and starts no programs"},
	{[]string{"net", "net/http", "crypto/tls"}, []string{".", "strictjson", "lww", "schema", "validate", "fileio", "cmd/cfgmerge"},
		"README.md says that nothing here uses the network"},
	{[]string{"os", "io/fs", "path/filepath", "syscall", "crypto/rand", "math/rand", "math/rand/v2"}, []string{"strictjson", "lww", "schema", "validate"},
		"the package is pure"},
	{[]string{"unsafe", "C"}, []string{".", "strictjson", "lww", "schema", "validate", "refresh", "cmd/cfgmerge"},
		"only fileio comes so close to the system"},
}

func TestPackagesImportOnlyWhatTheArrowsAllow(t *testing.T) {
	for _, s := range sources(t) {
		for _, spec := range s.file.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			if complaint := judgeImport(s.path, name); complaint != "" {
				t.Error(complaint)
			}
		}
	}
}

func TestImportsThatTheArrowsForbidAreFound(t *testing.T) {
	for _, row := range []struct {
		file, name string
		fine       bool
		because    string
	}{
		{"snapshot.go", module + "/lww", true, "an arrow"},
		{"lww/view.go", module, false, "an arrow turned round"},
		{"lww/view_test.go", module + "/fileio", false, "tests of a package have no other rights in the module"},
		{"fileio/lock.go", module + "/strictjson", false, "not every package below is allowed"},
		{"snapshot.go", module + "/refresh", false, "the root never imports refresh"},
		{"snapshot.go", module + "/cmd/cfgmerge", false, "nobody imports a program"},
		{"cmd/cfgmerge/get.go", module + "/examples/proctest", false, "nobody but examples uses their helpers"},
		{"examples/codag/main_test.go", module + "/examples/proctest", true, "an example uses its helpers"},
		{"util/util.go", module + "/lww", false, "a package that the table does not know"},
		{"lww/law_test.go", module + "/lww", true, "an external test imports its package"},
		{"text.go", "github.com/tidwall/gjson", true, "the one file"},
		{"commit.go", "github.com/tidwall/gjson", false, "another file of the same package"},
		{"cmd/cfgmerge/text.go", "github.com/tidwall/gjson", false, "a file of the same name"},
		{"watch.go", "github.com/fsnotify/fsnotify", true, "the one file for events"},
		{"file.go", "github.com/fsnotify/fsnotify", false, "any other file"},
		{"fileio/lock.go", "github.com/gofrs/flock", true, "the one package"},
		{"fileio/lock.go", "github.com/gofrs/flock2", false, "a module whose name only begins so"},
		{"fileio/handle_windows.go", "golang.org/x/sys/windows", true, "a package of an allowed module"},
		{"state.go", "golang.org/x/sys/unix", false, "the system is fileio's"},
		{"cmd/cfgmerge/get.go", "github.com/spf13/cobra", true, "the command line"},
		{"handle.go", "github.com/spf13/cobra", false, "not the library"},
		{"cmd/cfgmerge/check.go", module + "/validate", false, "what it costs at the start is not for every command"},
		{"lww/law_test.go", "pgregory.net/rapid", true, "a test"},
		{"lww/law.go", "pgregory.net/rapid", false, "not a test"},
		{"refresh/refresh_test.go", module + "/conformance/oauthtest", true, "the server of all tests"},
		{"refresh/refresh.go", module + "/conformance/oauthtest", false, "a server is for tests"},
		{"conformance/oauthtest/grant.go", module + "/refresh", false, "the judge does not know the judged"},
		{"commit.go", "net/http", false, "the network"},
		{"commit.go", "net/url", true, "not the network"},
		{"commit_test.go", "net/http", true, "a test's network"},
		{"lww/stamp.go", "os", false, "a pure package"},
		{"commit.go", "log", false, "the library does not log"},
	} {
		if complaint := judgeImport(row.file, row.name); (complaint == "") != row.fine {
			t.Errorf("%s importing %s (%s): %q", row.file, row.name, row.because, complaint)
		}
	}
}

// judgeImport says what is wrong with an import of the package name in a file,
// whose path is slash-separated and relative to the module; "" if nothing is.
func judgeImport(file, name string) string {
	host, _, _ := strings.Cut(name, "/")
	if !strings.Contains(host, ".") {
		return judgeStandard(file, name)
	}
	if name == packageOf(path.Dir(file)) {
		return ""
	}
	for _, arrow := range arrows {
		if matches(arrow.files, file) && slices.ContainsFunc(arrow.may, func(may string) bool { return covers(may, name) }) {
			return ""
		}
	}
	return fmt.Sprintf("%s must not import %s; the table in imports_test.go says who may", file, name)
}

func judgeStandard(file, name string) string {
	for _, row := range shunned {
		if slices.Contains(row.packages, name) && slices.Contains(row.dirs, path.Dir(file)) && !strings.HasSuffix(file, "_test.go") {
			return fmt.Sprintf("%s must not import %s: %s", file, name, row.because)
		}
	}
	return ""
}

// packageOf returns the import path of a directory of this module.
func packageOf(dir string) string { return path.Join(module, dir) }

// covers reports whether may, a directory of this module or a module of
// others, allows the package name.
func covers(may, name string) bool {
	host, _, _ := strings.Cut(may, "/")
	if may == "." || !strings.Contains(host, ".") {
		return name == packageOf(may)
	}
	return name == may || strings.HasPrefix(name, may+"/")
}

func matches(pattern, file string) bool {
	if dir, below := strings.CutSuffix(pattern, "/..."); below {
		return strings.HasPrefix(file, dir+"/")
	}
	match, _ := path.Match(pattern, file)
	return match || pattern == path.Dir(file)
}
