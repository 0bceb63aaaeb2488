package fileio

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	lockName       = "lock"
	hostName       = "host"
	quarantineName = "quarantine"

	folderSuffix = ".cfgmerge"

	privateMode fs.FileMode = 0o700 // of the state folder, unless a group shares the file
)

// Folder is one logical file with the state folder `.<base>.cfgmerge` beside it. It serves one operation at a time and
// goes stale when the path comes to lead elsewhere: operations then fail with ClassMoved, and it is opened anew.
type Folder struct {
	opts   Options
	given  string // the path as the caller knows it
	target string // what it resolved to
	parent *os.File

	path     string // of the state folder
	root     *os.Root
	dir      *os.File // the same directory as root, for calls that root lacks
	info     Info
	fallback bool
	self     *Self
}

// OpenFolder resolves target and opens its state folder. Without a folder it makes one if create is set; otherwise it
// returns a Folder for which Exists is false and Slots is empty. Where the directory is not writable the folder lies
// in the user's state directory, and Fallback says so. The error is a *FileError.
func OpenFolder(target string, create bool, o Options) (*Folder, error) {
	resolved, err := Resolve(target)
	if err != nil {
		return nil, err
	}
	f := &Folder{opts: o, given: target, target: resolved, self: o.self()}
	if err := f.open(create); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (f *Folder) open(create bool) error {
	parent, err := openParent(f.target)
	if err != nil {
		if !create && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return fail("open", filepath.Dir(f.target), err)
	}
	f.parent = parent
	err = f.openAt(f.adjacent())
	if !is(err, ClassMissing) {
		return err // one that exists but can't be opened is never bypassed: its lock would be
	}
	if !create {
		return f.openExistingFallback()
	}
	return f.makeAnywhere()
}

// openParent resolves links among the directories, which openDir refuses only in the last place.
func openParent(target string) (*os.File, error) {
	dir := filepath.Dir(target)
	return openDir(strings.TrimSuffix(dir, string(filepath.Separator)) + string(filepath.Separator) + ".")
}

func (f *Folder) adjacent() string {
	return filepath.Join(filepath.Dir(f.target), "."+filepath.Base(f.target)+folderSuffix)
}

func (f *Folder) makeAnywhere() error {
	err := f.make(f.adjacent())
	if _, homeless := f.opts.stateHome(); homeless == nil && (is(err, ClassPermission) || is(err, ClassReadOnly)) {
		return f.openFallback()
	}
	return err
}

// openAt opens an existing folder.
func (f *Folder) openAt(path string) error {
	dir, err := openDir(path)
	if err != nil {
		return fail("open", path, err)
	}
	info, err := fileInfo(dir)
	if err == nil && !f.opts.AnyOwner && !f.trusts(info) {
		err = &FileError{Op: "open", Path: path, Class: ClassOwner}
	}
	if err != nil {
		_ = dir.Close()
		return fail("open", path, err)
	}
	// OpenRoot follows a link that came since, which does no harm: what is created through root is renamed through dir,
	// and that fails unless both are the same.
	root, err := os.OpenRoot(path)
	if err != nil {
		_ = dir.Close()
		return fail("open", path, err)
	}
	f.path, f.root, f.dir, f.info = path, root, dir, info
	return nil
}

// trusts accepts a folder of this user or of the file's owner. Anybody else's was planted.
func (f *Folder) trusts(info Info) bool {
	if isMine(info.UID) {
		return true
	}
	owner, err := f.ownerInfo()
	return err == nil && owner.UID == info.UID
}

// ownerInfo describes the file whose owner the folder follows: the target, or its directory when there is none yet.
func (f *Folder) ownerInfo() (Info, error) {
	info, err := entryInfo(f.main())
	if err != nil {
		return fileInfo(f.parent)
	}
	return info, nil
}

func (f *Folder) main() place {
	return place{dir: f.parent, name: filepath.Base(f.target), above: filepath.Dir(f.target)}
}

func (f *Folder) in(name string) place { return place{dir: f.dir, name: name, above: f.path} }

// make creates the folder and opens it; losing the race to make it is as good as winning.
func (f *Folder) make(path string) error {
	if err := f.opts.fault("mkdir"); err != nil {
		return fail("create", path, err)
	}
	owner, err := f.ownerInfo()
	if err != nil {
		return fail("stat", f.target, err)
	}
	if f.isAnothers(owner) && path == f.adjacent() {
		return cmp.Or(mayWrite(f.parent), error(&FileError{Op: "create", Path: path, Class: ClassOwner}))
	}
	if isForeign(owner) {
		err = f.makeFor(owner, path)
	} else {
		err = populate(path, owner, f.self.host())
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fail("create", path, err)
	}
	return f.openAt(path)
}

// isAnothers reports whether this user can't save the file because he is not its owner. A folder that he made would keep
// that one out.
func (f *Folder) isAnothers(owner Info) bool {
	return owner.Mode.IsRegular() && !f.opts.AnyOwner && !isMine(owner.UID) && !isForeign(owner)
}

// makeFor makes the folder on behalf of another user, as root does under sudo. It gets its name only once it belongs to
// its owner: until then that user's processes would find a folder that they can't open.
func (f *Folder) makeFor(owner Info, path string) error {
	temp := path + "-" + randomName()
	defer os.RemoveAll(temp)
	if err := populate(temp, owner, f.self.host()); err != nil {
		return err
	}
	for _, name := range []string{".", ".gitignore", hostName} {
		if err := os.Lchown(filepath.Join(temp, name), int(owner.UID), int(owner.GID)); err != nil {
			return err
		}
	}
	// A directory never replaces one that has entries, so this is the NOREPLACE that every system has.
	err := os.Rename(temp, path)
	if errors.Is(err, syscall.ENOTEMPTY) {
		return fs.ErrExist
	}
	return err
}

// populate makes the directory with its two constant files. It stays private if this user has left the file's group.
// The chmod is needed in any case: an inherited ACL, even one that is dropped, has left its mark on the mode.
func populate(path string, owner Info, host hostID) error {
	if err := os.Mkdir(path, privateMode); err != nil {
		return err
	}
	if err := dropInheritedACL(path); err != nil {
		return err
	}
	mode := folderMode(owner)
	if mode != privateMode && os.Lchown(path, -1, int(owner.GID)) != nil {
		mode = privateMode
	}
	if err := os.Chmod(path, mode); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(path, ".gitignore"), []byte("*\n"), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(path, hostName), []byte(host.String()+"\n"), 0o644)
}

