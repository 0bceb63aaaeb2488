package faults

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Log is what programs did to a directory, in the order in which they did it:
// how its inodes were changed, how names were given and taken, and what was
// synced.
type Log struct {
	dir     string // with which all paths of the calls begin
	start   disk   // all of it durable
	now     disk
	ops     []operation
	ends    []int // by program: how many operations were done when it had ended
	process process
}

// NewLog begins with what the directory holds, all of which is taken to be
// durable.
func NewLog(dir string, before Tree) *Log {
	return &Log{dir: dir, start: newDisk(before), now: newDisk(before)}
}

// process is what the kernel keeps of a program.
type process map[int]*opened

// opened is an open file.
type opened struct {
	node   int
	offset int
	append bool
}

// Run adds the calls of a program that has ended. They must come from a trace
// with full strings in hexadecimal (strace -xx), with the paths of descriptors
// (-y). A call that changes something in the directory and that the model does
// not know is an error.
func (l *Log) Run(calls []Call) error {
	l.process = process{}
	for _, c := range calls {
		if c.Failed() || c.Result == "" {
			continue
		}
		if err := l.add(c); err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	l.ends = append(l.ends, len(l.ops))
	return nil
}

// End is what the directory holds now, if nothing is lost.
func (l *Log) End() Tree { return l.now.tree() }

// isHarmless tells calls that change nothing of files, or nothing but what is
// left out here: owners, times, attributes.
func isHarmless(call string) bool {
	switch call {
	case "execve", "access", "faccessat", "faccessat2", "stat", "lstat", "fstat", "newfstatat", "statx", "statfs", "fstatfs",
		"readlink", "readlinkat", "getcwd", "chdir", "fchdir", "pread64", "getdents64", "flock", "mmap", "ioctl", "poll", "ppoll",
		"epoll_ctl", "epoll_create1", "epoll_pwait", "eventfd2", "inotify_init1", "inotify_add_watch", "pipe2", "fadvise64",
		"pidfd_open", "pidfd_send_signal":
		return true
	case "listxattr", "llistxattr", "flistxattr", "getxattr", "lgetxattr", "fgetxattr", "lremovexattr", "fremovexattr", "fsetxattr",
		"utimensat", "fchown", "fchownat", "lchown":
		return true
	}
	return false
}

func (l *Log) add(c Call) error {
	a := arguments(c)
	switch c.Name {
	case "open", "creat", "rename", "link", "unlink", "mkdir", "rmdir", "chmod", "truncate":
		return l.refuse(c) // Go uses the forms with descriptors
	case "openat":
		return l.open(a, c.Result)
	case "close":
		delete(l.process, a.number(0))
	case "fcntl":
		if f := l.process[a.number(0)]; f != nil && strings.HasPrefix(a.text(1), "F_DUPFD") {
			l.process[number(c.Result)] = f
		}
	case "dup", "dup2", "dup3":
		if f := l.process[a.number(0)]; f != nil {
			l.process[number(c.Result)] = f
		}
	case "read":
		if f := l.process[a.number(0)]; f != nil {
			f.offset += number(c.Result)
		}
	case "lseek":
		if f := l.process[a.number(0)]; f != nil {
			f.offset = number(c.Result)
		}
	case "write":
		return l.write(a, number(c.Result))
	case "pwrite64":
		return l.writeAt(a, number(c.Result))
	case "ftruncate":
		l.change(a.number(0), operation{effect: resized, size: a.number(1)}, c)
	case "fchmod":
		l.change(a.number(0), operation{effect: chmodded, mode: a.mode(1)}, c)
	case "fchmodat", "fchmodat2":
		if n := l.now.find(l.within(a.path(0))); n != none {
			l.do(operation{effect: chmodded, node: n, mode: a.mode(2), text: l.text(c.Name, a.path(0))})
		}
	case "fsync":
		l.change(a.number(0), operation{effect: synced}, c)
	case "fdatasync":
		l.change(a.number(0), operation{effect: dataSynced}, c)
	case "mkdirat":
		l.name(c.Name, a.path(0), l.now.add(a.mode(2)|fs.ModeDir, ""))
	case "unlinkat":
		l.name(c.Name, a.path(0), none)
	case "linkat":
		l.name(c.Name, a.path(2), l.now.find(l.within(a.path(0))))
	case "renameat", "renameat2":
		return l.rename(c.Name, a)
	default:
		if !isHarmless(c.Name) {
			return l.refuse(c)
		}
	}
	return nil
}

var errUnknown = errors.New("a call that the model does not know")

// refuse is an error where a call touches the directory.
func (l *Log) refuse(c Call) error {
	if strings.Contains(unhex(c.Args), l.dir) {
		return errUnknown
	}
	return nil
}

// do makes an operation part of the log.
func (l *Log) do(o operation) {
	l.now.apply(o)
	l.ops = append(l.ops, o)
}

// change does something to an open file, if it lies in the directory.
func (l *Log) change(descriptor int, o operation, c Call) {
	f := l.process[descriptor]
	if f == nil {
		return
	}
	o.node, o.text = f.node, l.text(c.Name, arguments(c).opened(0))
	l.do(o)
}

// within is the path below the directory, or one that no file has.
func (l *Log) within(name string) string {
	if name == l.dir {
		return "."
	}
	below, ok := strings.CutPrefix(name, l.dir+"/")
	if !ok {
		return "/"
	}
	return below
}

func (l *Log) text(call, name string) string {
	return call + " " + tempName.ReplaceAllString(l.within(name), "TEMP")
}

// open follows the file that is opened, and makes it if it is new.
func (l *Log) open(a args, result string) error {
	name := l.within(a.path(0))
	if name == "/" {
		return nil
	}
	if strings.Contains(a.text(2), "O_TMPFILE") {
		return errUnknown
	}
	node := l.now.find(name)
	if node == none {
		node = l.now.add(a.mode(3), "")
		l.name("create", a.path(0), node)
	} else if strings.Contains(a.text(2), "O_TRUNC") {
		l.do(operation{effect: resized, node: node, text: l.text("truncate", a.path(0))})
	}
	l.process[number(result)] = &opened{node: node, append: strings.Contains(a.text(2), "O_APPEND")}
	return nil
}

func (l *Log) write(a args, n int) error {
	f := l.process[a.number(0)]
	if f == nil {
		return nil
	}
	if f.append {
		f.offset = len(l.now[f.node].data)
	}
	data, err := a.data(1)
	if err == nil {
		l.do(operation{effect: written, node: f.node, offset: f.offset, data: data[:n], text: l.text("write", a.opened(0))})
		f.offset += n
	}
	return err
}

func (l *Log) writeAt(a args, n int) error {
	f := l.process[a.number(0)]
	if f == nil {
		return nil
	}
	data, err := a.data(1)
	if err == nil {
		l.do(operation{effect: written, node: f.node, offset: a.number(3), data: data[:n], text: l.text("write", a.opened(0))})
	}
	return err
}

// name gives a path to an inode, or takes it away.
func (l *Log) name(call, name string, node int) {
	if dir, base, ok := l.place(name); ok {
		l.do(operation{effect: named, node: none, names: []naming{{dir, base, node}}, text: l.text(call, name)})
	}
}

// place is the directory in which a path is, and its name there.
func (l *Log) place(name string) (dir int, base string, ok bool) {
	below := l.within(name)
	if below == "/" || below == "." {
		return none, "", false
	}
	dir = l.now.find(path.Dir(below))
	return dir, path.Base(below), dir != none
}

func (l *Log) rename(call string, a args) error {
	from, fromName, ok := l.place(a.path(0))
	to, toName, alsoOK := l.place(a.path(2))
	if !ok && !alsoOK {
		return nil
	}
	if !ok || !alsoOK {
		return errUnknown
	}
	moved, displaced := l.now[from].entries[fromName], none
	if strings.Contains(a.text(4), "RENAME_EXCHANGE") {
		displaced = l.now[to].entries[toName]
	}
	l.do(operation{effect: named, node: none, text: l.text(call, a.path(0)) + " " + l.text("to", a.path(2)),
		names: []naming{{to, toName, moved}, {from, fromName, displaced}}})
	return nil
}

// args are the arguments of a call, as strace prints them.
type args []string

// arguments parts them. No comma is in a string, because all of it is in
// hexadecimal.
func arguments(c Call) args { return strings.Split(c.Args, ", ") }

func (a args) text(i int) string {
	if i >= len(a) {
		return ""
	}
	return a[i]
}

// number is that of a descriptor, too.
func (a args) number(i int) int { return number(a.text(i)) }

func number(text string) int {
	digits, _, _ := strings.Cut(text, "<")
	n, err := strconv.Atoi(strings.TrimSpace(digits))
	if err != nil {
		return -1
	}
	return n
}

func (a args) mode(i int) fs.FileMode {
	n, _ := strconv.ParseUint(a.text(i), 8, 32) // as strace prints it
	return fs.FileMode(n).Perm()
}

// opened is the path of a descriptor.
func (a args) opened(i int) string {
	_, name, _ := strings.Cut(a.text(i), "<")
	name, _, _ = strings.Cut(name, ">")
	return unhex(name)
}

// path is that of a directory's descriptor and a name in it.
func (a args) path(i int) string {
	name := unhex(strings.Trim(a.text(i+1), `"`))
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return path.Join(a.opened(i), name)
}

func (a args) data(i int) ([]byte, error) {
	quoted := a.text(i)
	if strings.HasSuffix(quoted, "...") {
		return nil, errors.New("the trace leaves out what was written")
	}
	return []byte(unhex(strings.Trim(quoted, `"`))), nil
}

// unhex decodes the bytes that strace -xx prints, and keeps the rest.
func unhex(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if strings.HasPrefix(text[i:], `\x`) && i+4 <= len(text) {
			if b, err := hex.DecodeString(text[i+2 : i+4]); err == nil {
				out.Write(b)
				i += 3
				continue
			}
		}
		out.WriteByte(text[i])
	}
	return out.String()
}