// folderMode follows the file's group bits: a file that a group shares needs a lock that the group can take.
func folderMode(owner Info) fs.FileMode {
	if owner.Mode.IsRegular() && owner.Mode.Perm()&0o060 == 0o060 {
		return 0o770 | fs.ModeSetgid // what one member creates belongs to the group too
	}
	return privateMode
}

// entryMode is the mode of the files in the folder.
func (f *Folder) entryMode() fs.FileMode { return f.info.Mode.Perm() & 0o660 }

// Close releases the descriptors; locks are released by their own Unlock. It is safe on a nil or absent folder.
func (f *Folder) Close() error {
	if f == nil {
		return nil
	}
	if f.parent != nil {
		_ = f.parent.Close()
	}
	f.closeDir()
	return nil
}

func (f *Folder) closeDir() {
	if f.root != nil {
		_, _ = f.dir.Close(), f.root.Close()
	}
}

// Exists reports whether there is a state folder.
func (f *Folder) Exists() bool { return f.root != nil }

// Fallback reports whether the folder lies in the user's state directory because the file's own is not writable.
// Saving there needs Options.InPlace.
func (f *Folder) Fallback() bool { return f.fallback }

// Path is where the state folder is, or empty if there is none.
func (f *Folder) Path() string { return f.path }

// Target is the file itself, with symbolic links resolved.
func (f *Folder) Target() string { return f.target }

// Root gives access to further files in the state folder. It is nil if there is none.
func (f *Folder) Root() *os.Root { return f.root }

// Foreign reports whether the folder was made on another host, so that its records describe a copy of the file.
func (f *Folder) Foreign() bool {
	if !f.Exists() {
		return false
	}
	c, err := readEntry(f.in(hostName), 1<<10)
	return err == nil && c.Exists && string(c.Data) != f.self.host().String()+"\n"
}

// create opens a file of the folder for writing, owned like the folder.
func (f *Folder) create(name string, flag int) (*handle, error) {
	at := f.in(name)
	file, err := openFile(at, flag|os.O_CREATE, f.entryMode())
	if err != nil {
		return nil, fail("open", at.path(), err)
	}
	if err := f.own(file); err != nil {
		_ = file.Close()
		return nil, fail("chown", at.path(), err)
	}
	if f.isShared() {
		_ = file.chmod(f.entryMode()) // the umask may have kept the group out; another member's file is not ours to change
	}
	return file, nil
}

func (f *Folder) isShared() bool { return f.info.Mode.Perm()&0o070 != 0 }

// own gives a file that root made to the folder's owner.
func (f *Folder) own(file *handle) error {
	if isMine(f.info.UID) || !isForeign(f.info) {
		return nil
	}
	return file.chown(int(f.info.UID), int(f.info.GID))
}

func randomName() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
